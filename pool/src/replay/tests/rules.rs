//! Replays at other rules.

use super::*;
use seatkeeper_shared::license::{RuleOverrides, SeatRule, SecondDevice};

fn with_rules(rules: RuleOverrides) -> Settings {
    Settings { rules, ..Settings::default() }
}

/// The work of two agents on one seat, of whom the first ended by this reason after 2,000 seconds.
fn ended_by(reason: EndReason, limit: i64) -> Recorded {
    let result = RequestResult::Seated(work(2_000, reason, Some(limit)));
    Recorded::new(2).request(0, 0, result).seated(1_000, 1, 10)
}

/// The second agent waits for the end of the first, and then ten seconds more until they accept.
fn wait_for_end(recorded: &Recorded, rules: RuleOverrides) -> Fate {
    let settings = Settings { rules, ..Settings::with_seats(1) };
    let patient = Assumptions { patience: seconds(7_000), ..Assumptions::default() };
    recorded.replay(&settings, &patient).0[1]
}

#[test]
fn a_shorter_idle_time_frees_seats_earlier() {
    let recorded = ended_by(EndReason::Idle, 900);
    let idle = |seconds| RuleOverrides { idle_seconds: Some(seconds), ..RuleOverrides::default() };
    assert_eq!(wait_for_end(&recorded, RuleOverrides::default()), Fate::SeatedAfter(seconds(1_010)));
    assert_eq!(wait_for_end(&recorded, idle(300)), Fate::SeatedAfter(seconds(410)));
    assert_eq!(wait_for_end(&recorded, idle(1_200)), Fate::SeatedAfter(seconds(1_310)));
}

#[test]
fn a_shorter_lease_frees_seats_of_vanished_clients_earlier() {
    let recorded = ended_by(EndReason::LeaseExpired, 600);
    let lease = |seconds| RuleOverrides { lease_seconds: Some(seconds), ..RuleOverrides::default() };
    assert_eq!(wait_for_end(&recorded, lease(60)), Fate::SeatedAfter(seconds(470)));
    let finished = ended_by(EndReason::Finished, 600);
    assert_eq!(wait_for_end(&finished, lease(60)), Fate::SeatedAfter(seconds(1_010)), "work that was done is no lease");
}

#[test]
fn a_seat_for_each_device_takes_more_seats() {
    let mut recorded = Recorded::new(2).seated(0, 0, 600).seated(100, 0, 600).seated(200, 1, 600);
    recorded.0.requests[1].device = DeviceIndex(15);
    assert_eq!(recorded.fates(&Settings::default()), [Fate::Seated; 3]);
    let rule = RuleOverrides { seat_rule: Some(SeatRule::Device), ..RuleOverrides::default() };
    assert_eq!(recorded.fates(&with_rules(rule))[2], Fate::SeatedAfter(seconds(410)));
}

#[test]
fn taking_over_ends_the_session_at_the_other_device() {
    let mut recorded = Recorded::new(1).seated(0, 0, 600).seated(100, 0, 50).seated(200, 1, 600);
    recorded.0.requests[1].device = DeviceIndex(15);
    let rule = RuleOverrides { second_device: Some(SecondDevice::TakeOver), ..RuleOverrides::default() };
    assert_eq!(recorded.fates(&Settings::default())[2], Fate::SeatedAfter(seconds(410)), "the first goes on");
    assert_eq!(recorded.fates(&with_rules(rule))[2], Fate::Seated, "the first was ended at 100, the second at 150");
    let rule = RuleOverrides { second_device: Some(SecondDevice::Refuse), ..RuleOverrides::default() };
    assert_eq!(recorded.fates(&with_rules(rule))[1], Fate::Refused(Code::OtherDevice));
}

/// Persons 0 and 1 are in the group.
#[test]
fn floors_and_caps_of_groups_apply() {
    let mut recorded = Recorded::new(2).seated(0, 2, 600).seated(10, 3, 600).seated(20, 0, 600).seated(30, 1, 600);
    recorded.0.people[0].groups.push(GroupIndex(0));
    recorded.0.people[1].groups.push(GroupIndex(0));
    let go_away = Assumptions { refused: RefusedBehavior::GoAway, ..Assumptions::default() };
    let fates = |limit| {
        let settings = Settings { limits: Some(vec![limit]), ..Settings::with_seats(3) };
        recorded.replay(&settings, &go_away).0
    };
    let (seated, refused) = (Fate::Seated, Fate::Refused);
    let floor = Limit { group: GroupIndex(0), floor: 2, cap: None };
    assert_eq!(fates(floor), [seated, refused(Code::ReservedForGroup), seated, seated]);
    let cap = Limit { group: GroupIndex(0), floor: 0, cap: Some(0) };
    assert_eq!(fates(cap), [seated, seated, refused(Code::GroupLimit), refused(Code::GroupLimit)]);
}

#[test]
fn a_group_that_is_added_to_a_demand_can_have_a_floor() {
    let mut recorded = Recorded::new(2).seated(0, 2, 600).seated(10, 3, 600).seated(20, 0, 600).seated(30, 1, 600);
    let changed = ChangeKind::GroupsChanged { person: PersonIndex(0), groups: vec![GroupIndex(0)] };
    recorded.0.changes.push(Change { at: seconds(15), order: Order(0), kind: changed, offers_after: true });
    let before = recorded.fates(&Settings::default());
    recorded.0.add_group(GroupIndex(1), &[0, 1].map(PersonIndex).into());
    assert_eq!(recorded.fates(&Settings::default()), before, "without a limit, nothing changes");
    let go_away = Assumptions { refused: RefusedBehavior::GoAway, ..Assumptions::default() };
    let floor = Limit { group: GroupIndex(1), floor: 2, cap: None };
    let settings = Settings { limits: Some(vec![floor]), ..Settings::with_seats(3) };
    let (seated, refused) = (Fate::Seated, Fate::Refused(Code::ReservedForGroup));
    assert_eq!(recorded.replay(&settings, &go_away).0, [seated, refused, seated, seated]);
}

#[test]
fn the_last_limits_are_those_of_the_last_change() {
    let limit = |floor| Limit { group: GroupIndex(0), floor, cap: None };
    let mut recorded = Recorded::new(2);
    recorded.0.terms.limits = vec![limit(1)];
    assert_eq!(recorded.0.last_limits(), [limit(1)]);
    for floor in [2, 3] {
        let kind = ChangeKind::LimitsChanged(vec![limit(floor)]);
        recorded.0.changes.push(Change { at: seconds(floor), order: Order(0), kind, offers_after: true });
    }
    assert_eq!(recorded.0.last_limits(), [limit(3)]);
}

#[test]
fn a_cap_for_each_person_limits_their_seats() {
    let recorded = Recorded::new(5).seated(0, 0, 600).seated(1, 0, 600).seated(2, 1, 600).seated(3, 0, 600);
    let rules = RuleOverrides { seat_rule: Some(SeatRule::Session), ..RuleOverrides::default() };
    let settings = Settings { rules, person_cap: Some(2), ..Settings::default() };
    let (fates, totals) = recorded.replay(&settings, &Assumptions::default());
    assert_eq!(fates, [Fate::Seated, Fate::Seated, Fate::Seated, Fate::Refused(Code::GroupLimit)]);
    assert_eq!(totals.peak, 3);
}

#[test]
fn the_end_of_the_license_ends_delayed_sessions_and_waiting() {
    let mut recorded = Recorded::new(3).seated(0, 0, 900).seated(100, 1, 500).seated(950, 2, 10).seated(960, 3, 10);
    let at = Some(seconds(1_000));
    recorded.0.terms.period = LicensePeriod { starts_at: None, ends_at: at, end_noticed_at: at };
    let (fates, totals) = recorded.replay(&Settings::with_seats(1), &Assumptions::default());
    let ended = seatkeeper_shared::ticket::TicketEnd::LicenseEnded;
    assert_eq!(fates[1], Fate::SeatedAfter(seconds(810)));
    assert_eq!(fates[2..], [Fate::Removed(ended, seconds(50)), Fate::Removed(ended, seconds(40))]);
    // From 0 to 900, and from 910 to the end.
    assert_eq!((totals.seat_time(), totals.removed), (seconds(990), 2));
}

#[test]
fn recorded_changes_hold_unless_the_settings_replace_them() {
    let mut recorded = Recorded::new(1).seated(100, 0, 600).seated(200, 1, 600);
    recorded.0.changes.push(Change {
        at: seconds(50),
        order: Order(0),
        kind: ChangeKind::Resized(2),
        offers_after: true,
    });
    assert_eq!(recorded.fates(&Settings::default()), [Fate::Seated; 2]);
    assert_eq!(recorded.fates(&Settings::with_seats(1))[1], Fate::SeatedAfter(seconds(510)));
}

/// An admin ends the session of the first agent at 100, who asks again at 110.
#[test]
fn a_longer_cool_down_delays_the_next_seat() {
    let result = RequestResult::Seated(work(100, EndReason::EndedByAdmin, None));
    let recorded = Recorded::new(1).request(0, 0, result).seated(110, 0, 50);
    assert_eq!(recorded.fates(&Settings::default())[1], Fate::Seated);
    let rule = RuleOverrides { cool_down_seconds: Some(300), ..RuleOverrides::default() };
    // The cool-down is over at 400, which is noticed at 402; the offer is accepted at 412.
    assert_eq!(recorded.fates(&with_rules(rule))[1], Fate::SeatedAfter(seconds(302)));
}

#[test]
fn named_seats_are_assigned_as_long_as_there_are_some() {
    let mut recorded = Recorded::new(2).seated(100, 0, 50).seated(200, 1, 50);
    recorded.0.terms.model = Model::Named;
    recorded.0.people.iter_mut().for_each(|person| person.assigned = false);
    for (number, person) in [0, 1].into_iter().enumerate() {
        let (at, order) = (Micros(0), Order(u32::try_from(number).unwrap()));
        let kind = ChangeKind::Granted(PersonIndex(person));
        recorded.0.changes.push(Change { at, order, kind, offers_after: true });
    }
    assert_eq!(recorded.fates(&Settings::default()), [Fate::Seated; 2]);
    let fates = recorded.fates(&Settings::with_seats(1));
    assert_eq!(fates, [Fate::Seated, Fate::Refused(Code::NotAssigned)]);
}

#[test]
fn sessions_are_listed_with_the_occupied_seats() {
    let mut recorded = Recorded::new(3).seated(0, 0, 600).seated(100, 1, 50);
    recorded.0.sessions.push(EarlierSession {
        person: PersonIndex(4),
        device: DeviceIndex(4),
        mode: Mode::Application,
        began: seconds(-60),
        connected: true,
        borrowed_until: None,
        work: work(260, EndReason::Finished, None),
    });
    let go_on = |_| ControlFlow::Continue(());
    let (outcome, steps) = replay_sessions(&recorded.0, &Settings::default(), &Assumptions::default(), go_on).unwrap();
    let steps: Vec<_> = steps.iter().map(|step| (step.at, step.person.0, step.begins, step.occupied)).collect();
    let expected = [(0, 4, true, 1), (0, 0, true, 2), (100, 1, true, 3), (150, 1, false, 2), (200, 4, false, 1)];
    assert_eq!(steps[..5], expected.map(|(at, person, begins, occupied)| (seconds(at), person, begins, occupied)));
    assert_eq!(steps[5..], [(seconds(600), 0, false, 0)]);
    assert_eq!(outcome.totals.seated_at_once, 2);
}

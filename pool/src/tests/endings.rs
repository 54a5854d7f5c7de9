//! Ends of sessions: by expiry, by a scheduled end, or by an admin, with and without a cool-down.

use super::*;
use seatkeeper_shared::problem::SessionEnd;

fn schedule_end(scenario: &mut Scenario, number: u128, seconds: i64) {
    let at = scenario.at + TimeDelta::seconds(seconds);
    let (by_name, message) = (Some("Mia".to_owned()), Some("Please finish".to_owned()));
    let scheduled = ScheduledEnd { at, by: Some(user(20)), by_name, message };
    scenario.decide(|pool, _| pool.schedule_end(session(number), Some(scheduled))).unwrap();
}

fn with_cool_down(seats: i64) -> Scenario {
    Scenario::new(Model::Concurrent, seats, Rules { cool_down_seconds: 60, ..Rules::default() })
}

#[test]
fn an_expired_lease_occupies_nothing_and_is_not_revived() {
    let mut scenario = Scenario::concurrent(1);
    let live = scenario.asks(1, 1).unwrap();
    scenario.at = live.lease_until - TimeDelta::microseconds(1);
    scenario.decide(|_, _| ());
    assert_eq!(scenario.pool.occupied(), 1, "until the last microsecond");
    scenario.at = live.lease_until;
    assert_eq!(scenario.renews(1, false), Err(Code::NotFound));
    assert_eq!(scenario.pool.occupied(), 0);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::LeaseExpired)]);
}

#[test]
fn a_heartbeat_starts_a_full_lease() {
    let mut scenario = Scenario::concurrent(1);
    scenario.asks(1, 1).unwrap();
    scenario.advance(119);
    assert_eq!(scenario.renews(1, false).unwrap().lease_until, scenario.at + TimeDelta::seconds(120));
    scenario.advance(119);
    assert_eq!(scenario.ended_sessions(), []);
}

#[test]
fn a_clock_that_is_set_back_shortens_no_lease() {
    let mut scenario = Scenario::concurrent(1);
    let live = scenario.asks(1, 1).unwrap();
    scenario.at -= TimeDelta::hours(1);
    assert_eq!(scenario.renews(1, false).map(|live| live.lease_until), Ok(live.lease_until));
}

#[test]
fn an_unused_key_expires_despite_heartbeats() {
    let mut scenario = Scenario::concurrent(1);
    scenario.decide(|pool, at| pool.admit(user(1), request(1, "NB-1", Mode::Attended), at)).unwrap();
    for _ in 1..10 {
        scenario.advance(60);
        scenario.renews(1, true).unwrap();
    }
    scenario.advance(60);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::KeyExpired)]);
}

#[test]
fn a_connected_session_has_no_support_key() {
    let mut scenario = Scenario::concurrent(1);
    scenario.decide(|pool, at| pool.admit(user(1), request(1, "NB-1", Mode::Attended), at)).unwrap();
    let connected = scenario.pool.connect(session(1), Platform::Mac, now()).unwrap();
    assert_eq!((connected.state, connected.support_key), (SessionState::Connected, None));
    let again = scenario.pool.connect(session(1), Platform::Ios, now()).unwrap();
    assert_eq!(again.platform, Some(Platform::Mac), "the second customer changes nothing");
}

#[test]
fn a_scheduled_end_records_who_and_why() {
    let mut scenario = Scenario::concurrent(1);
    scenario.asks(1, 1).unwrap();
    schedule_end(&mut scenario, 1, 30);
    scenario.advance(29);
    assert_eq!(scenario.pool.occupied(), 1);
    scenario.pool.take_changes();
    scenario.advance(1);
    let end = SessionEnd {
        reason: EndReason::EndedByAdmin,
        at: scenario.at,
        by: Some("Mia".into()),
        message: Some("Please finish".into()),
    };
    let ended = SeatChange::Ended { session: session(1), user: user(1), end, by: Some(user(20)) };
    assert_eq!(scenario.pool.take_changes(), [(ended, 0)]);
}

#[test]
fn a_scheduled_end_can_be_cancelled() {
    let mut scenario = Scenario::concurrent(1);
    scenario.asks(1, 1).unwrap();
    schedule_end(&mut scenario, 1, 30);
    scenario.decide(|pool, _| pool.schedule_end(session(1), None)).unwrap();
    scenario.advance(60);
    assert_eq!(scenario.ended_sessions(), []);
}

#[test]
fn an_agent_who_finishes_before_the_scheduled_end_has_no_cool_down() {
    let mut scenario = with_cool_down(1);
    scenario.asks(1, 1).unwrap();
    schedule_end(&mut scenario, 1, 30);
    scenario.finishes(1);
    assert!(scenario.asks(1, 2).is_ok());
    scenario.advance(60);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::Finished)]);
}

#[test]
fn a_cool_down_refuses_until_the_time_that_it_gives() {
    let mut scenario = with_cool_down(2);
    scenario.asks(1, 1).unwrap();
    scenario.ends(1, EndReason::EndedByAdmin);
    let refusal = scenario.pool.admit(user(1), request(2, "NB-1", Mode::Application), scenario.at).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.facts.unwrap().at),
        (Code::CoolingDown, Some(scenario.at + TimeDelta::seconds(60)))
    );
    assert!(scenario.asks(2, 3).is_ok(), "the seat is free for other users");
    scenario.advance(59);
    assert_eq!(scenario.asks(1, 4), Err(Code::CoolingDown));
    scenario.advance(1);
    assert!(scenario.asks(1, 5).is_ok());
}

#[test]
fn a_cool_down_also_prevents_a_take_over() {
    let mut scenario = with_cool_down(2);
    scenario.change(|rules| rules.second_device = SecondDevice::TakeOver);
    scenario.asks(1, 1).unwrap();
    scenario.asks(1, 2).unwrap();
    scenario.ends(1, EndReason::EndedByAdmin);
    assert_eq!(scenario.asks_at(1, 3, "NB-2"), Err(Code::CoolingDown));
    assert_eq!(scenario.pool.sessions_of(user(1)), [session(2)]);
}

#[test]
fn a_named_seat_has_no_cool_down() {
    let mut scenario = Scenario::new(Model::Named, 1, Rules { cool_down_seconds: 60, ..Rules::default() });
    scenario.pool.grant(user(1)).unwrap();
    scenario.asks(1, 1).unwrap();
    scenario.ends(1, EndReason::EndedByAdmin);
    assert!(scenario.asks(1, 2).is_ok());
}

#[test]
fn a_cool_down_ends_with_its_assignment() {
    let mut scenario = with_cool_down(1);
    scenario.asks(1, 1).unwrap();
    scenario.decide(|pool, at| pool.revoke(user(1), None, at)).unwrap();
    scenario.ends(1, EndReason::EndedByAdmin);
    scenario.pool.grant(user(1)).unwrap();
    assert!(scenario.asks(1, 2).is_ok());
}

#[test]
fn a_waiter_in_cool_down_is_skipped_and_offered_a_seat_afterwards() {
    let mut scenario = with_cool_down(1);
    scenario.asks(1, 1).unwrap();
    scenario.ends(1, EndReason::EndedByAdmin);
    scenario.waits(1, 11);
    assert_eq!(scenario.queue(), [(11, false)]);
    scenario.asks(2, 2).unwrap();
    scenario.waits(3, 13);
    scenario.finishes(2);
    assert_eq!(scenario.queue(), [(11, false), (13, true)], "skipped, but the ticket keeps its place");
    scenario.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(scenario.queue(), [(11, false), (13, true)]);
    scenario.at += TimeDelta::seconds(60);
    assert!(!scenario.pool.is_settled(scenario.at), "the end of the cool-down makes an offer due");
    scenario.advance(0);
    assert_eq!(scenario.queue(), [(11, true)], "13 missed its offer");
}

#[test]
fn a_cool_down_withdraws_the_offer() {
    let mut scenario = with_cool_down(2);
    scenario.change(|rules| rules.seat_rule = SeatRule::Device);
    scenario.asks_at(1, 1, "NB-2").unwrap();
    scenario.asks(3, 3).unwrap();
    scenario.waits(1, 11);
    scenario.waits(2, 12);
    scenario.finishes(3);
    assert_eq!(scenario.queue(), [(11, true), (12, false)]);
    scenario.ends(1, EndReason::EndedByAdmin);
    assert_eq!(scenario.queue(), [(11, false), (12, true)]);
    assert!(scenario.asks(4, 4).is_ok(), "the other seat is free for any user");
}

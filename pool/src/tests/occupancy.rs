//! Occupancy: what occupies a seat, and what happens when there are no more.

use super::*;

#[test]
fn a_request_beyond_the_seats_is_refused_with_the_numbers() {
    let mut scenario = Scenario::concurrent(10);
    for number in 1..=10 {
        scenario.asks(number, number).unwrap();
    }
    let refusal = scenario.pool.admit(user(11), request(11, "NB-1", Mode::Attended), now()).unwrap_err();
    let facts = RefusalFacts {
        license_id: scenario.pool.terms.license,
        seats: 10,
        occupied: 10,
        waiting: 0,
        expected_at: None,
        at: None,
        borrow_seconds: None,
    };
    assert_eq!((refusal.code, refusal.facts), (Code::PoolFull, Some(facts)));
}

#[test]
fn a_seat_is_occupied_from_creation_and_free_when_the_holders_last_session_ends() {
    let mut scenario = Scenario::concurrent(1);
    let live = scenario.decide(|pool, at| pool.admit(user(1), request(1, "NB-1", Mode::Attended), at)).unwrap();
    assert_eq!((live.state, scenario.pool.occupied()), (SessionState::Waiting, 1), "an unused key occupies a seat");
    scenario.asks(1, 2).unwrap();
    assert_eq!(scenario.pool.occupied(), 1, "an agent's further sessions share the seat");
    scenario.finishes(1);
    assert_eq!(scenario.asks(2, 3), Err(Code::PoolFull));
    scenario.finishes(2);
    assert!(scenario.asks(2, 4).is_ok());
}

#[test]
fn the_seat_rule_determines_which_sessions_share_a_seat() {
    for (rule, same_device, other_device) in
        [(SeatRule::Agent, 1, 1), (SeatRule::Device, 1, 2), (SeatRule::Session, 2, 3)]
    {
        let mut scenario = Scenario::new(Model::Concurrent, 10, rules_with(rule));
        scenario.asks(1, 1).unwrap();
        scenario.asks(1, 2).unwrap();
        assert_eq!(scenario.pool.occupied(), same_device, "{rule}, a second session on the same device");
        scenario.asks_at(1, 3, "NB-2").unwrap();
        assert_eq!(scenario.pool.occupied(), other_device, "{rule}, a session on another device");
    }
}

#[test]
fn a_holder_is_admitted_again_although_the_pool_is_full() {
    for rule in [SeatRule::Agent, SeatRule::Device] {
        let mut scenario = Scenario::new(Model::Concurrent, 1, rules_with(rule));
        scenario.asks(1, 1).unwrap();
        assert!(scenario.asks(1, 2).is_ok(), "{rule}: the seat is shared");
        assert_eq!(scenario.pool.occupied(), 1, "{rule}");
    }
}

#[test]
fn another_seat_rule_recounts_the_same_sessions() {
    let mut scenario = Scenario::concurrent(2);
    scenario.asks(1, 1).unwrap();
    scenario.asks_at(1, 2, "NB-2").unwrap();
    scenario.asks_at(1, 3, "NB-2").unwrap();
    for (rule, occupied, next) in [
        (SeatRule::Device, 2, Err(Code::PoolFull)),
        (SeatRule::Session, 3, Err(Code::OverCapacity)),
        (SeatRule::Agent, 1, Ok(())),
    ] {
        scenario.change(|rules| rules.seat_rule = rule);
        assert_eq!(scenario.pool.occupied(), occupied, "{rule}");
        assert_eq!(scenario.asks(2, 4).map(drop), next, "{rule}");
    }
}

#[test]
fn reducing_seats_below_use_ends_no_session_and_admits_none_until_drained() {
    let mut scenario = Scenario::concurrent(3);
    for number in 1..=3 {
        scenario.asks(number, number).unwrap();
    }
    scenario.decide(|pool, _| pool.resize(1)).unwrap();
    assert_eq!(scenario.pool.occupied(), 3);
    assert_eq!(scenario.asks(4, 4), Err(Code::OverCapacity));
    scenario.finishes(1);
    scenario.finishes(2);
    assert_eq!(scenario.asks(4, 5), Err(Code::PoolFull));
    scenario.finishes(3);
    assert!(scenario.asks(4, 6).is_ok());
}

#[test]
fn over_capacity_the_last_offers_are_withdrawn_first() {
    let mut scenario = Scenario::concurrent(3);
    for number in 1..=3 {
        scenario.asks(number, number).unwrap();
    }
    scenario.waits(4, 4);
    scenario.waits(5, 5);
    scenario.finishes(1);
    scenario.finishes(2);
    assert_eq!(scenario.queue(), [(4, true), (5, true)]);
    scenario.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(scenario.queue(), [(4, true), (5, false)], "one seat less, one offer less");
    scenario.decide(|pool, _| pool.resize(0)).unwrap();
    assert_eq!(scenario.queue(), [(4, false), (5, false)], "both tickets keep their places");
    assert_eq!(scenario.accepts(4, 10), Err(Code::NoOffer));
    scenario.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(scenario.queue(), [(4, true), (5, false)]);
}

#[test]
fn an_overdraft_admits_sessions_beyond_the_seats() {
    let mut scenario = Scenario::new(Model::Concurrent, 2, Rules { overdraft: 1, ..Rules::default() });
    for number in 1..=3 {
        scenario.asks(number, number).unwrap();
    }
    assert_eq!(scenario.asks(4, 4), Err(Code::PoolFull), "the overdraft is used up");
    scenario.change(|rules| rules.overdraft = 0);
    assert_eq!(
        (scenario.asks(4, 4), scenario.pool.occupied()),
        (Err(Code::OverCapacity), 3),
        "one over capacity, and no session ended"
    );
}

#[test]
fn a_license_is_valid_from_its_start_until_its_end() {
    let mut scenario = Scenario::concurrent(3);
    scenario.pool.terms.starts_at = Some(now() + TimeDelta::days(1));
    scenario.pool.terms.ends_at = Some(now() + TimeDelta::days(2));
    assert_eq!(scenario.asks(1, 1), Err(Code::LicenseNotStarted));
    scenario.at = now() + TimeDelta::days(2) - TimeDelta::seconds(1);
    scenario.asks(1, 1).unwrap();
    scenario.advance(1);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::LicenseEnded)], "live sessions end with the license");
    assert_eq!(scenario.asks(1, 2), Err(Code::LicenseEnded));
}

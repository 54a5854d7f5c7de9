//! What occupies a seat, how many there are, and what happens beyond that.

use super::*;

#[test]
fn the_eleventh_of_ten_is_refused_with_the_facts() {
    let mut desk = Desk::shared(10);
    for number in 1..=10 {
        desk.asks(number, number).unwrap();
    }
    let refusal = desk.pool.admit(user(11), ask(11, "NB-1", Mode::Attended), now()).unwrap_err();
    let facts = RefusalFacts {
        license_id: desk.pool.terms.license,
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
    let mut desk = Desk::shared(1);
    let live = desk.decide(|pool, at| pool.admit(user(1), ask(1, "NB-1", Mode::Attended), at)).unwrap();
    assert_eq!((live.state, desk.pool.occupied()), (SessionState::Waiting, 1), "a key that nobody used yet occupies");
    desk.asks(1, 2).unwrap();
    assert_eq!(desk.pool.occupied(), 1, "an agent's further sessions share his seat");
    desk.finishes(1);
    assert_eq!(desk.asks(2, 3), Err(Code::PoolFull));
    desk.finishes(2);
    assert!(desk.asks(2, 4).is_ok());
}

#[test]
fn the_seat_rule_says_what_shares_a_seat() {
    for (rule, same_device, other_device) in
        [(SeatRule::Agent, 1, 1), (SeatRule::Device, 1, 2), (SeatRule::Session, 2, 3)]
    {
        let mut desk = Desk::new(Model::Concurrent, 10, by(rule));
        desk.asks(1, 1).unwrap();
        desk.asks(1, 2).unwrap();
        assert_eq!(desk.pool.occupied(), same_device, "{rule}, a second session on the same device");
        desk.asks_at(1, 3, "NB-2").unwrap();
        assert_eq!(desk.pool.occupied(), other_device, "{rule}, a session on another device");
    }
}

#[test]
fn a_holder_who_asks_again_gets_in_although_the_pool_is_full() {
    for rule in [SeatRule::Agent, SeatRule::Device] {
        let mut desk = Desk::new(Model::Concurrent, 1, by(rule));
        desk.asks(1, 1).unwrap();
        assert!(desk.asks(1, 2).is_ok(), "{rule}: the seat is his");
        assert_eq!(desk.pool.occupied(), 1, "{rule}");
    }
}

#[test]
fn another_seat_rule_counts_the_same_sessions_anew() {
    let mut desk = Desk::shared(2);
    desk.asks(1, 1).unwrap();
    desk.asks_at(1, 2, "NB-2").unwrap();
    desk.asks_at(1, 3, "NB-2").unwrap();
    for (rule, occupied, next) in [
        (SeatRule::Device, 2, Err(Code::PoolFull)),
        (SeatRule::Session, 3, Err(Code::OverCapacity)),
        (SeatRule::Agent, 1, Ok(())),
    ] {
        desk.change(|rules| rules.seat_rule = rule);
        assert_eq!(desk.pool.occupied(), occupied, "{rule}");
        assert_eq!(desk.asks(2, 4).map(drop), next, "{rule}");
    }
}

#[test]
fn fewer_seats_than_in_use_end_nobody_and_grant_nothing_until_drained() {
    let mut desk = Desk::shared(3);
    for number in 1..=3 {
        desk.asks(number, number).unwrap();
    }
    desk.decide(|pool, _| pool.resize(1)).unwrap();
    assert_eq!(desk.pool.occupied(), 3);
    assert_eq!(desk.asks(4, 4), Err(Code::OverCapacity));
    desk.finishes(1);
    desk.finishes(2);
    assert_eq!(desk.asks(4, 5), Err(Code::PoolFull));
    desk.finishes(3);
    assert!(desk.asks(4, 6).is_ok());
}

#[test]
fn over_capacity_the_offers_are_taken_back_the_last_one_first() {
    let mut desk = Desk::shared(3);
    for number in 1..=3 {
        desk.asks(number, number).unwrap();
    }
    desk.waits(4, 4);
    desk.waits(5, 5);
    desk.finishes(1);
    desk.finishes(2);
    assert_eq!(desk.line(), [(4, true), (5, true)]);
    desk.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(desk.line(), [(4, true), (5, false)], "one seat was taken away, one offer goes");
    desk.decide(|pool, _| pool.resize(0)).unwrap();
    assert_eq!(desk.line(), [(4, false), (5, false)], "both keep their places");
    assert_eq!(desk.accepts(4, 10), Err(Code::NoOffer));
    desk.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(desk.line(), [(4, true), (5, false)]);
}

#[test]
fn an_overdraft_lets_so_many_in_beyond_the_seats() {
    let mut desk = Desk::new(Model::Concurrent, 2, Rules { overdraft: 1, ..Rules::default() });
    for number in 1..=3 {
        desk.asks(number, number).unwrap();
    }
    assert_eq!(desk.asks(4, 4), Err(Code::PoolFull), "the overdraft is used up");
    desk.change(|rules| rules.overdraft = 0);
    assert_eq!((desk.asks(4, 4), desk.pool.occupied()), (Err(Code::OverCapacity), 3), "one over, nobody ended");
}

#[test]
fn a_license_counts_from_its_start_until_its_end() {
    let mut desk = Desk::shared(3);
    desk.pool.terms.starts_at = Some(now() + TimeDelta::days(1));
    desk.pool.terms.ends_at = Some(now() + TimeDelta::days(2));
    assert_eq!(desk.asks(1, 1), Err(Code::LicenseNotStarted));
    desk.at = now() + TimeDelta::days(2) - TimeDelta::seconds(1);
    desk.asks(1, 1).unwrap();
    desk.later(1);
    assert_eq!(desk.ended(), [(1, EndReason::LicenseEnded)], "what runs on ends with the license");
    assert_eq!(desk.asks(1, 2), Err(Code::LicenseEnded));
}

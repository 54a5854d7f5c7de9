//! The rule for an agent who has a session and requests one at another device.

use super::*;

const EACH_SEAT_RULE: [SeatRule; 3] = [SeatRule::Agent, SeatRule::Device, SeatRule::Session];

/// Agent 1 has a session at NB-1.
fn scenario(model: Model, seats: i64, seat_rule: SeatRule, second_device: SecondDevice) -> Scenario {
    let mut scenario = Scenario::new(model, seats, Rules { seat_rule, second_device, ..Rules::default() });
    if model == Model::Named {
        scenario.pool.grant(user(1)).unwrap();
    }
    scenario.asks(1, 1).unwrap();
    scenario
}

#[test]
fn share_keeps_both_sessions_on_one_seat_if_the_seat_rule_allows() {
    for (rule, second, occupied) in [
        (SeatRule::Agent, Ok(()), 1),
        (SeatRule::Device, Err(Code::PoolFull), 1),
        (SeatRule::Session, Err(Code::PoolFull), 1),
    ] {
        let mut scenario = scenario(Model::Concurrent, 1, rule, SecondDevice::Share);
        assert_eq!(scenario.asks_at(1, 2, "NB-2").map(drop), second, "{rule}");
        assert_eq!((scenario.pool.occupied(), scenario.ended_sessions()), (occupied, vec![]), "{rule}");
    }
}

#[test]
fn take_over_ends_the_first_session_and_reuses_its_seat() {
    for rule in EACH_SEAT_RULE {
        let mut scenario = scenario(Model::Concurrent, 1, rule, SecondDevice::TakeOver);
        assert!(scenario.asks_at(1, 2, "NB-2").is_ok(), "{rule}");
        assert_eq!(scenario.ended_sessions(), [(1, EndReason::ReplacedByOtherDevice)], "{rule}");
        assert_eq!(scenario.pool.occupied(), 1, "{rule}");
    }
}

#[test]
fn take_over_keeps_sessions_at_the_same_device() {
    let mut scenario = scenario(Model::Concurrent, 2, SeatRule::Session, SecondDevice::TakeOver);
    assert!(scenario.asks(1, 2).is_ok());
    assert_eq!((scenario.ended_sessions(), scenario.pool.occupied()), (vec![], 2));
}

#[test]
fn take_over_needs_no_free_seat_even_over_capacity() {
    let mut scenario = scenario(Model::Concurrent, 2, SeatRule::Session, SecondDevice::TakeOver);
    scenario.asks(2, 2).unwrap();
    scenario.decide(|pool, _| pool.resize(1)).unwrap();
    assert!(scenario.asks_at(1, 3, "NB-2").is_ok());
    assert_eq!(scenario.pool.occupied(), 2, "as many as before");
}

#[test]
fn second_seat_gives_each_device_its_own_seat() {
    for rule in EACH_SEAT_RULE {
        let mut scenario = scenario(Model::Concurrent, 2, rule, SecondDevice::SecondSeat);
        assert!(scenario.asks_at(1, 2, "NB-2").is_ok(), "{rule}");
        assert_eq!(scenario.pool.occupied(), 2, "{rule}");
        assert_eq!(scenario.asks_at(1, 3, "NB-3"), Err(Code::PoolFull), "{rule}");
    }
}

#[test]
fn refuse_gives_the_second_device_neither_a_seat_nor_a_ticket() {
    for rule in EACH_SEAT_RULE {
        let mut scenario = scenario(Model::Concurrent, 2, rule, SecondDevice::Refuse);
        let refusal = scenario.pool.admit(user(1), request(2, "NB-2", Mode::Application), now()).unwrap_err();
        assert_eq!((refusal.code, refusal.can_wait()), (Code::OtherDevice, false), "{rule}");
        assert!(scenario.asks(1, 3).is_ok(), "{rule}, the first device may ask again");
        scenario.ended_sessions();
    }
}

#[test]
fn a_named_seat_belongs_to_one_user_at_all_devices() {
    for (second_device, second, ended) in [
        (SecondDevice::Share, Ok(()), vec![]),
        (SecondDevice::TakeOver, Ok(()), vec![(1, EndReason::ReplacedByOtherDevice)]),
        (SecondDevice::SecondSeat, Ok(()), vec![]),
        (SecondDevice::Refuse, Err(Code::OtherDevice), vec![]),
    ] {
        let mut scenario = scenario(Model::Named, 1, SeatRule::Device, second_device);
        assert_eq!(scenario.asks_at(1, 2, "NB-2").map(drop), second, "{second_device}");
        assert_eq!((scenario.pool.occupied(), scenario.ended_sessions()), (1, ended), "{second_device}");
    }
}

#[test]
fn an_offer_that_another_device_would_prevent_is_withdrawn() {
    let rules = Rules { seat_rule: SeatRule::Device, second_device: SecondDevice::Refuse, ..Rules::default() };
    let mut scenario = Scenario::new(Model::Concurrent, 2, rules);
    scenario.asks(2, 2).unwrap();
    scenario.asks(3, 3).unwrap();
    scenario.waits(1, 1);
    scenario.waits(4, 4);
    scenario.finishes(2);
    scenario.leaves(4, TicketEnd::Withdrawn);
    scenario.decide(|pool, _| pool.resize(3)).unwrap();
    assert!(scenario.asks_at(1, 5, "NB-2").is_ok(), "there is a free seat beyond the queue");
    assert_eq!(scenario.queue(), [(1, false)], "the offer for the first device is withdrawn");
    assert!(scenario.asks(5, 6).is_ok(), "and the seat is free for others");
}

#[test]
fn continuing_on_another_device_moves_all_sessions_and_renews_their_leases() {
    let mut scenario = Scenario::new(Model::Concurrent, 2, rules_with(SeatRule::Device));
    for number in [1, 2] {
        scenario.decide(|pool, now| pool.admit(user(1), request(number, "NB-1", Mode::Attended), now)).unwrap();
    }
    let before = scenario.pool.session(session(2)).unwrap().clone();
    scenario.advance(30);
    let moved = scenario.decide(|pool, now| pool.continue_on_device(session(1), "NB-2", now)).unwrap();
    let beside = scenario.pool.session(session(2)).unwrap();
    assert_eq!((moved.device.as_str(), beside.device.as_str()), ("NB-2", "NB-2"));
    for live in [&moved, beside] {
        assert!(live.last_seen_at > before.last_seen_at && live.lease_until > before.lease_until, "{:?}", live.id);
    }
    let again = scenario.decide(|pool, now| pool.continue_on_device(session(1), "NB-2", now)).unwrap();
    assert_eq!(again, moved, "repeating it changes nothing");
}

//! An agent who has a session asks for one at another device.

use super::*;

const EACH_SEAT_RULE: [SeatRule; 3] = [SeatRule::Agent, SeatRule::Device, SeatRule::Session];

/// The agent has a session at NB-1.
fn desk(model: Model, seats: i64, seat_rule: SeatRule, second_device: SecondDevice) -> Desk {
    let mut desk = Desk::new(model, seats, Rules { seat_rule, second_device, ..Rules::default() });
    if model == Model::Named {
        desk.pool.grant(user(1)).unwrap();
    }
    desk.asks(1, 1).unwrap();
    desk
}

#[test]
fn share_both_go_on_and_share_a_seat_as_far_as_the_seat_rule_lets_them() {
    for (rule, second, occupied) in [
        (SeatRule::Agent, Ok(()), 1),
        (SeatRule::Device, Err(Code::PoolFull), 1),
        (SeatRule::Session, Err(Code::PoolFull), 1),
    ] {
        let mut desk = desk(Model::Concurrent, 1, rule, SecondDevice::Share);
        assert_eq!(desk.asks_at(1, 2, "NB-2").map(drop), second, "{rule}");
        assert_eq!((desk.pool.occupied(), desk.ended()), (occupied, vec![]), "{rule}");
    }
}

#[test]
fn take_over_the_first_is_ended_with_a_reason_and_the_new_one_goes_on_with_its_seat() {
    for rule in EACH_SEAT_RULE {
        let mut desk = desk(Model::Concurrent, 1, rule, SecondDevice::TakeOver);
        assert!(desk.asks_at(1, 2, "NB-2").is_ok(), "{rule}");
        assert_eq!(desk.ended(), [(1, EndReason::ReplacedByOtherDevice)], "{rule}");
        assert_eq!(desk.pool.occupied(), 1, "{rule}");
    }
}

#[test]
fn take_over_leaves_the_sessions_at_the_same_device_alone() {
    let mut desk = desk(Model::Concurrent, 2, SeatRule::Session, SecondDevice::TakeOver);
    assert!(desk.asks(1, 2).is_ok());
    assert_eq!((desk.ended(), desk.pool.occupied()), (vec![], 2));
}

#[test]
fn take_over_needs_no_free_seat_even_over_capacity() {
    let mut desk = desk(Model::Concurrent, 2, SeatRule::Session, SecondDevice::TakeOver);
    desk.asks(2, 2).unwrap();
    desk.decide(|pool, _| pool.resize(1)).unwrap();
    assert!(desk.asks_at(1, 3, "NB-2").is_ok());
    assert_eq!(desk.pool.occupied(), 2, "not one more than before");
}

#[test]
fn second_seat_both_go_on_each_device_with_a_seat_of_its_own() {
    for rule in EACH_SEAT_RULE {
        let mut desk = desk(Model::Concurrent, 2, rule, SecondDevice::SecondSeat);
        assert!(desk.asks_at(1, 2, "NB-2").is_ok(), "{rule}");
        assert_eq!(desk.pool.occupied(), 2, "{rule}");
        assert_eq!(desk.asks_at(1, 3, "NB-3"), Err(Code::PoolFull), "{rule}");
    }
}

#[test]
fn refuse_the_second_device_gets_nothing_and_no_place_in_the_line() {
    for rule in EACH_SEAT_RULE {
        let mut desk = desk(Model::Concurrent, 2, rule, SecondDevice::Refuse);
        let refusal = desk.pool.admit(user(1), ask(2, "NB-2", Mode::Application), now()).unwrap_err();
        assert_eq!((refusal.code, refusal.may_pass()), (Code::OtherDevice, false), "{rule}");
        assert!(desk.asks(1, 3).is_ok(), "{rule}, the first device may go on asking");
        desk.ended();
    }
}

#[test]
fn a_named_seat_is_one_persons_at_all_devices() {
    for (second_device, second, ended) in [
        (SecondDevice::Share, Ok(()), vec![]),
        (SecondDevice::TakeOver, Ok(()), vec![(1, EndReason::ReplacedByOtherDevice)]),
        (SecondDevice::SecondSeat, Ok(()), vec![]),
        (SecondDevice::Refuse, Err(Code::OtherDevice), vec![]),
    ] {
        let mut desk = desk(Model::Named, 1, SeatRule::Device, second_device);
        assert_eq!(desk.asks_at(1, 2, "NB-2").map(drop), second, "{second_device}");
        assert_eq!((desk.pool.occupied(), desk.ended()), (1, ended), "{second_device}");
    }
}

#[test]
fn no_offer_goes_to_whom_his_other_device_would_have_it_refused() {
    let rules = Rules { seat_rule: SeatRule::Device, second_device: SecondDevice::Refuse, ..Rules::default() };
    let mut desk = Desk::new(Model::Concurrent, 2, rules);
    desk.asks(2, 2).unwrap();
    desk.asks(3, 3).unwrap();
    desk.waits(1, 1);
    desk.waits(4, 4);
    desk.finishes(2);
    desk.leaves(4, TicketEnd::Withdrawn);
    desk.decide(|pool, _| pool.resize(3)).unwrap();
    assert!(desk.asks_at(1, 5, "NB-2").is_ok(), "there is a seat that nobody waits for");
    assert_eq!(desk.line(), [(1, false)], "what was kept for his first device goes back");
    assert!(desk.asks(5, 6).is_ok(), "and is free for others");
}

#[test]
fn whoever_goes_on_at_another_device_is_heard_of_and_has_a_whole_lease_for_all_he_takes_along() {
    let mut desk = Desk::new(Model::Concurrent, 2, by(SeatRule::Device));
    for number in [1, 2] {
        desk.decide(|pool, now| pool.admit(user(1), ask(number, "NB-1", Mode::Attended), now)).unwrap();
    }
    let before = desk.pool.session(session(2)).unwrap().clone();
    desk.later(30);
    let moved = desk.decide(|pool, now| pool.go_on(session(1), "NB-2", now)).unwrap();
    let beside = desk.pool.session(session(2)).unwrap();
    assert_eq!((moved.device.as_str(), beside.device.as_str()), ("NB-2", "NB-2"));
    for live in [&moved, beside] {
        assert!(live.last_seen_at > before.last_seen_at && live.lease_until > before.lease_until, "{:?}", live.id);
    }
    let again = desk.decide(|pool, now| pool.go_on(session(1), "NB-2", now)).unwrap();
    assert_eq!(again, moved, "twice changes nothing");
}

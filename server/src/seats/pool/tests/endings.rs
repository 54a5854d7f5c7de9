//! How sessions end: by their clocks, by an announcement, or by an admin, with or without a cool-down.

use super::*;
use crate::seats::facts::Announced;
use seatkeeper_shared::problem::End;

fn announce(desk: &mut Desk, number: u128, seconds: i64) {
    let at = desk.at + TimeDelta::seconds(seconds);
    let (by_name, message) = (Some("Mia".to_owned()), Some("Please finish".to_owned()));
    let announced = Announced { at, by: Some(user(20)), by_name, message };
    desk.decide(|pool, _| pool.announce(session(number), Some(announced))).unwrap();
}

fn cool_down(seats: i64) -> Desk {
    Desk::new(Model::Concurrent, seats, Rules { cool_down_seconds: 60, ..Rules::default() })
}

#[test]
fn an_expired_lease_occupies_nothing_and_is_not_revived() {
    let mut desk = Desk::shared(1);
    let live = desk.asks(1, 1).unwrap();
    desk.at = live.lease_until - TimeDelta::microseconds(1);
    desk.decide(|_, _| ());
    assert_eq!(desk.pool.occupied(), 1, "until the last microsecond");
    desk.at = live.lease_until;
    assert_eq!(desk.renews(1, false), Err(Code::NotFound));
    assert_eq!(desk.pool.occupied(), 0);
    assert_eq!(desk.ended(), [(1, EndReason::LeaseExpired)]);
}

#[test]
fn a_heartbeat_begins_a_whole_lease() {
    let mut desk = Desk::shared(1);
    desk.asks(1, 1).unwrap();
    desk.later(119);
    assert_eq!(desk.renews(1, false).unwrap().lease_until, desk.at + TimeDelta::seconds(120));
    desk.later(119);
    assert_eq!(desk.ended(), []);
}

#[test]
fn a_clock_that_was_set_back_shortens_no_lease() {
    let mut desk = Desk::shared(1);
    let live = desk.asks(1, 1).unwrap();
    desk.at -= TimeDelta::hours(1);
    assert_eq!(desk.renews(1, false).map(|live| live.lease_until), Ok(live.lease_until));
}

#[test]
fn an_unused_key_expires_although_heartbeats_come() {
    let mut desk = Desk::shared(1);
    desk.decide(|pool, at| pool.admit(user(1), ask(1, "NB-1", Mode::Attended), at)).unwrap();
    for _ in 1..10 {
        desk.later(60);
        desk.renews(1, true).unwrap();
    }
    desk.later(60);
    assert_eq!(desk.ended(), [(1, EndReason::KeyExpired)]);
}

#[test]
fn a_connected_session_has_no_key_any_more() {
    let mut desk = Desk::shared(1);
    desk.decide(|pool, at| pool.admit(user(1), ask(1, "NB-1", Mode::Attended), at)).unwrap();
    let connected = desk.pool.connect(session(1), Platform::Mac, now()).unwrap();
    assert_eq!((connected.state, connected.support_key), (SessionState::Connected, None));
    let again = desk.pool.connect(session(1), Platform::Ios, now()).unwrap();
    assert_eq!(again.platform, Some(Platform::Mac), "the second customer changes nothing");
}

#[test]
fn an_announced_end_comes_with_who_and_why() {
    let mut desk = Desk::shared(1);
    desk.asks(1, 1).unwrap();
    announce(&mut desk, 1, 30);
    desk.later(29);
    assert_eq!(desk.pool.occupied(), 1);
    desk.pool.take_facts();
    desk.later(1);
    let end = End {
        reason: EndReason::EndedByAdmin,
        at: desk.at,
        by: Some("Mia".into()),
        message: Some("Please finish".into()),
    };
    let ended = Fact::Ended { session: session(1), user: user(1), end, by: Some(user(20)) };
    assert_eq!(desk.pool.take_facts(), [(ended, 0)]);
}

#[test]
fn an_announced_end_can_be_called_off() {
    let mut desk = Desk::shared(1);
    desk.asks(1, 1).unwrap();
    announce(&mut desk, 1, 30);
    desk.decide(|pool, _| pool.announce(session(1), None)).unwrap();
    desk.later(60);
    assert_eq!(desk.ended(), []);
}

#[test]
fn the_agent_may_finish_before_the_announced_end_and_needs_no_cool_down_then() {
    let mut desk = cool_down(1);
    desk.asks(1, 1).unwrap();
    announce(&mut desk, 1, 30);
    desk.finishes(1);
    assert!(desk.asks(1, 2).is_ok());
    desk.later(60);
    assert_eq!(desk.ended(), [(1, EndReason::Finished)]);
}

#[test]
fn a_cool_down_refuses_until_it_is_over_and_says_when() {
    let mut desk = cool_down(2);
    desk.asks(1, 1).unwrap();
    desk.ends(1, EndReason::EndedByAdmin);
    let refusal = desk.pool.admit(user(1), ask(2, "NB-1", Mode::Application), desk.at).unwrap_err();
    assert_eq!((refusal.code, refusal.facts.unwrap().at), (Code::CoolingDown, Some(desk.at + TimeDelta::seconds(60))));
    assert!(desk.asks(2, 3).is_ok(), "the seat is free for everybody else");
    desk.later(59);
    assert_eq!(desk.asks(1, 4), Err(Code::CoolingDown));
    desk.later(1);
    assert!(desk.asks(1, 5).is_ok());
}

#[test]
fn in_a_cool_down_not_even_a_take_over_begins_a_session() {
    let mut desk = cool_down(2);
    desk.change(|rules| rules.second_device = SecondDevice::TakeOver);
    desk.asks(1, 1).unwrap();
    desk.asks(1, 2).unwrap();
    desk.ends(1, EndReason::EndedByAdmin);
    assert_eq!(desk.asks_at(1, 3, "NB-2"), Err(Code::CoolingDown));
    assert_eq!(desk.pool.sessions_of(user(1)), [session(2)]);
}

#[test]
fn there_is_no_cool_down_for_a_named_seat() {
    let mut desk = Desk::new(Model::Named, 1, Rules { cool_down_seconds: 60, ..Rules::default() });
    desk.pool.grant(user(1)).unwrap();
    desk.asks(1, 1).unwrap();
    desk.ends(1, EndReason::EndedByAdmin);
    assert!(desk.asks(1, 2).is_ok());
}

#[test]
fn a_cool_down_ends_with_the_assignment_that_it_began_in() {
    let mut desk = cool_down(1);
    desk.asks(1, 1).unwrap();
    desk.decide(|pool, at| pool.revoke(user(1), None, at)).unwrap();
    desk.ends(1, EndReason::EndedByAdmin);
    desk.pool.grant(user(1)).unwrap();
    assert!(desk.asks(1, 2).is_ok());
}

#[test]
fn a_waiter_in_cool_down_is_passed_by_and_offered_a_seat_afterwards() {
    let mut desk = cool_down(1);
    desk.asks(1, 1).unwrap();
    desk.ends(1, EndReason::EndedByAdmin);
    desk.waits(1, 11);
    assert_eq!(desk.line(), [(11, false)]);
    desk.asks(2, 2).unwrap();
    desk.waits(3, 13);
    desk.finishes(2);
    assert_eq!(desk.line(), [(11, false), (13, true)], "passed by, but he keeps his place");
    desk.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(desk.line(), [(11, false), (13, true)]);
    desk.at += TimeDelta::seconds(60);
    assert!(!desk.pool.is_settled(desk.at), "the end of a cool-down is due although nothing ends");
    desk.later(0);
    assert_eq!(desk.line(), [(11, true)], "13 missed his offer");
}

#[test]
fn an_offer_to_whom_a_cool_down_begins_goes_back() {
    let mut desk = cool_down(2);
    desk.change(|rules| rules.seat_rule = SeatRule::Device);
    desk.asks_at(1, 1, "NB-2").unwrap();
    desk.asks(3, 3).unwrap();
    desk.waits(1, 11);
    desk.waits(2, 12);
    desk.finishes(3);
    assert_eq!(desk.line(), [(11, true), (12, false)]);
    desk.ends(1, EndReason::EndedByAdmin);
    assert_eq!(desk.line(), [(11, false), (12, true)]);
    assert!(desk.asks(4, 4).is_ok(), "the other seat is free for whoever comes");
}

//! An offer: a freed seat that is kept for the head of the line, and what he makes of it.

use super::*;

/// One seat that agent 10 has just left; agents 1, 2 and 3 wait with tickets 1, 2 and 3, and the first has the offer.
fn first_is_offered() -> Desk {
    let mut desk = Desk::shared(1);
    desk.asks(10, 10).unwrap();
    for number in 1..=3 {
        desk.waits(number, number);
    }
    desk.finishes(10);
    desk.pool.take_facts();
    desk
}

#[test]
fn an_offer_is_held_for_its_time_and_then_moves_on() {
    let mut desk = first_is_offered();
    desk.later(59);
    assert_eq!(desk.line(), [(1, true), (2, false), (3, false)]);
    desk.later(1);
    assert_eq!(desk.left(), [(1, TicketEnd::Missed)]);
    assert_eq!(desk.line(), [(2, true), (3, false)]);
    let until = desk.pool.ticket(ticket(2)).and_then(|ticket| ticket.offer_until);
    assert_eq!(until, Some(desk.at + TimeDelta::seconds(60)), "the second has the whole time");
}

#[test]
fn a_sign_of_life_does_not_hold_an_offer_longer() {
    let mut desk = first_is_offered();
    desk.later(30);
    desk.keeps(1).unwrap();
    desk.later(30);
    assert_eq!(desk.left(), [(1, TicketEnd::Missed)]);
}

#[test]
fn accepting_makes_the_session_with_the_tickets_device_and_mode() {
    let mut desk = first_is_offered();
    let live = desk.accepts(1, 11).unwrap();
    assert_eq!((live.user, live.device.as_str(), live.mode), (user(1), "NB-1", Mode::Application));
    assert_eq!((desk.pool.occupied(), desk.left()), (1, vec![(1, TicketEnd::Seated)]));
}

#[test]
fn only_an_offer_can_be_accepted_and_only_once() {
    let mut desk = first_is_offered();
    assert_eq!(desk.accepts(2, 12), Err(Code::NoOffer));
    assert!(desk.accepts(1, 11).is_ok());
    assert_eq!(desk.accepts(1, 13), Err(Code::NotFound));
}

#[test]
fn a_missed_offer_cannot_be_accepted_any_more() {
    let mut desk = first_is_offered();
    desk.at += TimeDelta::seconds(60);
    assert_eq!(desk.accepts(1, 11), Err(Code::NotFound));
    assert!(desk.accepts(2, 12).is_ok());
}

#[test]
fn whoever_declines_leaves_the_line_and_the_next_has_the_offer() {
    let mut desk = first_is_offered();
    desk.leaves(1, TicketEnd::Declined);
    assert_eq!(desk.line(), [(2, true), (3, false)]);
}

#[test]
fn whoever_passes_lets_the_next_one_go_first_and_comes_right_after() {
    let mut desk = first_is_offered();
    desk.passes(1).unwrap();
    assert_eq!(desk.line(), [(2, true), (1, false), (3, false)]);
    assert_eq!(desk.passes(1), Err(Code::NoOffer));
    desk.accepts(2, 12).unwrap();
    desk.finishes(12);
    assert_eq!(desk.line(), [(1, true), (3, false)]);
}

#[test]
fn whoever_passes_alone_keeps_the_offer_as_it_was() {
    let mut desk = first_is_offered();
    desk.leaves(2, TicketEnd::Withdrawn);
    desk.leaves(3, TicketEnd::Withdrawn);
    let before = desk.pool.ticket(ticket(1)).cloned();
    desk.later(10);
    assert_eq!(desk.passes(1).ok(), before);
}

#[test]
fn passing_skips_those_who_have_offers_themselves() {
    let mut desk = first_is_offered();
    desk.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(desk.line(), [(1, true), (2, true), (3, false)]);
    desk.passes(1).unwrap();
    assert_eq!(desk.line(), [(2, true), (3, true), (1, false)]);
}

#[test]
fn whoever_leaves_the_line_takes_his_offer_with_him() {
    let mut desk = first_is_offered();
    desk.decide(|pool, at| pool.revoke(user(1), None, at)).unwrap();
    assert_eq!(desk.line(), [(2, true), (3, false)]);
    desk.decide(|pool, at| pool.suspend(user(2), &Ending::by_itself(EndReason::UserDeactivated), at));
    assert_eq!(desk.line(), [(3, true)]);
}

#[test]
fn another_seat_rule_that_fills_the_license_takes_offers_back() {
    let mut desk = Desk::shared(2);
    desk.asks(10, 10).unwrap();
    desk.asks_at(10, 11, "NB-2").unwrap();
    desk.asks(11, 12).unwrap();
    desk.waits(1, 1);
    desk.finishes(12);
    assert_eq!(desk.line(), [(1, true)]);
    desk.change(|rules| rules.seat_rule = SeatRule::Device);
    assert_eq!(desk.line(), [(1, false)], "the two devices fill it");
}

#[test]
fn at_another_device_the_offer_is_good_if_the_seat_would_be_the_same() {
    for (rule, asked) in [(SeatRule::Agent, Ok(())), (SeatRule::Device, Err(Code::PoolFull))] {
        let mut desk = first_is_offered();
        desk.change(|rules| rules.seat_rule = rule);
        assert_eq!(desk.asks_at(1, 11, "NB-2").map(drop), asked, "{rule}");
    }
}

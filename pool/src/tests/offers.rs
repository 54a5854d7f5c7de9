//! Offers: a freed seat is reserved for the head of the queue, who may accept, decline, pass or miss it.

use super::*;

/// One seat that agent 10 has just freed. Agents 1, 2 and 3 wait with tickets 1, 2 and 3, and the first has the offer.
fn first_is_offered() -> Scenario {
    let mut scenario = Scenario::concurrent(1);
    scenario.asks(10, 10).unwrap();
    for number in 1..=3 {
        scenario.waits(number, number);
    }
    scenario.finishes(10);
    scenario.pool.take_changes();
    scenario
}

#[test]
fn an_offer_expires_and_moves_on_to_the_next_ticket() {
    let mut scenario = first_is_offered();
    scenario.advance(59);
    assert_eq!(scenario.queue(), [(1, true), (2, false), (3, false)]);
    scenario.advance(1);
    assert_eq!(scenario.ended_tickets(), [(1, TicketEnd::Missed)]);
    assert_eq!(scenario.queue(), [(2, true), (3, false)]);
    let until = scenario.pool.ticket(ticket(2)).and_then(|ticket| ticket.offer_until);
    assert_eq!(until, Some(scenario.at + TimeDelta::seconds(60)), "the second ticket gets the full time");
}

#[test]
fn a_heartbeat_does_not_extend_an_offer() {
    let mut scenario = first_is_offered();
    scenario.advance(30);
    scenario.renews_ticket(1).unwrap();
    scenario.advance(30);
    assert_eq!(scenario.ended_tickets(), [(1, TicketEnd::Missed)]);
}

#[test]
fn accepting_creates_a_session_with_the_tickets_device_and_mode() {
    let mut scenario = first_is_offered();
    let live = scenario.accepts(1, 11).unwrap();
    assert_eq!((live.user, live.device.as_str(), live.mode), (user(1), "NB-1", Mode::Application));
    assert_eq!((scenario.pool.occupied(), scenario.ended_tickets()), (1, vec![(1, TicketEnd::Seated)]));
}

#[test]
fn only_an_offer_can_be_accepted_and_only_once() {
    let mut scenario = first_is_offered();
    assert_eq!(scenario.accepts(2, 12), Err(Code::NoOffer));
    assert!(scenario.accepts(1, 11).is_ok());
    assert_eq!(scenario.accepts(1, 13), Err(Code::NotFound));
}

#[test]
fn a_missed_offer_cannot_be_accepted() {
    let mut scenario = first_is_offered();
    scenario.at += TimeDelta::seconds(60);
    assert_eq!(scenario.accepts(1, 11), Err(Code::NotFound));
    assert!(scenario.accepts(2, 12).is_ok());
}

#[test]
fn declining_leaves_the_queue_and_the_next_ticket_gets_the_offer() {
    let mut scenario = first_is_offered();
    scenario.leaves(1, TicketEnd::Declined);
    assert_eq!(scenario.queue(), [(2, true), (3, false)]);
}

#[test]
fn passing_lets_the_next_waiter_go_first_and_keeps_the_place_after() {
    let mut scenario = first_is_offered();
    scenario.passes(1).unwrap();
    assert_eq!(scenario.queue(), [(2, true), (1, false), (3, false)]);
    assert_eq!(scenario.passes(1), Err(Code::NoOffer));
    scenario.accepts(2, 12).unwrap();
    scenario.finishes(12);
    assert_eq!(scenario.queue(), [(1, true), (3, false)]);
}

#[test]
fn passing_without_another_waiter_keeps_the_offer() {
    let mut scenario = first_is_offered();
    scenario.leaves(2, TicketEnd::Withdrawn);
    scenario.leaves(3, TicketEnd::Withdrawn);
    let before = scenario.pool.ticket(ticket(1)).cloned();
    scenario.advance(10);
    assert_eq!(scenario.passes(1).ok(), before);
}

#[test]
fn passing_skips_tickets_that_have_offers() {
    let mut scenario = first_is_offered();
    scenario.decide(|pool, _| pool.resize(2)).unwrap();
    assert_eq!(scenario.queue(), [(1, true), (2, true), (3, false)]);
    scenario.passes(1).unwrap();
    assert_eq!(scenario.queue(), [(2, true), (3, true), (1, false)]);
}

#[test]
fn an_offer_moves_on_when_its_user_leaves_the_queue() {
    let mut scenario = first_is_offered();
    scenario.decide(|pool, at| pool.revoke(user(1), None, at)).unwrap();
    assert_eq!(scenario.queue(), [(2, true), (3, false)]);
    scenario.decide(|pool, at| pool.suspend(user(2), &EndCause::automatic(EndReason::UserDeactivated), at));
    assert_eq!(scenario.queue(), [(3, true)]);
}

#[test]
fn a_seat_rule_that_fills_the_license_withdraws_offers() {
    let mut scenario = Scenario::concurrent(2);
    scenario.asks(10, 10).unwrap();
    scenario.asks_at(10, 11, "NB-2").unwrap();
    scenario.asks(11, 12).unwrap();
    scenario.waits(1, 1);
    scenario.finishes(12);
    assert_eq!(scenario.queue(), [(1, true)]);
    scenario.change(|rules| rules.seat_rule = SeatRule::Device);
    assert_eq!(scenario.queue(), [(1, false)], "the two devices fill the license");
}

#[test]
fn an_offer_can_be_used_at_another_device_if_the_seat_is_the_same() {
    for (rule, asked) in [(SeatRule::Agent, Ok(())), (SeatRule::Device, Err(Code::PoolFull))] {
        let mut scenario = first_is_offered();
        scenario.change(|rules| rules.seat_rule = rule);
        assert_eq!(scenario.asks_at(1, 11, "NB-2").map(drop), asked, "{rule}");
    }
}

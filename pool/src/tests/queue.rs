//! The queue: first come, first served; one ticket per user; vanished clients never block it.

use super::*;

/// One seat, taken by agent 10; agents 1, 2 and 3 wait with tickets 1, 2 and 3.
fn three_wait() -> Scenario {
    let mut scenario = Scenario::concurrent(1);
    scenario.asks(10, 10).unwrap();
    for number in 1..=3 {
        scenario.waits(number, number);
    }
    scenario
}

#[test]
fn the_queue_is_first_come_first_served() {
    let mut scenario = three_wait();
    for number in 1..=3 {
        scenario.finishes(9 + number);
        assert_eq!(scenario.queue().first(), Some(&(number, true)));
        assert!(scenario.accepts(number, 10 + number).is_ok());
    }
    assert_eq!(scenario.queue(), []);
}

#[test]
fn a_ticket_knows_its_position() {
    let mut scenario = three_wait();
    assert_eq!([1, 2, 3].map(|number| scenario.pool.position(ticket(number))), [1, 2, 3]);
    scenario.leaves(1, TicketEnd::Withdrawn);
    assert_eq!([1, 2, 3].map(|number| scenario.pool.position(ticket(number))), [0, 1, 2]);
}

#[test]
fn an_agent_has_one_ticket_and_keeps_it_when_asking_again() {
    let mut scenario = three_wait();
    scenario.advance(60);
    let again = scenario.waits(1, 99);
    assert_eq!((again.id, again.place), (ticket(1), 1));
    assert_eq!(again.lease_until, scenario.at + TimeDelta::seconds(120), "asking again renews the lease");
    assert_eq!(scenario.pool.waiting(), 3);
}

#[test]
fn a_refusal_says_how_many_wait() {
    let mut scenario = three_wait();
    let refusal = scenario.pool.admit(user(4), request(4, "NB-1", Mode::Attended), now()).unwrap_err();
    assert_eq!(refusal.facts.map(|facts| facts.waiting), Some(3));
}

#[test]
fn no_newcomer_overtakes_the_queue() {
    let mut scenario = three_wait();
    scenario.finishes(10);
    assert_eq!(scenario.asks(4, 4), Err(Code::PoolFull), "the seat is offered to the head");
    assert_eq!(scenario.asks(2, 5), Err(Code::PoolFull), "nor is it free for the second in the queue");
    assert!(scenario.asks(1, 6).is_ok(), "the head may also request a seat instead of accepting");
    assert_eq!(scenario.queue(), [(2, false), (3, false)]);
}

#[test]
fn no_seat_is_free_while_a_waiter_could_have_it() {
    let mut scenario = three_wait();
    scenario.decide(|pool, _| pool.resize(3)).unwrap();
    assert_eq!(scenario.queue(), [(1, true), (2, true), (3, false)]);
    scenario.change(|rules| rules.overdraft = 5);
    assert_eq!(scenario.queue(), [(1, true), (2, true), (3, true)]);
    assert!(scenario.asks(4, 4).is_ok(), "the remaining seats are free for any user");
}

#[test]
fn the_ticket_of_a_vanished_client_lapses_and_never_blocks_the_queue() {
    let mut scenario = three_wait();
    for _ in 0..2 {
        scenario.advance(60);
        scenario.renews(10, false).unwrap();
        scenario.renews_ticket(2).unwrap();
    }
    assert_eq!(scenario.ended_tickets(), [(1, TicketEnd::Lapsed), (3, TicketEnd::Lapsed)]);
    assert_eq!(scenario.renews_ticket(1), Err(Code::NotFound), "a lapsed ticket is not revived");
    scenario.finishes(10);
    assert_eq!(scenario.queue(), [(2, true)]);
}

#[test]
fn a_client_that_vanishes_with_an_offer_leaks_no_seat() {
    let mut scenario = three_wait();
    scenario.change(|rules| rules.offer_seconds = 3_600);
    scenario.finishes(10);
    scenario.advance(60);
    scenario.renews_ticket(2).unwrap();
    scenario.advance(60);
    assert_eq!(scenario.queue(), [(2, true)]);
}

#[test]
fn a_revoked_or_suspended_user_leaves_the_queue() {
    let mut scenario = three_wait();
    scenario.decide(|pool, at| pool.revoke(user(1), None, at)).unwrap();
    scenario.decide(|pool, at| pool.suspend(user(2), &EndCause::automatic(EndReason::UserDeactivated), at));
    assert_eq!(scenario.ended_tickets(), [(1, TicketEnd::AssignmentRevoked), (2, TicketEnd::UserDeactivated)]);
    scenario.finishes(10);
    assert_eq!(scenario.queue(), [(3, true)]);
}

#[test]
fn the_queue_ends_with_the_license() {
    let mut scenario = Scenario::concurrent(1);
    scenario.pool.terms.ends_at = Some(scenario.at + TimeDelta::seconds(60));
    scenario.asks(10, 10).unwrap();
    scenario.waits(1, 1);
    scenario.waits(2, 2);
    scenario.advance(60);
    assert_eq!(scenario.ended_tickets(), [(1, TicketEnd::LicenseEnded), (2, TicketEnd::LicenseEnded)]);
    assert_eq!(scenario.queue(), []);
}

#[test]
fn an_admin_moves_a_ticket_and_the_others_keep_their_order() {
    let mut scenario = three_wait();
    scenario.decide(|pool, _| pool.move_ticket(ticket(3), 1)).unwrap();
    assert_eq!(scenario.queue(), [(3, false), (1, false), (2, false)]);
    scenario.decide(|pool, _| pool.move_ticket(ticket(3), 99)).unwrap();
    assert_eq!(scenario.queue(), [(1, false), (2, false), (3, false)], "positions beyond the end mean the end");
    assert_eq!(scenario.pool.move_ticket(ticket(4), 1), None);
    scenario.decide(|pool, _| pool.move_ticket(ticket(2), 1)).unwrap();
    scenario.finishes(10);
    assert_eq!(scenario.queue(), [(2, true), (1, false), (3, false)]);
}

//! The line: first come, first served; one ticket each; and who is gone never blocks it.

use super::*;

/// One seat, taken by agent 10; agents 1, 2 and 3 wait with tickets 1, 2 and 3.
fn three_wait() -> Desk {
    let mut desk = Desk::shared(1);
    desk.asks(10, 10).unwrap();
    for number in 1..=3 {
        desk.waits(number, number);
    }
    desk
}

#[test]
fn the_line_is_first_come_first_served() {
    let mut desk = three_wait();
    for number in 1..=3 {
        desk.finishes(9 + number);
        assert_eq!(desk.line().first(), Some(&(number, true)));
        assert!(desk.accepts(number, 10 + number).is_ok());
    }
    assert_eq!(desk.line(), []);
}

#[test]
fn a_ticket_knows_its_position() {
    let mut desk = three_wait();
    assert_eq!([1, 2, 3].map(|number| desk.pool.position(ticket(number))), [1, 2, 3]);
    desk.leaves(1, TicketEnd::Withdrawn);
    assert_eq!([1, 2, 3].map(|number| desk.pool.position(ticket(number))), [0, 1, 2]);
}

#[test]
fn an_agent_has_one_ticket_and_keeps_it_when_he_asks_again() {
    let mut desk = three_wait();
    desk.later(60);
    let again = desk.waits(1, 99);
    assert_eq!((again.id, again.place), (ticket(1), 1));
    assert_eq!(again.lease_until, desk.at + TimeDelta::seconds(120), "asking is a sign of life");
    assert_eq!(desk.pool.waiting(), 3);
}

#[test]
fn a_refusal_says_how_many_wait() {
    let mut desk = three_wait();
    let refusal = desk.pool.admit(user(4), ask(4, "NB-1", Mode::Attended), now()).unwrap_err();
    assert_eq!(refusal.facts.map(|facts| facts.waiting), Some(3));
}

#[test]
fn no_newcomer_overtakes_the_line() {
    let mut desk = three_wait();
    desk.finishes(10);
    assert_eq!(desk.asks(4, 4), Err(Code::PoolFull), "the seat is kept for the head");
    assert_eq!(desk.asks(2, 5), Err(Code::PoolFull), "nor is it for the second in the line");
    assert!(desk.asks(1, 6).is_ok(), "whose it is may just ask");
    assert_eq!(desk.line(), [(2, false), (3, false)]);
}

#[test]
fn no_seat_is_free_while_somebody_in_the_line_could_have_it() {
    let mut desk = three_wait();
    desk.decide(|pool, _| pool.resize(3)).unwrap();
    assert_eq!(desk.line(), [(1, true), (2, true), (3, false)]);
    desk.change(|rules| rules.overdraft = 5);
    assert_eq!(desk.line(), [(1, true), (2, true), (3, true)]);
    assert!(desk.asks(4, 4).is_ok(), "what is left after that is for whoever comes");
}

#[test]
fn a_vanished_client_lapses_and_never_blocks_the_line() {
    let mut desk = three_wait();
    for _ in 0..2 {
        desk.later(60);
        desk.renews(10, false).unwrap();
        desk.keeps(2).unwrap();
    }
    assert_eq!(desk.left(), [(1, TicketEnd::Lapsed), (3, TicketEnd::Lapsed)]);
    assert_eq!(desk.keeps(1), Err(Code::NotFound), "a ticket that lapsed is not revived");
    desk.finishes(10);
    assert_eq!(desk.line(), [(2, true)]);
}

#[test]
fn a_client_that_vanishes_with_an_offer_leaks_no_seat() {
    let mut desk = three_wait();
    desk.change(|rules| rules.offer_seconds = 3_600);
    desk.finishes(10);
    desk.later(60);
    desk.keeps(2).unwrap();
    desk.later(60);
    assert_eq!(desk.line(), [(2, true)]);
}

#[test]
fn a_revoked_or_suspended_user_leaves_the_line() {
    let mut desk = three_wait();
    desk.decide(|pool, at| pool.revoke(user(1), None, at)).unwrap();
    desk.decide(|pool, at| pool.suspend(user(2), &Ending::by_itself(EndReason::UserDeactivated), at));
    assert_eq!(desk.left(), [(1, TicketEnd::AssignmentRevoked), (2, TicketEnd::UserDeactivated)]);
    desk.finishes(10);
    assert_eq!(desk.line(), [(3, true)]);
}

#[test]
fn the_line_ends_with_the_license() {
    let mut desk = Desk::shared(1);
    desk.pool.terms.ends_at = Some(desk.at + TimeDelta::seconds(60));
    desk.asks(10, 10).unwrap();
    desk.waits(1, 1);
    desk.waits(2, 2);
    desk.later(60);
    assert_eq!(desk.left(), [(1, TicketEnd::LicenseEnded), (2, TicketEnd::LicenseEnded)]);
    assert_eq!(desk.line(), []);
}

#[test]
fn an_admin_moves_a_ticket_and_the_others_keep_their_order() {
    let mut desk = three_wait();
    desk.decide(|pool, _| pool.put(ticket(3), 1)).unwrap();
    assert_eq!(desk.line(), [(3, false), (1, false), (2, false)]);
    desk.decide(|pool, _| pool.put(ticket(3), 99)).unwrap();
    assert_eq!(desk.line(), [(1, false), (2, false), (3, false)], "beyond the end is the end");
    assert_eq!(desk.pool.put(ticket(4), 1), None);
    desk.decide(|pool, _| pool.put(ticket(2), 1)).unwrap();
    desk.finishes(10);
    assert_eq!(desk.line(), [(2, true), (1, false), (3, false)]);
}

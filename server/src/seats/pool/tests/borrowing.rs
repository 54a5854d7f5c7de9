//! Seats that are borrowed for work offline.

use super::*;

const HOUR: i64 = 3_600;

/// A shared license that lends its seats for a day at most.
fn lending(seats: i64) -> Desk {
    Desk::new(Model::Concurrent, seats, Rules { borrow_seconds: 24 * HOUR, ..Rules::default() })
}

impl Desk {
    fn borrows(&mut self, by: u128, session: u128, hours: i64) -> Result<Live, Code> {
        let ask = Ask { borrow: Some(TimeDelta::hours(hours)), ..ask(session, "NB-1", Mode::Application) };
        self.decide(|pool, at| pool.admit(user(by), ask, at)).map_err(|refusal| refusal.code)
    }

    fn takes_along(&mut self, number: u128, hours: i64) -> Result<Live, Code> {
        let taken = self.decide(|pool, at| pool.borrow(session(number), TimeDelta::hours(hours), at));
        taken.map_err(|refusal| refusal.code)
    }
}

#[test]
fn a_borrowed_seat_is_occupied_until_its_time_without_a_heartbeat() {
    let mut desk = lending(1);
    let live = desk.borrows(1, 1, 8).unwrap();
    assert_eq!(
        (live.borrowed_until, live.lease_until),
        (Some(now() + TimeDelta::hours(8)), now() + TimeDelta::hours(8))
    );
    desk.later(8 * HOUR - 1);
    assert_eq!(desk.asks(2, 2), Err(Code::PoolFull));
    desk.later(1);
    assert_eq!(desk.ended(), [(1, EndReason::LeaseExpired)]);
    assert!(desk.asks(2, 2).is_ok());
}

#[test]
fn a_live_session_is_borrowed_and_the_next_in_line_gets_its_seat_when_it_comes_back_early() {
    let mut desk = lending(1);
    desk.asks(1, 1).unwrap();
    desk.takes_along(1, 24).unwrap();
    desk.waits(2, 2);
    desk.later(60);
    assert_eq!(desk.line(), [(2, false)]);
    desk.finishes(1);
    assert_eq!((desk.line(), desk.pool.occupied()), (vec![(2, true)], 0));
}

#[test]
fn heartbeats_neither_shorten_nor_prolong_it() {
    let mut desk = lending(1);
    let until = desk.borrows(1, 1, 1).unwrap().lease_until;
    assert_eq!(desk.renews(1, true).unwrap().lease_until, until);
    desk.later(HOUR - 10);
    assert_eq!(desk.renews(1, true).unwrap().lease_until, until, "a whole lease from now would be longer");
    desk.later(10);
    assert_eq!(desk.renews(1, true), Err(Code::NotFound));
}

#[test]
fn borrowing_again_prolongs_it_and_never_shortens_it() {
    let mut desk = lending(1);
    desk.borrows(1, 1, 8).unwrap();
    assert_eq!(desk.takes_along(1, 1).unwrap().borrowed_until, Some(now() + TimeDelta::hours(8)));
    desk.later(HOUR);
    assert_eq!(desk.takes_along(1, 24).unwrap().borrowed_until, Some(now() + TimeDelta::hours(25)));
}

#[test]
fn nobody_but_its_agent_ends_it_before_its_time() {
    let rules = Rules { borrow_seconds: 24 * HOUR, idle_seconds: 60, idle_ends_connected: true, ..Rules::default() };
    let mut desk = Desk::new(Model::Concurrent, 1, rules);
    desk.borrows(1, 1, 8).unwrap();
    let by = Ending::by_itself;
    assert_eq!(desk.decide(|pool, at| pool.end(session(1), &by(EndReason::EndedByAdmin), at)), None);
    let announced = crate::seats::facts::Announced { at: now(), by: None, by_name: None, message: None };
    assert_eq!(desk.decide(|pool, _| pool.announce(session(1), Some(announced))), Err(Code::Borrowed));
    let revoked = by(EndReason::AssignmentRevoked);
    assert_eq!(desk.decide(|pool, at| pool.revoke(user(1), Some(&revoked), at)), Ok(true));
    desk.later(7 * HOUR);
    assert_eq!((desk.pool.occupied(), desk.ended()), (1, vec![]), "nor idleness");
    desk.finishes(1);
    assert_eq!(desk.pool.occupied(), 0);
}

#[test]
fn whoever_is_suspended_loses_what_he_borrowed() {
    let mut desk = lending(1);
    desk.borrows(1, 1, 8).unwrap();
    desk.decide(|pool, at| pool.suspend(user(1), &Ending::by_itself(EndReason::UserDeactivated), at));
    assert_eq!((desk.ended(), desk.pool.occupied()), (vec![(1, EndReason::UserDeactivated)], 0));
}

#[test]
fn an_end_that_was_announced_is_called_off_by_borrowing() {
    let mut desk = lending(1);
    desk.asks(1, 1).unwrap();
    let announced =
        crate::seats::facts::Announced { at: now() + TimeDelta::seconds(30), by: None, by_name: None, message: None };
    desk.decide(|pool, _| pool.announce(session(1), Some(announced))).unwrap();
    assert_eq!(desk.takes_along(1, 1).unwrap().ending, None);
    desk.later(60);
    assert_eq!(desk.ended(), []);
}

#[test]
fn the_license_says_whether_how_long_and_how_many() {
    let mut desk = Desk::shared(9);
    assert_eq!(desk.borrows(1, 1, 1).map(drop), Err(Code::NotLendable));
    desk.change(|rules| (rules.borrow_seconds, rules.borrow_seats) = (2 * HOUR, 1));
    let ask = Ask { borrow: Some(TimeDelta::hours(3)), ..ask(1, "NB-1", Mode::Application) };
    let refusal = desk.pool.admit(user(1), ask, now()).unwrap_err();
    assert_eq!((refusal.code, refusal.may_pass()), (Code::BorrowTooLong, false));
    assert_eq!(refusal.facts.unwrap().borrow_seconds, Some(2 * HOUR));
    desk.borrows(1, 1, 2).unwrap();
    assert_eq!(desk.borrows(2, 2, 1).map(drop), Err(Code::BorrowLimit));
    assert!(desk.borrows(1, 3, 1).is_ok(), "it is the same seat");
    desk.asks(2, 2).unwrap();
    assert_eq!(desk.takes_along(2, 1).map(drop), Err(Code::BorrowLimit));
    desk.change(|rules| rules.borrow_seconds = 0);
    assert!(desk.pool.session(session(1)).is_some(), "what is out stays out");
    assert_eq!(desk.takes_along(1, 1).map(drop), Err(Code::NotLendable));
}

#[test]
fn nothing_is_borrowed_beyond_the_end_of_the_license() {
    let mut desk = lending(1);
    desk.pool.terms.ends_at = Some(now() + TimeDelta::hours(3));
    assert_eq!(desk.borrows(1, 1, 8).unwrap().borrowed_until, Some(now() + TimeDelta::hours(3)));
    desk.later(3 * HOUR);
    assert_eq!(desk.pool.occupied(), 0);
}

#[test]
fn a_license_that_ends_earlier_than_was_said_does_not_free_what_is_out() {
    let mut desk = lending(1);
    desk.borrows(1, 1, 8).unwrap();
    desk.pool.terms.ends_at = Some(now() + TimeDelta::hours(1));
    desk.pool.due_by(now());
    desk.later(2 * HOUR);
    assert_eq!((desk.pool.occupied(), desk.ended()), (1, vec![]));
    desk.later(6 * HOUR);
    assert_eq!(desk.ended(), [(1, EndReason::LeaseExpired)]);
}

#[test]
fn what_is_borrowed_cannot_be_taken_over_at_another_device() {
    let mut desk = lending(1);
    desk.change(|rules| rules.second_device = SecondDevice::TakeOver);
    desk.borrows(1, 1, 8).unwrap();
    assert_eq!(desk.asks_at(1, 2, "NB-2").map(drop), Err(Code::OtherDevice));
    desk.finishes(1);
    assert!(desk.asks_at(1, 2, "NB-2").is_ok());
}

#[test]
fn a_customer_with_a_key_needs_the_server() {
    let mut desk = lending(2);
    let ask = ask(1, "NB-1", Mode::Attended);
    desk.decide(|pool, at| pool.admit(user(1), ask, at)).unwrap();
    assert_eq!(desk.takes_along(1, 1).map(drop), Err(Code::WrongState));
    desk.decide(|pool, at| pool.connect(session(1), Platform::Mac, at)).unwrap();
    assert_eq!(desk.takes_along(1, 1).map(drop), Err(Code::WrongState));
    assert_eq!(desk.takes_along(9, 1).map(drop), Err(Code::NotFound));
}

#[test]
fn a_named_seat_that_was_revoked_stays_occupied_until_it_is_back() {
    let rules = Rules { borrow_seconds: 24 * HOUR, ..Rules::default() };
    let mut desk = Desk::new(Model::Named, 1, rules);
    desk.pool.grant(user(1)).unwrap();
    desk.borrows(1, 1, 8).unwrap();
    let ending = Ending::by_itself(EndReason::AssignmentRevoked);
    desk.decide(|pool, at| pool.revoke(user(1), Some(&ending), at)).unwrap();
    assert_eq!(desk.decide(|pool, _| pool.grant(user(2))), Err(Code::NamedSeatsTaken));
    desk.later(8 * HOUR);
    assert_eq!(desk.decide(|pool, _| pool.grant(user(2))), Ok(true));
}

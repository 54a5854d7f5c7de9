//! Borrowing seats for offline work.

use super::*;

const HOUR: i64 = 3_600;

/// A concurrent license whose seats can be borrowed for up to a day.
fn borrowable(seats: i64) -> Scenario {
    Scenario::new(Model::Concurrent, seats, Rules { borrow_seconds: 24 * HOUR, ..Rules::default() })
}

impl Scenario {
    fn borrows(&mut self, by: u128, session: u128, hours: i64) -> Result<Session, Code> {
        let request =
            SeatRequest { borrow: Some(TimeDelta::hours(hours)), ..request(session, "NB-1", Mode::Application) };
        self.decide(|pool, at| pool.admit(user(by), request, at)).map_err(|refusal| refusal.code)
    }

    fn borrows_session(&mut self, number: u128, hours: i64) -> Result<Session, Code> {
        let taken = self.decide(|pool, at| pool.borrow(session(number), TimeDelta::hours(hours), at));
        taken.map_err(|refusal| refusal.code)
    }
}

#[test]
fn a_borrowed_seat_is_occupied_until_its_time_without_a_heartbeat() {
    let mut scenario = borrowable(1);
    let live = scenario.borrows(1, 1, 8).unwrap();
    assert_eq!(
        (live.borrowed_until, live.lease_until),
        (Some(now() + TimeDelta::hours(8)), now() + TimeDelta::hours(8))
    );
    scenario.advance(8 * HOUR - 1);
    assert_eq!(scenario.asks(2, 2), Err(Code::PoolFull));
    scenario.advance(1);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::LeaseExpired)]);
    assert!(scenario.asks(2, 2).is_ok());
}

#[test]
fn a_borrowed_seat_that_is_returned_early_is_offered_to_the_queue() {
    let mut scenario = borrowable(1);
    scenario.asks(1, 1).unwrap();
    scenario.borrows_session(1, 24).unwrap();
    scenario.waits(2, 2);
    scenario.advance(60);
    assert_eq!(scenario.queue(), [(2, false)]);
    scenario.finishes(1);
    assert_eq!((scenario.queue(), scenario.pool.occupied()), (vec![(2, true)], 0));
}

#[test]
fn heartbeats_do_not_change_the_borrowed_time() {
    let mut scenario = borrowable(1);
    let until = scenario.borrows(1, 1, 1).unwrap().lease_until;
    assert_eq!(scenario.renews(1, true).unwrap().lease_until, until);
    scenario.advance(HOUR - 10);
    assert_eq!(scenario.renews(1, true).unwrap().lease_until, until, "a full lease from now would be longer");
    scenario.advance(10);
    assert_eq!(scenario.renews(1, true), Err(Code::NotFound));
}

#[test]
fn borrowing_again_extends_and_never_shortens_the_borrowed_time() {
    let mut scenario = borrowable(1);
    scenario.borrows(1, 1, 8).unwrap();
    assert_eq!(scenario.borrows_session(1, 1).unwrap().borrowed_until, Some(now() + TimeDelta::hours(8)));
    scenario.advance(HOUR);
    assert_eq!(scenario.borrows_session(1, 24).unwrap().borrowed_until, Some(now() + TimeDelta::hours(25)));
}

#[test]
fn only_the_agent_ends_borrowing_early() {
    let rules = Rules { borrow_seconds: 24 * HOUR, idle_seconds: 60, idle_ends_connected: true, ..Rules::default() };
    let mut scenario = Scenario::new(Model::Concurrent, 1, rules);
    scenario.borrows(1, 1, 8).unwrap();
    let by = EndCause::automatic;
    assert_eq!(scenario.decide(|pool, at| pool.end(session(1), &by(EndReason::EndedByAdmin), at)), None);
    let scheduled = ScheduledEnd { at: now(), by: None, by_name: None, message: None };
    assert_eq!(scenario.decide(|pool, _| pool.schedule_end(session(1), Some(scheduled))), Err(Code::Borrowed));
    let revoked = by(EndReason::AssignmentRevoked);
    assert_eq!(scenario.decide(|pool, at| pool.revoke(user(1), Some(&revoked), at)), Ok(true));
    scenario.advance(7 * HOUR);
    assert_eq!((scenario.pool.occupied(), scenario.ended_sessions()), (1, vec![]), "idleness does not end it either");
    scenario.finishes(1);
    assert_eq!(scenario.pool.occupied(), 0);
}

#[test]
fn a_suspended_user_loses_borrowed_seats() {
    let mut scenario = borrowable(1);
    scenario.borrows(1, 1, 8).unwrap();
    scenario.decide(|pool, at| pool.suspend(user(1), &EndCause::automatic(EndReason::UserDeactivated), at));
    assert_eq!((scenario.ended_sessions(), scenario.pool.occupied()), (vec![(1, EndReason::UserDeactivated)], 0));
}

#[test]
fn borrowing_cancels_a_scheduled_end() {
    let mut scenario = borrowable(1);
    scenario.asks(1, 1).unwrap();
    let scheduled = ScheduledEnd { at: now() + TimeDelta::seconds(30), by: None, by_name: None, message: None };
    scenario.decide(|pool, _| pool.schedule_end(session(1), Some(scheduled))).unwrap();
    assert_eq!(scenario.borrows_session(1, 1).unwrap().ending, None);
    scenario.advance(60);
    assert_eq!(scenario.ended_sessions(), []);
}

#[test]
fn the_license_limits_whether_how_long_and_how_many_seats_are_borrowed() {
    let mut scenario = Scenario::concurrent(9);
    assert_eq!(scenario.borrows(1, 1, 1).map(drop), Err(Code::NotLendable));
    scenario.change(|rules| (rules.borrow_seconds, rules.borrow_seats) = (2 * HOUR, 1));
    let request = SeatRequest { borrow: Some(TimeDelta::hours(3)), ..request(1, "NB-1", Mode::Application) };
    let refusal = scenario.pool.admit(user(1), request, now()).unwrap_err();
    assert_eq!((refusal.code, refusal.can_wait()), (Code::BorrowTooLong, false));
    assert_eq!(refusal.facts.unwrap().borrow_seconds, Some(2 * HOUR));
    scenario.borrows(1, 1, 2).unwrap();
    assert_eq!(scenario.borrows(2, 2, 1).map(drop), Err(Code::BorrowLimit));
    assert!(scenario.borrows(1, 3, 1).is_ok(), "the sessions share a seat");
    scenario.asks(2, 2).unwrap();
    assert_eq!(scenario.borrows_session(2, 1).map(drop), Err(Code::BorrowLimit));
    scenario.change(|rules| rules.borrow_seconds = 0);
    assert!(scenario.pool.session(session(1)).is_some(), "a borrowed seat stays borrowed");
    assert_eq!(scenario.borrows_session(1, 1).map(drop), Err(Code::NotLendable));
}

#[test]
fn no_seat_is_borrowed_beyond_the_end_of_the_license() {
    let mut scenario = borrowable(1);
    scenario.pool.terms.ends_at = Some(now() + TimeDelta::hours(3));
    assert_eq!(scenario.borrows(1, 1, 8).unwrap().borrowed_until, Some(now() + TimeDelta::hours(3)));
    scenario.advance(3 * HOUR);
    assert_eq!(scenario.pool.occupied(), 0);
}

#[test]
fn an_earlier_license_end_does_not_free_borrowed_seats() {
    let mut scenario = borrowable(1);
    scenario.borrows(1, 1, 8).unwrap();
    scenario.pool.terms.ends_at = Some(now() + TimeDelta::hours(1));
    scenario.pool.settle_by(now());
    scenario.advance(2 * HOUR);
    assert_eq!((scenario.pool.occupied(), scenario.ended_sessions()), (1, vec![]));
    scenario.advance(6 * HOUR);
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::LeaseExpired)]);
}

#[test]
fn a_borrowed_session_cannot_be_taken_over_at_another_device() {
    let mut scenario = borrowable(1);
    scenario.change(|rules| rules.second_device = SecondDevice::TakeOver);
    scenario.borrows(1, 1, 8).unwrap();
    assert_eq!(scenario.asks_at(1, 2, "NB-2").map(drop), Err(Code::OtherDevice));
    scenario.finishes(1);
    assert!(scenario.asks_at(1, 2, "NB-2").is_ok());
}

#[test]
fn an_attended_session_cannot_be_borrowed() {
    let mut scenario = borrowable(2);
    let request = request(1, "NB-1", Mode::Attended);
    scenario.decide(|pool, at| pool.admit(user(1), request, at)).unwrap();
    assert_eq!(scenario.borrows_session(1, 1).map(drop), Err(Code::WrongState));
    scenario.decide(|pool, at| pool.connect(session(1), Platform::Mac, at)).unwrap();
    assert_eq!(scenario.borrows_session(1, 1).map(drop), Err(Code::WrongState));
    assert_eq!(scenario.borrows_session(9, 1).map(drop), Err(Code::NotFound));
}

#[test]
fn a_revoked_named_seat_stays_occupied_while_it_is_borrowed() {
    let rules = Rules { borrow_seconds: 24 * HOUR, ..Rules::default() };
    let mut scenario = Scenario::new(Model::Named, 1, rules);
    scenario.pool.grant(user(1)).unwrap();
    scenario.borrows(1, 1, 8).unwrap();
    let ending = EndCause::automatic(EndReason::AssignmentRevoked);
    scenario.decide(|pool, at| pool.revoke(user(1), Some(&ending), at)).unwrap();
    assert_eq!(scenario.decide(|pool, _| pool.grant(user(2))), Err(Code::NamedSeatsTaken));
    scenario.advance(8 * HOUR);
    assert_eq!(scenario.decide(|pool, _| pool.grant(user(2))), Ok(true));
}

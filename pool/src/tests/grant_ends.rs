//! Assignments that end by themselves.

use super::*;
use crate::changes::RevocationCause;

fn later(scenario: &Scenario, seconds: i64) -> Option<DateTime<Utc>> {
    Some(scenario.at + TimeDelta::seconds(seconds))
}

/// The users whose assignments were revoked since the last call, and why.
fn revoked(scenario: &mut Scenario) -> Vec<(UserId, RevocationCause)> {
    let changes = scenario.pool.take_changes().into_iter();
    let revoked = changes.filter_map(|(change, _)| match change {
        SeatChange::Revoked { user, cause } => Some((user, cause)),
        _ => None,
    });
    revoked.collect()
}

#[test]
fn an_assignment_is_over_at_its_end_and_not_a_microsecond_earlier() {
    let mut scenario = Scenario::new(Model::Named, 1, Rules::default());
    let end = later(&scenario, 60);
    assert_eq!(scenario.pool.grant_until(user(1), end), Ok(true));
    scenario.at = end.unwrap() - TimeDelta::microseconds(1);
    assert!(scenario.asks(1, 1).is_ok());
    assert!(scenario.pool.is_settled(scenario.at));
    scenario.at = end.unwrap();
    assert!(!scenario.pool.is_settled(scenario.at));
    assert_eq!(scenario.asks(1, 2), Err(Code::NotAssigned));
    assert_eq!(revoked(&mut scenario), [(user(1), RevocationCause::EndReached)]);
    assert_eq!(scenario.pool.sessions().count(), 1, "the session may finish");
    assert_eq!(scenario.pool.grant(user(2)), Err(Code::NamedSeatsTaken), "until then it occupies the seat");
    scenario.finishes(1);
    assert_eq!(scenario.pool.grant(user(2)), Ok(true));
}

#[test]
fn an_end_can_be_changed_and_removed_and_does_not_outlive_the_assignment() {
    let mut scenario = Scenario::concurrent(1);
    let (soon, late) = (later(&scenario, 60), later(&scenario, 120));
    assert_eq!(scenario.pool.set_grant_end(user(1), soon), Ok(true));
    assert_eq!(scenario.pool.set_grant_end(user(1), soon), Ok(false));
    assert_eq!(scenario.pool.grant_until(user(1), late), Ok(false), "it is assigned already");
    assert_eq!(scenario.pool.user(user(1)).unwrap().grant_end(), soon);
    assert_eq!(scenario.pool.set_grant_end(user(1), None), Ok(true));
    scenario.advance(60);
    assert!(scenario.asks(1, 1).is_ok());
    scenario.pool.set_grant_end(user(1), late).unwrap();
    scenario.decide(|pool, at| pool.revoke(user(1), None, at)).unwrap();
    assert_eq!(scenario.pool.set_grant_end(user(1), None), Err(Code::NotAssigned));
    assert_eq!(revoked(&mut scenario), [(user(1), RevocationCause::Request)]);
    scenario.pool.grant(user(1)).unwrap();
    scenario.advance(120);
    assert_eq!(revoked(&mut scenario), []);
}

#[test]
fn a_waiter_whose_assignment_ends_passes_the_offer_on() {
    let mut scenario = Scenario::concurrent(1);
    scenario.asks(1, 1).unwrap();
    let end = later(&scenario, 30);
    scenario.pool.set_grant_end(user(2), end).unwrap();
    scenario.waits(2, 2);
    scenario.waits(3, 3);
    scenario.finishes(1);
    assert_eq!(scenario.queue(), [(2, true), (3, false)]);
    scenario.pool.take_changes();
    scenario.advance(30);
    assert_eq!(scenario.queue(), [(3, true)]);
    assert_eq!(scenario.ended_tickets(), [(2, TicketEnd::AssignmentRevoked)]);
}

#[test]
fn no_seat_is_borrowed_beyond_the_end() {
    let mut scenario = Scenario::concurrent(1);
    scenario.change(|rules| rules.borrow_seconds = 3_600);
    let end = later(&scenario, 600);
    scenario.pool.set_grant_end(user(1), end).unwrap();
    scenario.asks(1, 1).unwrap();
    let borrowed = scenario.decide(|pool, at| pool.borrow(session(1), TimeDelta::seconds(3_600), at)).unwrap();
    assert_eq!(borrowed.borrowed_until, end);
}

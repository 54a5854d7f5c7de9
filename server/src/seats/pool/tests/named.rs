//! Named seats, and who may have a seat at all.

use super::*;
use seatkeeper_shared::license::GroupLimit;

fn named(seats: i64) -> Desk {
    Desk::new(Model::Named, seats, Rules::default())
}

fn revoke(desk: &mut Desk, from: u128, ending: Option<EndReason>) -> Result<bool, Code> {
    desk.decide(|pool, at| pool.revoke(user(from), ending.map(Ending::by_itself).as_ref(), at))
}

#[test]
fn a_named_license_never_has_more_assignments_than_seats() {
    let mut desk = named(2);
    assert_eq!(desk.pool.grant(user(1)), Ok(true));
    assert_eq!(desk.pool.grant(user(1)), Ok(false), "twice is once");
    assert_eq!(desk.pool.grant(user(2)), Ok(true));
    assert_eq!(desk.pool.grant(user(3)), Err(Code::NamedSeatsTaken));
    assert_eq!(revoke(&mut desk, 1, None), Ok(true));
    assert_eq!(desk.pool.grant(user(3)), Ok(true));
}

#[test]
fn whoever_was_revoked_and_may_finish_keeps_his_named_seat_until_he_has() {
    let mut desk = named(1);
    desk.pool.grant(user(1)).unwrap();
    desk.asks(1, 1).unwrap();
    revoke(&mut desk, 1, None).unwrap();
    assert_eq!(desk.pool.grant(user(2)), Err(Code::NamedSeatsTaken));
    desk.finishes(1);
    assert_eq!(desk.pool.grant(user(2)), Ok(true));
}

#[test]
fn whoever_has_a_named_seat_always_gets_in_and_nobody_else() {
    let mut desk = Desk::new(Model::Named, 1, by(SeatRule::Session));
    desk.pool.grant(user(1)).unwrap();
    assert!(desk.asks(1, 1).is_ok());
    assert!(desk.asks_at(1, 2, "NB-2").is_ok());
    assert_eq!(desk.pool.occupied(), 1, "one person, one seat, whatever the rule says");
    assert_eq!(desk.asks(2, 3), Err(Code::NotAssigned));
}

#[test]
fn a_suspended_user_frees_his_named_seat() {
    let mut desk = named(1);
    desk.pool.grant(user(1)).unwrap();
    desk.asks(1, 1).unwrap();
    desk.decide(|pool, at| pool.suspend(user(1), &Ending::by_itself(EndReason::UserDeactivated), at));
    assert_eq!(desk.ended(), [(1, EndReason::UserDeactivated)]);
    assert_eq!(desk.pool.grant(user(2)), Ok(true));
    assert_eq!(desk.pool.grant(user(1)), Err(Code::UserSuspended));
}

#[test]
fn a_revoked_agent_may_finish_unless_the_admin_says_now() {
    let mut desk = Desk::shared(3);
    desk.asks(1, 1).unwrap();
    desk.asks(2, 2).unwrap();
    revoke(&mut desk, 1, None).unwrap();
    assert_eq!(desk.pool.occupied(), 2, "he may finish");
    assert_eq!(desk.asks(1, 3), Err(Code::NotAssigned), "but not begin");
    revoke(&mut desk, 2, Some(EndReason::AssignmentRevoked)).unwrap();
    assert_eq!(desk.ended(), [(2, EndReason::AssignmentRevoked)]);
}

#[test]
fn a_suspended_user_loses_his_sessions_and_gets_none() {
    let mut desk = Desk::shared(3);
    desk.asks(1, 1).unwrap();
    desk.decide(|pool, at| pool.suspend(user(1), &Ending::by_itself(EndReason::UserDeactivated), at));
    assert_eq!(desk.pool.occupied(), 0);
    assert_eq!(desk.asks(1, 2), Err(Code::UserSuspended));
}

#[test]
fn a_named_license_with_fewer_seats_than_assignments_assigns_nothing_until_drained() {
    let mut desk = named(2);
    desk.pool.grant(user(1)).unwrap();
    desk.pool.grant(user(2)).unwrap();
    desk.pool.resize(1).unwrap();
    assert!(desk.asks(2, 1).is_ok(), "the assignments stay");
    revoke(&mut desk, 1, None).unwrap();
    assert_eq!(desk.pool.grant(user(3)), Err(Code::NamedSeatsTaken));
}

#[test]
fn a_named_license_shrunk_below_its_assignments_lets_in_as_many_as_it_has_seats() {
    let overdraft = Rules { overdraft: 2, ..Rules::default() };
    for (rules, limits) in [
        (Rules::default(), Vec::new()),
        (overdraft, Vec::new()),
        (Rules::default(), vec![GroupLimit { group_id: group(1), floor: 1, cap: Some(1) }]),
    ] {
        let mut desk = Desk::new(Model::Named, 3, rules);
        for number in 1..=3 {
            desk.pool.grant(user(number)).unwrap();
        }
        desk.pool.limit_groups(&limits).unwrap();
        desk.pool.resize(1).unwrap();
        assert!(desk.asks(3, 1).is_ok(), "whoever comes first, whatever was assigned first");
        assert!(desk.asks_at(3, 2, "NB-2").is_ok(), "further sessions of the same person take no further seat");
        assert_eq!(desk.asks(1, 3), Err(Code::OverCapacity));
        assert_eq!(desk.asks(2, 4), Err(Code::OverCapacity));
        assert_eq!(desk.pool.occupied(), 1);
        desk.finishes(1);
        assert_eq!(desk.asks(1, 5), Err(Code::OverCapacity), "one of two sessions is still there");
        desk.finishes(2);
        assert!(desk.asks(1, 6).is_ok());
        desk.pool.resize(3).unwrap();
        assert!(desk.asks(2, 7).is_ok() && desk.asks(3, 8).is_ok(), "nothing was taken from anybody");
    }
}

#[test]
fn a_named_license_shrunk_below_its_sessions_ends_none_and_begins_none() {
    let mut desk = named(3);
    for number in 1..=3 {
        desk.pool.grant(user(number)).unwrap();
    }
    desk.asks(1, 1).unwrap();
    desk.asks(2, 2).unwrap();
    desk.pool.resize(1).unwrap();
    assert!(desk.ended().is_empty());
    assert_eq!(desk.asks(3, 3), Err(Code::OverCapacity));
    assert!(desk.asks(1, 4).is_ok(), "whoever is in keeps working");
    desk.finishes(2);
    assert_eq!(desk.asks(2, 5), Err(Code::OverCapacity));
}

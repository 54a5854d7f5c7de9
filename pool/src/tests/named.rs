//! Named licenses, and who may have a seat at all.

use super::*;
use seatkeeper_shared::license::GroupLimit;

fn named(seats: i64) -> Scenario {
    Scenario::new(Model::Named, seats, Rules::default())
}

fn revoke(scenario: &mut Scenario, from: u128, ending: Option<EndReason>) -> Result<bool, Code> {
    scenario.decide(|pool, at| pool.revoke(user(from), ending.map(EndCause::automatic).as_ref(), at))
}

#[test]
fn a_named_license_never_has_more_assignments_than_seats() {
    let mut scenario = named(2);
    assert_eq!(scenario.pool.grant(user(1)), Ok(true));
    assert_eq!(scenario.pool.grant(user(1)), Ok(false), "assigned already");
    assert_eq!(scenario.pool.grant(user(2)), Ok(true));
    assert_eq!(scenario.pool.grant(user(3)), Err(Code::NamedSeatsTaken));
    assert_eq!(revoke(&mut scenario, 1, None), Ok(true));
    assert_eq!(scenario.pool.grant(user(3)), Ok(true));
}

#[test]
fn a_revoked_user_keeps_the_named_seat_until_the_session_ends() {
    let mut scenario = named(1);
    scenario.pool.grant(user(1)).unwrap();
    scenario.asks(1, 1).unwrap();
    revoke(&mut scenario, 1, None).unwrap();
    assert_eq!(scenario.pool.grant(user(2)), Err(Code::NamedSeatsTaken));
    scenario.finishes(1);
    assert_eq!(scenario.pool.grant(user(2)), Ok(true));
}

#[test]
fn only_users_with_a_named_seat_are_admitted() {
    let mut scenario = Scenario::new(Model::Named, 1, rules_with(SeatRule::Session));
    scenario.pool.grant(user(1)).unwrap();
    assert!(scenario.asks(1, 1).is_ok());
    assert!(scenario.asks_at(1, 2, "NB-2").is_ok());
    assert_eq!(scenario.pool.occupied(), 1, "one user, one seat, whatever the seat rule");
    assert_eq!(scenario.asks(2, 3), Err(Code::NotAssigned));
}

#[test]
fn suspending_a_user_frees_the_named_seat() {
    let mut scenario = named(1);
    scenario.pool.grant(user(1)).unwrap();
    scenario.asks(1, 1).unwrap();
    scenario.decide(|pool, at| pool.suspend(user(1), &EndCause::automatic(EndReason::UserDeactivated), at));
    assert_eq!(scenario.ended_sessions(), [(1, EndReason::UserDeactivated)]);
    assert_eq!(scenario.pool.grant(user(2)), Ok(true));
    assert_eq!(scenario.pool.grant(user(1)), Err(Code::UserSuspended));
}

#[test]
fn a_revoked_agent_may_finish_unless_the_admin_ends_the_sessions() {
    let mut scenario = Scenario::concurrent(3);
    scenario.asks(1, 1).unwrap();
    scenario.asks(2, 2).unwrap();
    revoke(&mut scenario, 1, None).unwrap();
    assert_eq!(scenario.pool.occupied(), 2, "the agent may finish");
    assert_eq!(scenario.asks(1, 3), Err(Code::NotAssigned), "but not begin another session");
    revoke(&mut scenario, 2, Some(EndReason::AssignmentRevoked)).unwrap();
    assert_eq!(scenario.ended_sessions(), [(2, EndReason::AssignmentRevoked)]);
}

#[test]
fn a_suspended_user_loses_all_sessions_and_gets_none() {
    let mut scenario = Scenario::concurrent(3);
    scenario.asks(1, 1).unwrap();
    scenario.decide(|pool, at| pool.suspend(user(1), &EndCause::automatic(EndReason::UserDeactivated), at));
    assert_eq!(scenario.pool.occupied(), 0);
    assert_eq!(scenario.asks(1, 2), Err(Code::UserSuspended));
}

#[test]
fn a_named_license_with_fewer_seats_than_assignments_assigns_nothing_until_drained() {
    let mut scenario = named(2);
    scenario.pool.grant(user(1)).unwrap();
    scenario.pool.grant(user(2)).unwrap();
    scenario.pool.resize(1).unwrap();
    assert!(scenario.asks(2, 1).is_ok(), "the assignments remain");
    revoke(&mut scenario, 1, None).unwrap();
    assert_eq!(scenario.pool.grant(user(3)), Err(Code::NamedSeatsTaken));
}

#[test]
fn a_named_license_shrunk_below_its_assignments_lets_in_as_many_as_it_has_seats() {
    let overdraft = Rules { overdraft: 2, ..Rules::default() };
    for (rules, limits) in [
        (Rules::default(), Vec::new()),
        (overdraft, Vec::new()),
        (Rules::default(), vec![GroupLimit { group_id: group(1), floor: 1, cap: Some(1) }]),
    ] {
        let mut scenario = Scenario::new(Model::Named, 3, rules);
        for number in 1..=3 {
            scenario.pool.grant(user(number)).unwrap();
        }
        scenario.pool.limit_groups(&limits).unwrap();
        scenario.pool.resize(1).unwrap();
        assert!(scenario.asks(3, 1).is_ok(), "the first to ask gets the seat, not the first assigned");
        assert!(scenario.asks_at(3, 2, "NB-2").is_ok(), "further sessions of the same user take no further seat");
        assert_eq!(scenario.asks(1, 3), Err(Code::OverCapacity));
        assert_eq!(scenario.asks(2, 4), Err(Code::OverCapacity));
        assert_eq!(scenario.pool.occupied(), 1);
        scenario.finishes(1);
        assert_eq!(scenario.asks(1, 5), Err(Code::OverCapacity), "one of two sessions is still live");
        scenario.finishes(2);
        assert!(scenario.asks(1, 6).is_ok());
        scenario.pool.resize(3).unwrap();
        assert!(scenario.asks(2, 7).is_ok() && scenario.asks(3, 8).is_ok(), "no assignment was revoked");
    }
}

#[test]
fn a_named_license_shrunk_below_its_sessions_ends_none_and_begins_none() {
    let mut scenario = named(3);
    for number in 1..=3 {
        scenario.pool.grant(user(number)).unwrap();
    }
    scenario.asks(1, 1).unwrap();
    scenario.asks(2, 2).unwrap();
    scenario.pool.resize(1).unwrap();
    assert!(scenario.ended_sessions().is_empty());
    assert_eq!(scenario.asks(3, 3), Err(Code::OverCapacity));
    assert!(scenario.asks(1, 4).is_ok(), "users with a seat keep it");
    scenario.finishes(2);
    assert_eq!(scenario.asks(2, 5), Err(Code::OverCapacity));
}

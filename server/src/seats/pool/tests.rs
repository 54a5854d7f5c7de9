//! The rules of design, each by name, on the pure decisions.

use super::*;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    license::{Model, Rules, SeatRule},
    people::UserStatus,
    session::{Mode, Platform},
};
use uuid::Uuid;

pub(super) fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

pub(super) fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

pub(super) fn pool(model: Model, seats: i64, seat_rule: SeatRule) -> Pool {
    let terms = Terms {
        license: LicenseId(Uuid::from_u128(1)),
        product: ProductId(Uuid::from_u128(2)),
        product_name: "Remote Support v5".to_owned(),
        key_life: TimeDelta::minutes(10),
        model,
        seats,
        starts_at: None,
        ends_at: None,
        rules: Rules { seat_rule, ..Rules::default() },
        groups: Vec::new(),
    };
    let mut pool = Pool::new(terms, [], []);
    pool.know_assigned(0);
    for number in 1..=20 {
        let person = Person {
            id: user(number),
            name: format!("Agent {number}"),
            email: format!("agent{number}@example.org"),
            status: UserStatus::Active,
            assigned: model == Model::Concurrent,
            cool_until: None,
            groups: Vec::new(),
        };
        pool.know(person);
    }
    pool
}

pub(super) fn ask(session: u128, device: &str, mode: Mode) -> Ask {
    Ask {
        session: SessionId(Uuid::from_u128(session)),
        device: device.to_owned(),
        mode,
        platform: None,
        support_key: format!("{session:09}"),
        idempotency_key: None,
        ticket: None,
    }
}

fn taken(pool: &mut Pool, by: u128, session: u128) -> Result<Live, Code> {
    pool.admit(user(by), ask(session, "NB-1", Mode::Attended), now()).map_err(|refusal| refusal.code)
}

#[test]
fn the_eleventh_of_ten_is_refused_with_the_facts() {
    let mut pool = pool(Model::Concurrent, 10, SeatRule::Agent);
    for number in 1..=10 {
        taken(&mut pool, number, number).unwrap();
    }
    let refusal = pool.admit(user(11), ask(11, "NB-1", Mode::Attended), now()).unwrap_err();
    assert_eq!(refusal.code, Code::PoolFull);
    assert_eq!(
        refusal.facts,
        Some(RefusalFacts {
            license_id: pool.terms.license,
            seats: 10,
            occupied: 10,
            waiting: 0,
            expected_at: None,
            at: None,
        })
    );
}

#[test]
fn a_seat_is_occupied_from_creation_and_free_when_the_holders_last_session_ends() {
    let mut pool = pool(Model::Concurrent, 1, SeatRule::Agent);
    let first = taken(&mut pool, 1, 1).unwrap();
    assert_eq!((first.state, pool.occupied()), (SessionState::Waiting, 1), "a key that nobody used yet occupies");
    let second = taken(&mut pool, 1, 2).unwrap();
    assert_eq!(pool.occupied(), 1, "an agent's further sessions share his seat");
    let finish = Ending::by_itself(EndReason::Finished);
    pool.end(first.id, &finish, now());
    assert_eq!(taken(&mut pool, 2, 3).unwrap_err(), Code::PoolFull);
    pool.end(second.id, &finish, now());
    assert!(taken(&mut pool, 2, 4).is_ok());
}

#[test]
fn the_seat_rule_says_what_shares_a_seat() {
    for (rule, same_device, other_device) in
        [(SeatRule::Agent, 1, 1), (SeatRule::Device, 1, 2), (SeatRule::Session, 2, 3)]
    {
        let mut pool = pool(Model::Concurrent, 10, rule);
        taken(&mut pool, 1, 1).unwrap();
        taken(&mut pool, 1, 2).unwrap();
        assert_eq!(pool.occupied(), same_device, "{rule}, a second session on the same device");
        pool.admit(user(1), ask(3, "NB-2", Mode::Attended), now()).unwrap();
        assert_eq!(pool.occupied(), other_device, "{rule}, a session on another device");
    }
}

#[test]
fn an_expired_lease_occupies_nothing_and_is_not_revived() {
    let mut pool = pool(Model::Concurrent, 1, SeatRule::Agent);
    let live = pool.admit(user(1), ask(1, "NB-1", Mode::Application), now()).unwrap();
    let later = live.lease_until;
    pool.settle(later - TimeDelta::microseconds(1));
    assert_eq!(pool.occupied(), 1, "until the last microsecond");
    pool.settle(later);
    assert_eq!(pool.occupied(), 0);
    assert_eq!(pool.renew(live.id, false, later), Err(Code::NotFound));
}

#[test]
fn an_unused_key_expires_although_heartbeats_come() {
    let mut pool = pool(Model::Concurrent, 1, SeatRule::Agent);
    let live = taken(&mut pool, 1, 1).unwrap();
    let mut at = now();
    while at < now() + TimeDelta::minutes(9) {
        at += TimeDelta::minutes(1);
        pool.settle(at);
        pool.renew(live.id, false, at).unwrap();
    }
    pool.settle(now() + TimeDelta::minutes(10));
    let reasons: Vec<_> = pool.take_facts().into_iter().filter_map(|(f, _)| reason(&f)).collect();
    assert_eq!(reasons, [EndReason::KeyExpired]);
}

fn reason(fact: &Fact) -> Option<EndReason> {
    if let Fact::Ended { end, .. } = fact { Some(end.reason) } else { None }
}

#[test]
fn a_connected_session_has_no_key_any_more() {
    let mut pool = pool(Model::Concurrent, 1, SeatRule::Agent);
    let live = taken(&mut pool, 1, 1).unwrap();
    let connected = pool.connect(live.id, Platform::Mac, now()).unwrap();
    assert_eq!((connected.state, connected.support_key), (SessionState::Connected, None));
    let again = pool.connect(live.id, Platform::Ios, now()).unwrap();
    assert_eq!(again.platform, Some(Platform::Mac), "the second customer changes nothing");
}

#[test]
fn a_named_license_never_has_more_assignments_than_seats() {
    let mut pool = pool(Model::Named, 2, SeatRule::Agent);
    assert_eq!(pool.grant(user(1)), Ok(true));
    assert_eq!(pool.grant(user(1)), Ok(false), "twice is once");
    assert_eq!(pool.grant(user(2)), Ok(true));
    assert_eq!(pool.grant(user(3)), Err(Code::NamedSeatsTaken));
    assert_eq!(pool.revoke(user(1), None, now()), Ok(true));
    assert_eq!(pool.grant(user(3)), Ok(true));
}

#[test]
fn whoever_was_revoked_and_may_finish_keeps_his_named_seat_until_he_has() {
    let mut pool = pool(Model::Named, 1, SeatRule::Agent);
    pool.grant(user(1)).unwrap();
    let live = taken(&mut pool, 1, 1).unwrap();
    pool.revoke(user(1), None, now()).unwrap();
    assert_eq!(pool.grant(user(2)), Err(Code::NamedSeatsTaken));
    pool.end(live.id, &Ending::by_itself(EndReason::Finished), now());
    assert_eq!(pool.grant(user(2)), Ok(true));
}

#[test]
fn whoever_has_a_named_seat_always_gets_in_and_nobody_else() {
    let mut pool = pool(Model::Named, 1, SeatRule::Session);
    pool.grant(user(1)).unwrap();
    assert!(taken(&mut pool, 1, 1).is_ok());
    assert!(taken(&mut pool, 1, 2).is_ok());
    assert_eq!(pool.occupied(), 1, "one person, one seat, whatever the rule says");
    assert_eq!(taken(&mut pool, 2, 3).unwrap_err(), Code::NotAssigned);
}

#[test]
fn fewer_seats_than_in_use_end_nobody_and_grant_nothing_until_drained() {
    let mut pool = pool(Model::Concurrent, 3, SeatRule::Agent);
    for number in 1..=3 {
        taken(&mut pool, number, number).unwrap();
    }
    pool.resize(1).unwrap();
    assert_eq!(pool.occupied(), 3);
    assert_eq!(taken(&mut pool, 4, 4).unwrap_err(), Code::OverCapacity);
    let finish = Ending::by_itself(EndReason::Finished);
    for session in 1..=2 {
        pool.end(SessionId(Uuid::from_u128(session)), &finish, now());
    }
    assert_eq!(taken(&mut pool, 4, 5).unwrap_err(), Code::PoolFull);
    pool.end(SessionId(Uuid::from_u128(3)), &finish, now());
    assert!(taken(&mut pool, 4, 6).is_ok());
}

#[test]
fn a_revoked_agent_may_finish_unless_the_admin_says_now() {
    let mut pool = pool(Model::Concurrent, 3, SeatRule::Agent);
    taken(&mut pool, 1, 1).unwrap();
    taken(&mut pool, 2, 2).unwrap();
    pool.revoke(user(1), None, now()).unwrap();
    assert_eq!(pool.occupied(), 2, "he may finish");
    assert_eq!(taken(&mut pool, 1, 3).unwrap_err(), Code::NotAssigned, "but not begin");
    pool.revoke(user(2), Some(&Ending::by_itself(EndReason::AssignmentRevoked)), now()).unwrap();
    assert_eq!(pool.sessions_of(user(2)), []);
}

#[test]
fn a_suspended_user_loses_his_sessions_and_gets_none() {
    let mut pool = pool(Model::Concurrent, 3, SeatRule::Agent);
    taken(&mut pool, 1, 1).unwrap();
    pool.suspend(user(1), &Ending::by_itself(EndReason::UserDeactivated), now());
    assert_eq!(pool.occupied(), 0);
    assert_eq!(taken(&mut pool, 1, 2).unwrap_err(), Code::UserSuspended);
}

#[test]
fn a_license_counts_from_its_start_until_its_end() {
    let mut pool = pool(Model::Concurrent, 3, SeatRule::Agent);
    pool.terms.starts_at = Some(now() + TimeDelta::days(1));
    pool.terms.ends_at = Some(now() + TimeDelta::days(2));
    assert_eq!(taken(&mut pool, 1, 1).unwrap_err(), Code::LicenseNotStarted);
    let during = now() + TimeDelta::days(2) - TimeDelta::seconds(1);
    pool.admit(user(1), ask(1, "NB-1", Mode::Application), during).unwrap();
    let end = now() + TimeDelta::days(2);
    pool.settle(end);
    assert_eq!(pool.occupied(), 0, "what runs on ends with the license");
    let refusal = pool.admit(user(1), ask(2, "NB-1", Mode::Application), end).unwrap_err();
    assert_eq!(refusal.code, Code::LicenseEnded);
}

#[test]
fn a_clock_that_was_set_back_shortens_no_lease() {
    let mut pool = pool(Model::Concurrent, 1, SeatRule::Agent);
    let live = taken(&mut pool, 1, 1).unwrap();
    assert_eq!(pool.renew(live.id, false, now() - TimeDelta::hours(1)).map(|l| l.lease_until), Ok(live.lease_until));
}

//! What is kept of callers, for how long, and what a revocation does to it.

use super::*;
use crate::{auth::secret, seats::Door};
use chrono::TimeDelta;
use seatkeeper_shared::{permissions::Rights, scope::Scope};
use uuid::Uuid;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn token(secret: &str) -> Credential {
    Credential::Token(secret::digest(secret))
}

fn known(user: u128) -> Known {
    let caller = Caller {
        id: UserId(Uuid::from_u128(user)),
        name: format!("Agent {user}"),
        email: String::new(),
        locale: None,
        rights: Rights::agent(),
        door: Door::Api,
        address: None,
        sign_in: None,
        verified_at: None,
        scope: Scope::All,
        needs_second_factor: false,
    };
    Known { caller, expires_at: NOW + TimeDelta::hours(1), last_used_at: None }
}

/// What the extractor does when nothing happens in between.
fn keep(callers: &Callers, credential: Credential, user: u128, at: Instant) {
    let ticket = callers.get(&credential, NOW, at).expect_err("not known yet");
    callers.keep(ticket, credential, known(user));
}

fn knows(callers: &Callers, credential: Credential, now: DateTime<Utc>, at: Instant) -> bool {
    callers.get(&credential, now, at).is_ok()
}

#[test]
fn a_caller_is_believed_for_five_seconds_from_before_the_database_was_asked() {
    let (callers, start) = (Callers::default(), Instant::now());
    keep(&callers, token("a"), 1, start);
    assert!(knows(&callers, token("a"), NOW, start + BELIEVED - Duration::from_millis(1)));
    assert!(!knows(&callers, token("a"), NOW, start + BELIEVED));
}

#[test]
fn a_credential_ends_at_its_very_moment() {
    let (callers, start) = (Callers::default(), Instant::now());
    keep(&callers, token("a"), 1, start);
    let end = NOW + TimeDelta::hours(1);
    assert!(knows(&callers, token("a"), end - TimeDelta::microseconds(1), start));
    assert!(!knows(&callers, token("a"), end, start));
}

#[test]
fn the_secret_of_a_cookie_is_no_token() {
    let (callers, start) = (Callers::default(), Instant::now());
    keep(&callers, Credential::Cookie(secret::digest("a")), 1, start);
    assert!(!knows(&callers, token("a"), NOW, start));
}

#[test]
fn who_is_forgotten_is_forgotten_with_all_he_has_and_nobody_else_is() {
    let (callers, start) = (Callers::default(), Instant::now());
    for (secret, user) in [("a", 1), ("b", 1), ("c", 2)] {
        keep(&callers, token(secret), user, start);
    }
    callers.forget(known(1).caller.id);
    assert_eq!(["a", "b", "c"].map(|secret| knows(&callers, token(secret), NOW, start)), [false, false, true]);
}

#[test]
fn what_was_read_while_somebody_was_revoked_is_not_kept() {
    let (callers, start) = (Callers::default(), Instant::now());
    let before = callers.get(&token("a"), NOW, start).expect_err("not known yet");
    callers.forget(known(1).caller.id);
    callers.keep(before, token("a"), known(1));
    assert!(!knows(&callers, token("a"), NOW, start), "he was read before he was revoked");
    keep(&callers, token("a"), 1, start);
    assert!(knows(&callers, token("a"), NOW, start), "what was read afterwards is kept");
}

#[test]
fn what_is_too_old_makes_room() {
    let (callers, start) = (Callers::default(), Instant::now());
    for second in 0..100_u32 {
        for number in 0..200 {
            let user = second * 1_000 + number;
            keep(&callers, token(&user.to_string()), user.into(), start + Duration::from_secs(second.into()));
        }
    }
    let kept = callers.read();
    assert!(kept.callers.len() <= 2_048 + 200, "{} are kept, of which 1,000 are young", kept.callers.len());
    assert_eq!(kept.callers.len(), kept.credentials.values().map(Vec::len).sum::<usize>());
}

#[test]
fn what_was_read_of_somebody_else_holds() {
    let (callers, start) = (Callers::default(), Instant::now());
    let ticket = callers.ticket(start);
    callers.forget(known(1).caller.id);
    assert!(!callers.holds(ticket, known(1).caller.id) && callers.holds(ticket, known(2).caller.id));
    callers.keep(ticket, token("b"), known(2));
    assert!(
        knows(&callers, token("b"), NOW, start),
        "an import that changes others does not keep this from being kept"
    );
    callers.forget_all();
    assert!(!callers.holds(ticket, known(2).caller.id));
    assert!(callers.holds(callers.ticket(start), known(1).caller.id));
}

#[test]
fn however_many_are_forgotten_nobody_is_believed_who_was() {
    let (callers, start) = (Callers::default(), Instant::now());
    let ticket = callers.ticket(start);
    for user in 1..=10_000 {
        callers.forget(known(user).caller.id);
    }
    assert!((1..=10_000).all(|user| !callers.holds(ticket, known(user).caller.id)));
    assert!(callers.read().forgotten_users.len() <= MAX_FORGOTTEN_USERS);
}

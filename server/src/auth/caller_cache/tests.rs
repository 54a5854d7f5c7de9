//! Tests of the caller cache: expiry, invalidation and pruning.

use super::*;
use crate::{auth::secret, monotonic::MonotonicClock, seats::Origin};
use chrono::TimeDelta;
use seatkeeper_shared::{permissions::Rights, scope::Scope};
use uuid::Uuid;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn token(secret: &str) -> Credential {
    Credential::Token(secret::digest(secret))
}

fn entry(user: u128) -> CachedCaller {
    let caller = Caller {
        id: UserId(Uuid::from_u128(user)),
        name: format!("Agent {user}"),
        email: String::new(),
        locale: None,
        rights: Rights::agent(),
        origin: Origin::Api,
        address: None,
        sign_in: None,
        verified_at: None,
        scope: Scope::All,
        needs_second_factor: false,
    };
    CachedCaller { caller, expires_at: NOW + TimeDelta::hours(1), last_used_at: None }
}

/// Reads and caches a caller as the extractor does, without an invalidation in between.
fn read_and_cache(callers: &CallerCache, credential: Credential, user: u128, at: Instant) {
    let generation = callers.get(&credential, NOW, at).expect_err("not cached yet");
    callers.insert(generation, credential, entry(user));
}

fn is_cached(callers: &CallerCache, credential: Credential, now: DateTime<Utc>, at: Instant) -> bool {
    callers.get(&credential, now, at).is_ok()
}

#[test]
fn an_entry_expires_five_seconds_after_the_read_began() {
    let (callers, start) = (CallerCache::default(), MonotonicClock::default().now());
    read_and_cache(&callers, token("a"), 1, start);
    assert!(is_cached(&callers, token("a"), NOW, start + MAX_CALLER_CACHE_AGE - Duration::from_millis(1)));
    assert!(!is_cached(&callers, token("a"), NOW, start + MAX_CALLER_CACHE_AGE));
}

#[test]
fn an_expired_credential_is_not_returned() {
    let (callers, start) = (CallerCache::default(), MonotonicClock::default().now());
    read_and_cache(&callers, token("a"), 1, start);
    let end = NOW + TimeDelta::hours(1);
    assert!(is_cached(&callers, token("a"), end - TimeDelta::microseconds(1), start));
    assert!(!is_cached(&callers, token("a"), end, start));
}

#[test]
fn a_cookie_secret_is_not_accepted_as_a_token() {
    let (callers, start) = (CallerCache::default(), MonotonicClock::default().now());
    read_and_cache(&callers, Credential::Cookie(secret::digest("a")), 1, start);
    assert!(!is_cached(&callers, token("a"), NOW, start));
}

#[test]
fn invalidating_a_user_removes_all_their_entries_and_no_others() {
    let (callers, start) = (CallerCache::default(), MonotonicClock::default().now());
    for (secret, user) in [("a", 1), ("b", 1), ("c", 2)] {
        read_and_cache(&callers, token(secret), user, start);
    }
    callers.invalidate_user(entry(1).caller.id);
    assert_eq!(["a", "b", "c"].map(|secret| is_cached(&callers, token(secret), NOW, start)), [false, false, true]);
}

#[test]
fn a_caller_read_during_an_invalidation_is_not_cached() {
    let (callers, start) = (CallerCache::default(), MonotonicClock::default().now());
    let before = callers.get(&token("a"), NOW, start).expect_err("not cached yet");
    callers.invalidate_user(entry(1).caller.id);
    callers.insert(before, token("a"), entry(1));
    assert!(!is_cached(&callers, token("a"), NOW, start), "read before the invalidation");
    read_and_cache(&callers, token("a"), 1, start);
    assert!(is_cached(&callers, token("a"), NOW, start), "read after the invalidation");
}

#[test]
fn expired_entries_are_pruned() {
    let (callers, start) = (CallerCache::default(), MonotonicClock::default().now());
    for second in 0..100_u32 {
        for number in 0..200 {
            let user = second * 1_000 + number;
            read_and_cache(&callers, token(&user.to_string()), user.into(), start + Duration::from_secs(second.into()));
        }
    }
    let state = callers.read();
    assert!(state.callers.len() <= 2_048 + 200, "{} entries, of which 1,000 are not expired", state.callers.len());
    assert_eq!(state.callers.len(), state.credentials.values().map(Vec::len).sum::<usize>());
}

#[test]
fn invalidating_one_user_does_not_affect_reads_of_another() {
    let (callers, start) = (CallerCache::default(), MonotonicClock::default().now());
    let generation = callers.generation(start);
    callers.invalidate_user(entry(1).caller.id);
    assert!(!callers.is_current(generation, entry(1).caller.id) && callers.is_current(generation, entry(2).caller.id));
    callers.insert(generation, token("b"), entry(2));
    assert!(is_cached(&callers, token("b"), NOW, start), "an import that changes other users does not prevent caching");
    callers.invalidate_all();
    assert!(!callers.is_current(generation, entry(2).caller.id));
    assert!(callers.is_current(callers.generation(start), entry(1).caller.id));
}

#[test]
fn no_invalidated_user_is_current_however_many_there_are() {
    let (callers, start) = (CallerCache::default(), MonotonicClock::default().now());
    let generation = callers.generation(start);
    for user in 1..=10_000 {
        callers.invalidate_user(entry(user).caller.id);
    }
    assert!((1..=10_000).all(|user| !callers.is_current(generation, entry(user).caller.id)));
    assert!(callers.read().invalidated_users.len() <= MAX_TRACKED_INVALIDATIONS);
}

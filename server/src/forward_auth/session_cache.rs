//! Caches the sessions of recent requests, so that most requests are answered without the database.
//!
//! An entry is inserted *before* the step that confirms it (an admission or a heartbeat) and counts only after it. So
//! an end that arrives in between removes the entry, and no request passes with a session that has ended.

use super::error::TurnedAway;
use crate::{
    commit_hooks::CommitSubscriber,
    events::topics::{EventSubject, Topic},
    store::forward_auth::CacheKey,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::SessionId;
use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicI64, Ordering},
    },
};

/// Heartbeats are sent at least this often, however long the lease: idleness is computed from them.
const MAX_HEARTBEAT_INTERVAL: TimeDelta = TimeDelta::seconds(15);
/// After a request has started a heartbeat, no other request starts one for this time, even without a reply.
const HEARTBEAT_REPLY_WINDOW: TimeDelta = TimeDelta::seconds(5);
/// Below this number of entries, expired ones are not removed.
const MIN_ENTRIES_BEFORE_PRUNING: usize = 1_024;

/// The cached sessions and refusals. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct SessionCache(Arc<RwLock<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    sessions: HashMap<CacheKey, CachedSession>,
    keys: HashMap<SessionId, CacheKey>,
    turned_away: HashMap<CacheKey, (TurnedAway, DateTime<Utc>)>,
    prune_at: usize,
}

#[derive(Debug)]
struct CachedSession {
    session: SessionId,
    /// When the lease expires, in milliseconds since 1970; 0 until the session is confirmed.
    valid_until: AtomicI64,
    /// From when on the next request sends a heartbeat, in milliseconds since 1970.
    heartbeat_due: AtomicI64,
    /// The same for requests that show activity: one that shows none must not use up their turn.
    activity_due: AtomicI64,
    /// Milliseconds between two heartbeats.
    heartbeat_interval: AtomicI64,
}

/// How a request is answered from the cache.
#[derive(Debug)]
pub enum CachedDecision {
    /// The user has this session. If `sends_heartbeat`, this request must send the heartbeat.
    Session { id: SessionId, sends_heartbeat: bool },
    /// The user was refused a moment ago.
    TurnedAway(TurnedAway),
    /// Nothing is cached.
    Nothing,
}

impl SessionCache {
    /// Looks up how to answer a request; `active` says whether it shows that the agent is active.
    pub fn get(&self, key: &CacheKey, active: bool, now: DateTime<Utc>) -> CachedDecision {
        let entries = self.read();
        if let Some(cached) =
            entries.sessions.get(key).filter(|cached| cached.valid_until.load(Ordering::Acquire) > millis(now))
        {
            let (id, sends_heartbeat) = (cached.session, cached.claims_heartbeat(active, now));
            return CachedDecision::Session { id, sends_heartbeat };
        }
        match entries.turned_away.get(key) {
            Some((refusal, until)) if *until > now => CachedDecision::TurnedAway(refusal.clone()),
            _ => CachedDecision::Nothing,
        }
    }

    /// Inserts a session that is about to be confirmed.
    pub fn expect(&self, key: &CacheKey, session: SessionId, now: DateTime<Utc>) {
        let mut entries = self.write();
        entries.prune(now);
        entries.turned_away.remove(key);
        let cached = CachedSession::unconfirmed(session);
        if let Some(before) = entries.sessions.insert(key.clone(), cached) {
            entries.keys.remove(&before.session);
        }
        entries.keys.insert(session, key.clone());
    }

    /// Confirms a session until its lease expires, unless it has ended meanwhile. `next` is the current time and the
    /// time until the next heartbeat. If this heartbeat showed no activity, the next request that does sends another.
    pub fn confirm(&self, session: SessionId, active: bool, until: DateTime<Utc>, next: (DateTime<Utc>, TimeDelta)) {
        let entries = self.read();
        let cached = entries.keys.get(&session).and_then(|key| entries.sessions.get(key));
        if let Some(cached) = cached.filter(|cached| cached.session == session) {
            let (now, interval) = (next.0, next.1.min(MAX_HEARTBEAT_INTERVAL));
            cached.heartbeat_interval.store(interval.num_milliseconds(), Ordering::Release);
            cached.heartbeat_due.store(millis(now + interval), Ordering::Release);
            if active {
                cached.activity_due.store(millis(now + interval), Ordering::Release);
            }
            cached.valid_until.fetch_max(millis(until), Ordering::AcqRel);
        }
    }

    /// How long an open page may wait until its next keep-alive.
    pub fn heartbeat_interval(&self, key: &CacheKey) -> TimeDelta {
        let interval = self.read().sessions.get(key).map(|cached| cached.heartbeat_interval.load(Ordering::Acquire));
        let interval = interval.map(TimeDelta::milliseconds).filter(|interval| *interval > TimeDelta::zero());
        interval.unwrap_or(MAX_HEARTBEAT_INTERVAL)
    }

    /// Answers the user's requests with this refusal until then.
    pub fn turn_away(&self, key: &CacheKey, refusal: TurnedAway, until: DateTime<Utc>) {
        self.write().turned_away.insert(key.clone(), (refusal, until));
    }

    /// Removes a session that has ended.
    pub fn forget(&self, session: SessionId) {
        // Most sessions that end were never started by the gate.
        if !self.read().keys.contains_key(&session) {
            return;
        }
        let mut entries = self.write();
        if let Some(key) = entries.keys.remove(&session)
            && entries.sessions.get(&key).is_some_and(|cached| cached.session == session)
        {
            entries.sessions.remove(&key);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl CommitSubscriber for SessionCache {
    fn on_commit(&self, event: &EventSubject) {
        if let Some(session) = event.session.filter(|_| event.concerns(Topic::EndedSession)) {
            self.forget(session);
        }
    }
}

impl CachedSession {
    fn unconfirmed(session: SessionId) -> Self {
        let [valid_until, heartbeat_due, activity_due, heartbeat_interval] = [0; 4].map(AtomicI64::new);
        Self { session, valid_until, heartbeat_due, activity_due, heartbeat_interval }
    }

    /// Whether this request is the one that sends the heartbeat.
    fn claims_heartbeat(&self, active: bool, now: DateTime<Utc>) -> bool {
        let turn = if active { &self.activity_due } else { &self.heartbeat_due };
        let due = turn.load(Ordering::Acquire);
        let next = millis(now + HEARTBEAT_REPLY_WINDOW);
        due <= millis(now) && turn.compare_exchange(due, next, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

impl Entries {
    /// Removes expired entries, each time the number of entries has doubled since the last removal.
    fn prune(&mut self, now: DateTime<Utc>) {
        if self.sessions.len() + self.turned_away.len() < self.prune_at.max(MIN_ENTRIES_BEFORE_PRUNING) {
            return;
        }
        self.turned_away.retain(|_, (_, until)| *until > now);
        self.sessions.retain(|_, cached| cached.valid_until.load(Ordering::Acquire) > millis(now));
        let sessions = &self.sessions;
        self.keys.retain(|session, key| sessions.get(key).is_some_and(|cached| cached.session == *session));
        self.prune_at = (self.sessions.len() + self.turned_away.len()) * 2;
    }
}

fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::ids::{ProductId, UserId};
    use uuid::Uuid;

    fn key() -> CacheKey {
        let id = Uuid::from_u128(1);
        CacheKey { user: UserId(id), product: ProductId(id), device: "Firefox · Windows".to_owned() }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap_or_default()
    }

    fn session(cache: &SessionCache, active: bool, now: DateTime<Utc>) -> Option<(SessionId, bool)> {
        match cache.get(&key(), active, now) {
            CachedDecision::Session { id, sends_heartbeat } => Some((id, sends_heartbeat)),
            CachedDecision::TurnedAway(_) | CachedDecision::Nothing => None,
        }
    }

    const FIRST: SessionId = SessionId(Uuid::from_u128(2));
    const SECOND: SessionId = SessionId(Uuid::from_u128(3));

    #[test]
    fn a_session_is_valid_once_confirmed_and_until_its_lease_expires() {
        let cache = SessionCache::default();
        cache.expect(&key(), FIRST, at(0));
        assert!(matches!(cache.get(&key(), true, at(0)), CachedDecision::Nothing));
        cache.confirm(FIRST, true, at(120), (at(0), TimeDelta::seconds(30)));
        assert_eq!(session(&cache, true, at(1)), Some((FIRST, false)));
        assert_eq!(session(&cache, true, at(15)), Some((FIRST, true)), "activity is reported");
        assert_eq!(session(&cache, true, at(15)), Some((FIRST, false)), "once");
        assert!(matches!(cache.get(&key(), true, at(120)), CachedDecision::Nothing));
    }

    #[test]
    fn a_keep_alive_does_not_use_up_the_heartbeat_of_an_active_request() {
        let cache = SessionCache::default();
        cache.expect(&key(), FIRST, at(0));
        cache.confirm(FIRST, true, at(120), (at(0), TimeDelta::seconds(30)));
        assert_eq!(session(&cache, false, at(15)), Some((FIRST, true)));
        cache.confirm(FIRST, false, at(135), (at(15), TimeDelta::seconds(30)));
        assert_eq!(session(&cache, false, at(20)), Some((FIRST, false)));
        assert_eq!(session(&cache, true, at(20)), Some((FIRST, true)), "activity is reported nevertheless");
        cache.confirm(FIRST, true, at(140), (at(20), TimeDelta::seconds(30)));
        assert_eq!(session(&cache, true, at(34)), Some((FIRST, false)));
        assert_eq!(cache.heartbeat_interval(&key()), TimeDelta::seconds(15));
    }

    #[test]
    fn a_session_that_ends_before_it_is_confirmed_is_not_cached() {
        let cache = SessionCache::default();
        cache.expect(&key(), FIRST, at(0));
        cache.forget(FIRST);
        cache.confirm(FIRST, true, at(120), (at(0), TimeDelta::seconds(30)));
        assert!(matches!(cache.get(&key(), true, at(1)), CachedDecision::Nothing));
    }

    #[test]
    fn ending_an_older_session_keeps_the_newer_one() {
        let cache = SessionCache::default();
        cache.expect(&key(), FIRST, at(0));
        cache.expect(&key(), SECOND, at(0));
        cache.confirm(SECOND, true, at(120), (at(0), TimeDelta::seconds(30)));
        cache.forget(FIRST);
        assert!(matches!(cache.get(&key(), true, at(1)), CachedDecision::Session { id: SECOND, .. }));
    }

    #[test]
    fn a_refusal_is_cached_until_it_expires() {
        let cache = SessionCache::default();
        cache.turn_away(&key(), TurnedAway::Queued, at(2));
        assert!(matches!(cache.get(&key(), true, at(1)), CachedDecision::TurnedAway(_)));
        assert!(matches!(cache.get(&key(), true, at(2)), CachedDecision::Nothing));
    }
}

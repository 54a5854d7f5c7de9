//! Caches the callers of the last few seconds, so that most requests are authenticated without a database read.
//!
//! A commit that changes a user's credentials or rights also removes that user from the cache. A caller who is being
//! read from the database at that moment must not be cached afterwards: each reader takes a [`Generation`] before it
//! reads, and invalidating a user makes the earlier generations invalid for that user. Open streams rely on this, too
//! (`stream_guard.rs`).

use super::invalidation::AffectedCallers;
use crate::{
    caller::{CachedCaller, Caller, Credential},
    commit_hooks::CommitSubscriber,
    events::topics::EventSubject,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// How long a cached caller is valid. A revocation on another server takes effect within this time.
pub const MAX_CALLER_CACHE_AGE: Duration = Duration::from_secs(5);
/// The same where no other process writes: every revocation then invalidates this cache.
const MAX_SINGLE_PROCESS_CACHE_AGE: Duration = Duration::from_secs(20);
/// A smaller cache is not searched for expired entries.
const MIN_PRUNE_SIZE: usize = 1_024;
/// For how many users the last invalidation is recorded. With more, all earlier generations become invalid.
const MAX_TRACKED_INVALIDATIONS: usize = 4_096;

/// Taken before a database read; tells whether the result may be cached.
#[derive(Clone, Copy, Debug)]
pub struct Generation {
    invalidations: u64,
    read_at: Instant,
}

/// The cached callers. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct CallerCache {
    state: Arc<RwLock<CacheState>>,
    invalidated: Arc<Notify>,
}

#[derive(Debug, Default)]
struct CacheState {
    /// Each with the time until which it is valid.
    callers: HashMap<Credential, (CachedCaller, Instant)>,
    credentials: HashMap<UserId, Vec<Credential>>,
    /// The number of invalidations so far.
    invalidations: u64,
    /// The number of each user's last invalidation.
    invalidated_users: HashMap<UserId, u64>,
    /// Generations older than this are invalid for every user.
    min_generation: u64,
    /// No other process writes to the database.
    is_single_process: bool,
    /// The size at which expired entries are next removed.
    prune_at: usize,
}

impl CallerCache {
    /// Returns the cached caller of a credential.
    ///
    /// # Errors
    /// Returns the generation for a database read if the caller is not cached.
    pub fn get(&self, credential: &Credential, now: DateTime<Utc>, read_at: Instant) -> Result<Caller, Generation> {
        let state = self.read();
        match state.callers.get(credential) {
            Some((entry, until)) if entry.expires_at > now && *until > read_at => Ok(entry.caller.clone()),
            _ => Err(Generation { invalidations: state.invalidations, read_at }),
        }
    }

    /// The generation for a database read.
    pub fn generation(&self, read_at: Instant) -> Generation {
        Generation { invalidations: self.read().invalidations, read_at }
    }

    /// Whether what was read about a user in this generation is still current: the user was not invalidated since.
    pub fn is_current(&self, generation: Generation, user: UserId) -> bool {
        self.read().is_current(generation, user)
    }

    /// Waits for the next invalidation, or returns at once if there was one since the last call. For a single waiter:
    /// the task that rechecks the open streams.
    pub async fn invalidated(&self) {
        self.invalidated.notified().await;
    }

    /// Caches a caller, unless the user was invalidated since the generation was taken.
    pub fn insert(&self, generation: Generation, credential: Credential, entry: CachedCaller) {
        let mut state = self.write();
        if !state.is_current(generation, entry.caller.id) {
            return;
        }
        state.prune(generation.read_at);
        let max_age = if state.is_single_process { MAX_SINGLE_PROCESS_CACHE_AGE } else { MAX_CALLER_CACHE_AGE };
        let user = entry.caller.id;
        if state.callers.insert(credential, (entry, generation.read_at + max_age)).is_none() {
            state.credentials.entry(user).or_default().push(credential);
        }
    }

    /// Declares that no other process writes to the database, so that entries may live longer.
    pub fn set_single_process(&self) {
        self.write().is_single_process = true;
    }

    /// Removes all entries of a user.
    pub fn invalidate_user(&self, user: UserId) {
        let mut state = self.write();
        state.invalidations += 1;
        let number = state.invalidations;
        if state.invalidated_users.len() >= MAX_TRACKED_INVALIDATIONS {
            state.invalidated_users.clear();
            state.min_generation = number;
        }
        state.invalidated_users.insert(user, number);
        for credential in state.credentials.remove(&user).unwrap_or_default() {
            state.callers.remove(&credential);
        }
        drop(state);
        self.invalidated.notify_one();
    }

    /// Removes all entries.
    pub fn invalidate_all(&self) {
        let mut state = self.write();
        state.invalidations += 1;
        state.min_generation = state.invalidations;
        state.invalidated_users.clear();
        state.callers.clear();
        state.credentials.clear();
        drop(state);
        self.invalidated.notify_one();
    }

    fn read(&self) -> RwLockReadGuard<'_, CacheState> {
        self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, CacheState> {
        self.state.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl CommitSubscriber for CallerCache {
    fn on_commit(&self, event: &EventSubject) {
        match AffectedCallers::from(event) {
            AffectedCallers::None => {}
            AffectedCallers::User(user) => self.invalidate_user(user),
            AffectedCallers::All => self.invalidate_all(),
        }
    }
}

impl Generation {
    /// When the database read began.
    pub fn read_at(self) -> Instant {
        self.read_at
    }
}

impl CacheState {
    fn is_current(&self, generation: Generation, user: UserId) -> bool {
        let invalidated = self.invalidated_users.get(&user).copied().unwrap_or_default();
        generation.invalidations >= self.min_generation && generation.invalidations >= invalidated
    }

    /// Removes expired entries once the cache is twice as large as after the last time.
    fn prune(&mut self, now: Instant) {
        if self.callers.len() < self.prune_at.max(MIN_PRUNE_SIZE) {
            return;
        }
        let callers = &mut self.callers;
        callers.retain(|_, (_, until)| *until > now);
        self.credentials.retain(|_, credentials| {
            credentials.retain(|credential| callers.contains_key(credential));
            !credentials.is_empty()
        });
        self.prune_at = callers.len() * 2;
    }
}

#[cfg(test)]
mod tests;

//! The licenses that the engine caches between batches.
//!
//! On SQLite, where no other process writes, the cache has the complete committed state of licenses, and heartbeats
//! that will be written within a second. It is invalidated when a commit fails, or when licenses or users are changed
//! outside of the engine. On PostgreSQL it has only hints, such as the license of a session, which save queries;
//! decisions read their data under locks.

use super::batch::Batch;
use crate::{
    pool::{Pool, changes::SeatChange},
    store::heartbeats::{Heartbeat, UnwrittenHeartbeats},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{LicenseId, ProductId, SessionId, TicketId, UserId};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

/// Cached licenses, and indexes of their sessions and tickets.
#[derive(Debug, Default)]
pub struct PoolCache {
    pools: HashMap<LicenseId, Pool>,
    sessions: HashMap<SessionId, LicenseId>,
    queues: HashMap<TicketId, LicenseId>,
    candidates: HashMap<(UserId, ProductId), Vec<LicenseId>>,
    /// Heartbeats that were answered but are not written yet.
    pub heartbeats: UnwrittenHeartbeats,
    /// Whether the heartbeats must be written before licenses are read again.
    pub write_first: bool,
    /// Whether other processes write to the database.
    shared: bool,
    /// When the cached candidates were last discarded. Used if other processes assign licenses too.
    hints_since: Option<Instant>,
}

/// The longest time until a license that another process assigned is considered.
const MAX_HINT_AGE: Duration = Duration::from_secs(1);
/// The most sessions and tickets that are indexed as hints.
const MAX_HINTS: usize = 100_000;

impl PoolCache {
    /// An empty cache. `shared` says whether other processes write to the database.
    pub fn new(shared: bool) -> Self {
        Self { shared, ..Self::default() }
    }

    /// Discards hints that may be outdated, if other processes write too.
    pub fn expire_hints(&mut self, now: Instant) {
        if self.shared && self.hints_since.is_none_or(|since| now.saturating_duration_since(since) > MAX_HINT_AGE) {
            self.candidates.clear();
            self.hints_since = Some(now);
        }
        if self.shared && self.sessions.len() + self.queues.len() > MAX_HINTS {
            self.sessions.clear();
            self.queues.clear();
        }
    }

    /// The license of a live session, if it is cached.
    pub fn license_of(&self, session: SessionId) -> Option<LicenseId> {
        self.sessions.get(&session).copied()
    }

    /// Whether the agent of a cached session was warned that it will end because of idleness.
    pub fn is_warned(&self, session: SessionId) -> bool {
        let pool = self.license_of(session).and_then(|license| self.pools.get(&license));
        pool.and_then(|pool| pool.session(session)).is_some_and(|live| live.warned_at.is_some())
    }

    /// The license of a ticket in the queue, if it is cached.
    pub fn queue_of(&self, ticket: TicketId) -> Option<LicenseId> {
        self.queues.get(&ticket).copied()
    }

    /// The licenses of a product that are assigned to a user, if they are cached.
    pub fn candidates(&self, user: UserId, product: ProductId) -> Option<&Vec<LicenseId>> {
        self.candidates.get(&(user, product))
    }

    /// Moves a cached license into a batch. [`PoolCache::update_from`] returns it.
    pub fn check_out(&mut self, license: LicenseId) -> Option<Pool> {
        self.pools.remove(&license)
    }

    /// Whether a license is cached and nothing in it has expired.
    pub fn is_settled(&self, license: LicenseId, now: DateTime<Utc>) -> bool {
        self.pools.get(&license).is_some_and(|pool| pool.is_settled(now))
    }

    /// Caches the licenses of a batch after its commit.
    pub fn update_from(&mut self, batch: Batch) {
        for (license, change) in &batch.changes {
            match change {
                SeatChange::Ended { session, .. } => drop(self.sessions.remove(session)),
                SeatChange::TicketEnded { ticket, .. } => drop(self.queues.remove(ticket)),
                SeatChange::Granted { user, .. } | SeatChange::Revoked { user, .. } => {
                    if let Some(pool) = batch.pools.get(license) {
                        self.candidates.remove(&(*user, pool.terms.product));
                    }
                }
                SeatChange::Created(live) => drop(self.sessions.insert(live.id, *license)),
                SeatChange::Queued(ticket) => drop(self.queues.insert(ticket.id, *license)),
                _ => {}
            }
        }
        let reassigned: HashSet<_> = batch
            .changes
            .iter()
            .filter_map(|(_, change)| match change {
                SeatChange::Granted { user, .. } | SeatChange::Revoked { user, .. } => Some(*user),
                _ => None,
            })
            .collect();
        // An empty result is not cached, because an admin is likely to assign a license soon.
        let found =
            batch.candidates.iter().filter(|((user, _), found)| !found.is_empty() && !reassigned.contains(user));
        self.candidates.extend(found.map(|(asked, found)| (*asked, found.clone())));
        if !self.shared {
            self.heartbeats.collect_from(&batch);
            self.pools.extend(batch.pools);
        }
    }

    /// Indexes the sessions and tickets of a license that was just read.
    pub fn index(&mut self, pool: &Pool) {
        if self.shared {
            return;
        }
        self.sessions.extend(pool.sessions().map(|live| (live.id, pool.terms.license)));
        self.queues.extend(pool.tickets().map(|ticket| (ticket.id, pool.terms.license)));
    }

    /// Discards everything but the heartbeats, which were answered already.
    pub fn invalidate(&mut self) {
        let heartbeats = std::mem::take(&mut self.heartbeats);
        *self = Self { heartbeats, write_first: true, ..Self::new(self.shared) };
    }
}

impl UnwrittenHeartbeats {
    /// Adds the heartbeats of a batch.
    pub(super) fn collect_from(&mut self, batch: &Batch) {
        for id in &batch.renewed_sessions {
            let pool = batch.license_of.get(id).and_then(|license| batch.pools.get(license));
            if let Some(live) = pool.and_then(|pool| pool.session(*id)) {
                let active_at = Some(live.active_at);
                let (seen_at, lease_until, warned_at) = (live.last_seen_at, live.lease_until, live.warned_at);
                self.sessions.insert(*id, Heartbeat { seen_at, lease_until, active_at, warned_at });
            }
        }
        for id in &batch.renewed_tickets {
            let pool = batch.queue_of.get(id).and_then(|license| batch.pools.get(license));
            if let Some(ticket) = pool.and_then(|pool| pool.ticket(*id)) {
                let (seen_at, lease_until) = (ticket.last_seen_at, ticket.lease_until);
                self.tickets.insert(*id, Heartbeat { seen_at, lease_until, active_at: None, warned_at: None });
            }
        }
    }
}

//! What this process knows of the seats between two batches.
//!
//! On SQLite, where no other process writes, that is everything: a copy of what is committed, and of heartbeats that will be
//! written within a second. When a commit fails, or something else changed licenses or users, all of it is forgotten and
//! read again. On PostgreSQL it is only where things are, which saves looking for them: what counts is read under the locks.

use super::{batch::Batch, facts::Fact, pool::Pool};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{LicenseId, ProductId, SessionId, TicketId, UserId};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

/// The known licenses, and where in them things are.
#[derive(Debug, Default)]
pub struct Memory {
    pools: HashMap<LicenseId, Pool>,
    sessions: HashMap<SessionId, LicenseId>,
    lines: HashMap<TicketId, LicenseId>,
    candidates: HashMap<(UserId, ProductId), Vec<LicenseId>>,
    /// Heartbeats that are answered but not written yet.
    pub beats: Beats,
    /// They have to be written before anything is read again.
    pub write_first: bool,
    /// Other processes write, too.
    shared: bool,
    /// Since when candidates are gathered, where others assign licenses too.
    since: Option<Instant>,
}

/// How long it may take until a license that another process assigned is tried.
const HINT: Duration = Duration::from_secs(1);
/// How many sessions are remembered where that only saves looking for them.
const HINTS: usize = 100_000;

/// When sessions and tickets were last heard of, until that is written.
#[derive(Clone, Debug, Default)]
pub struct Beats {
    /// Of sessions.
    pub sessions: BTreeMap<SessionId, Beat>,
    /// Of tickets.
    pub tickets: BTreeMap<TicketId, Beat>,
}

/// A sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// When.
    pub seen_at: DateTime<Utc>,
    /// When the lease runs out.
    pub lease_until: DateTime<Utc>,
    /// When the agent last did something; nothing for a ticket.
    pub active_at: Option<DateTime<Utc>>,
    /// When he was warned that the session ends.
    pub warned_at: Option<DateTime<Utc>>,
}

impl Memory {
    /// Nothing is known yet.
    pub fn new(shared: bool) -> Self {
        Self { shared, ..Self::default() }
    }

    /// Forgets what may be out of date by now, where others write too.
    pub fn refresh(&mut self) {
        if self.shared && self.since.is_none_or(|since| since.elapsed() > HINT) {
            self.candidates.clear();
            self.since = Some(Instant::now());
        }
        if self.shared && self.sessions.len() + self.lines.len() > HINTS {
            self.sessions.clear();
            self.lines.clear();
        }
    }

    /// The license of a live session.
    pub fn license_of(&self, session: SessionId) -> Option<LicenseId> {
        self.sessions.get(&session).copied()
    }

    /// Whether a known session's agent was warned that it ends for lack of activity.
    pub fn is_warned(&self, session: SessionId) -> bool {
        let pool = self.license_of(session).and_then(|license| self.pools.get(&license));
        pool.and_then(|pool| pool.session(session)).is_some_and(|live| live.warned_at.is_some())
    }

    /// The license in whose line a ticket is.
    pub fn line_of(&self, ticket: TicketId) -> Option<LicenseId> {
        self.lines.get(&ticket).copied()
    }

    /// The licenses that a user may take a seat of a product from, if that is known.
    pub fn candidates(&self, user: UserId, product: ProductId) -> Option<&Vec<LicenseId>> {
        self.candidates.get(&(user, product))
    }

    /// A known license, for a batch that will give it back.
    pub fn take(&mut self, license: LicenseId) -> Option<Pool> {
        self.pools.remove(&license)
    }

    /// Whether a license is known, and nothing in it is over at this moment.
    pub fn is_settled(&self, license: LicenseId, now: DateTime<Utc>) -> bool {
        self.pools.get(&license).is_some_and(|pool| pool.is_settled(now))
    }

    /// Keeps what a batch knew, after its commit.
    pub fn give_back(&mut self, batch: Batch) {
        for (license, fact) in &batch.facts {
            match fact {
                Fact::Ended { session, .. } => drop(self.sessions.remove(session)),
                Fact::Left { ticket, .. } => drop(self.lines.remove(ticket)),
                Fact::Granted(user) | Fact::Revoked(user) => {
                    if let Some(pool) = batch.pools.get(license) {
                        self.candidates.remove(&(*user, pool.terms.product));
                    }
                }
                Fact::Created(live) => drop(self.sessions.insert(live.id, *license)),
                Fact::Queued(ticket) => drop(self.lines.insert(ticket.id, *license)),
                _ => {}
            }
        }
        let reassigned: HashSet<_> = batch
            .facts
            .iter()
            .filter_map(|(_, fact)| match fact {
                Fact::Granted(user) | Fact::Revoked(user) => Some(*user),
                _ => None,
            })
            .collect();
        // That somebody has none is looked for again each time: it is the first thing that an admin mends.
        let found =
            batch.candidates.iter().filter(|((user, _), found)| !found.is_empty() && !reassigned.contains(user));
        self.candidates.extend(found.map(|(asked, found)| (*asked, found.clone())));
        if !self.shared {
            self.beats.gather(&batch);
            self.pools.extend(batch.pools);
        }
    }

    /// Makes a license that was just read findable by its sessions and tickets.
    pub fn index(&mut self, pool: &Pool) {
        if self.shared {
            return;
        }
        self.sessions.extend(pool.sessions().map(|live| (live.id, pool.terms.license)));
        self.lines.extend(pool.tickets().map(|ticket| (ticket.id, pool.terms.license)));
    }

    /// Forgets everything but the heartbeats, which have been answered.
    pub fn forget(&mut self) {
        let beats = std::mem::take(&mut self.beats);
        *self = Self { beats, write_first: true, ..Self::new(self.shared) };
    }
}

impl Beats {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.tickets.is_empty()
    }

    /// Takes note of the heartbeats of a batch.
    pub fn gather(&mut self, batch: &Batch) {
        for id in &batch.renewed {
            let pool = batch.license_of.get(id).and_then(|license| batch.pools.get(license));
            if let Some(live) = pool.and_then(|pool| pool.session(*id)) {
                let active_at = Some(live.active_at);
                let (seen_at, lease_until, warned_at) = (live.last_seen_at, live.lease_until, live.warned_at);
                self.sessions.insert(*id, Beat { seen_at, lease_until, active_at, warned_at });
            }
        }
        for id in &batch.kept {
            let pool = batch.line_of.get(id).and_then(|license| batch.pools.get(license));
            if let Some(ticket) = pool.and_then(|pool| pool.ticket(*id)) {
                let (seen_at, lease_until) = (ticket.last_seen_at, ticket.lease_until);
                self.tickets.insert(*id, Beat { seen_at, lease_until, active_at: None, warned_at: None });
            }
        }
    }
}

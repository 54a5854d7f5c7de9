//! A pool whose expiries are replayed: sessions and tickets end when the record says so, not by leases that nobody
//! renews.

use crate::{Pool, changes::SeatChange};
use chrono::{DateTime, Utc};

/// A pool without heartbeats. Decisions are those of the real pool.
#[derive(Debug)]
pub struct Stage {
    pub pool: Pool,
    /// Whether free seats may have to be offered.
    offers_due: bool,
}

impl Stage {
    pub fn new(pool: Pool) -> Self {
        Self { pool, offers_due: true }
    }

    /// Something happened after which free seats are to be offered, but not yet.
    pub fn note_change(&mut self) {
        self.offers_due = true;
    }

    pub fn is_due(&self) -> bool {
        self.offers_due
    }

    /// Ends what the end of the license ends, and offers free seats, as the real pool does after each decision.
    pub fn catch_up(&mut self, now: DateTime<Utc>) {
        self.offers_due = false;
        self.end_license(now);
        self.pool.offer_seats(now);
    }

    fn end_license(&mut self, now: DateTime<Utc>) {
        let is_over = self.pool.terms.ends_at.is_some_and(|end| end <= now);
        if !is_over || (self.pool.sessions.is_empty() && self.pool.queue.is_empty()) {
            return;
        }
        // Only the end of the license ends them: the record says when other times were over.
        for live in self.pool.sessions.values_mut().filter(|live| live.borrowed_until.is_none()) {
            (live.lease_until, live.active_at) = (DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MAX_UTC);
            (live.key_expires_at, live.ending, live.warned_at) = (None, None, None);
        }
        let idle = std::mem::take(&mut self.pool.terms.rules.idle_seconds);
        self.pool.settle_by(now);
        self.pool.settle(now);
        self.pool.terms.rules.idle_seconds = idle;
    }

    /// The changes since the last call.
    pub fn take_changes(&mut self) -> Vec<SeatChange> {
        self.pool.take_changes().into_iter().map(|(change, _)| change).collect()
    }
}

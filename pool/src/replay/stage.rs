//! A pool whose expiries are replayed: sessions and tickets end when the record says so, not by leases that nobody
//! renews.

use crate::{Pool, changes::SeatChange};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;

/// A pool without heartbeats. Decisions are those of the real pool.
#[derive(Debug)]
pub struct Stage {
    pub pool: Pool,
    /// When the end of the license ends its sessions and tickets.
    pub end_noticed_at: Option<DateTime<Utc>>,
    /// Whether free seats may have to be offered.
    offers_due: bool,
}

impl Stage {
    pub fn new(pool: Pool, end_noticed_at: Option<DateTime<Utc>>) -> Self {
        Self { pool, end_noticed_at, offers_due: true }
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
        let is_over = self.end_noticed_at.is_some_and(|end| end <= now);
        let is_empty =
            self.pool.queue.is_empty() && self.pool.sessions.values().all(|live| live.borrowed_until.is_some());
        if !is_over || is_empty {
            return;
        }
        // Only the end of the license ends them: the record says when other times were over.
        for live in self.pool.sessions.values_mut() {
            (live.lease_until, live.active_at) = (DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MAX_UTC);
            (live.key_expires_at, live.ending, live.warned_at) = (None, None, None);
        }
        let idle = std::mem::take(&mut self.pool.terms.rules.idle_seconds);
        self.pool.settle_by(now);
        self.pool.settle(now);
        self.pool.terms.rules.idle_seconds = idle;
    }

    /// Whether a free seat could be offered to a user's ticket at this time.
    pub fn could_be_offered(&self, user: UserId, at: DateTime<Utc>) -> bool {
        let pool = &self.pool;
        let ticket = pool.queue.of_user(user).filter(|ticket| ticket.offer_until.is_none());
        ticket.is_some_and(|ticket| pool.can_accept(ticket, at)) && pool.seat_refusal(user).is_none()
    }

    /// The changes since the last call, each with the number of occupied seats after it.
    pub fn take_changes(&mut self) -> Vec<(SeatChange, i64)> {
        self.pool.take_changes()
    }
}

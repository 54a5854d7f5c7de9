//! Estimates when a seat can be expected, from the lengths of recent sessions on the license.

use crate::{
    db::{Db, DbError},
    monotonic::MonotonicClock,
    pool::Refusal,
    store,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::LicenseId,
    ticket::TicketState,
    wire::queue::{QueueView, TicketView},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// How long the data for an estimate is cached.
const MAX_AGE: Duration = Duration::from_secs(5);

/// The data for an estimate.
#[derive(Clone, Debug, Default)]
pub struct SessionHistory {
    /// The lengths of recent sessions that have ended.
    lengths: Vec<TimeDelta>,
    /// When the live sessions began.
    live_since: Vec<DateTime<Utc>>,
}

impl SessionHistory {
    /// When a seat is expected for this position in the queue, 1 being the head. `None` without data.
    ///
    /// The remaining time of a session is the mean remaining time of all recent sessions that lasted longer than it has
    /// so far. Seats are expected to become free in that order, and each one again after a session of mean length.
    pub fn expected(&self, position: i64, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mean = mean(self.lengths.iter().copied())?;
        let mut remaining: Vec<_> =
            self.live_since.iter().map(|since| self.remaining(now - *since).unwrap_or(mean)).collect();
        remaining.sort_unstable();
        let before = usize::try_from(position.max(1) - 1).ok()?;
        let (rounds, place) = (before.checked_div(remaining.len())?, before.checked_rem(remaining.len())?);
        let rounds = mean.checked_mul(i32::try_from(rounds).ok()?)?;
        now.checked_add_signed(remaining.get(place)?.checked_add(&rounds)?)
    }

    fn remaining(&self, age: TimeDelta) -> Option<TimeDelta> {
        mean(self.lengths.iter().filter(|length| **length > age).map(|length| *length - age))
    }
}

fn mean(lengths: impl Iterator<Item = TimeDelta>) -> Option<TimeDelta> {
    let (sum, count) = lengths.fold((TimeDelta::zero(), 0), |(sum, count), length| (sum + length, count + 1));
    (count > 0).then(|| sum / count)
}

/// Estimates for all licenses. Clones share the cached data.
#[derive(Clone, Debug)]
pub struct WaitEstimates {
    db: Db,
    monotonic: MonotonicClock,
    cache: Arc<Mutex<HashMap<LicenseId, CachedHistory>>>,
}

/// When a history was read, and the history.
type CachedHistory = (Instant, Arc<SessionHistory>);

impl WaitEstimates {
    /// An empty cache over this database.
    pub fn new(db: Db, monotonic: MonotonicClock) -> Self {
        Self { db, monotonic, cache: Arc::default() }
    }

    async fn history(&self, license: LicenseId) -> Result<Arc<SessionHistory>, DbError> {
        let cache = || self.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((at, history)) = cache().get(&license)
            && self.monotonic.since(*at) < MAX_AGE
        {
            return Ok(history.clone());
        }
        let lengths = store::wait_estimate::durations(&self.db, license).await?;
        let live_since = store::wait_estimate::started_at(&self.db, license).await?;
        let history = Arc::new(SessionHistory { lengths, live_since });
        cache().insert(license, (self.monotonic.now(), history.clone()));
        Ok(history)
    }

    /// When a seat is expected for this position in the queue. Tickets that have an offer already do not wait for a
    /// seat.
    async fn expected_at(
        &self,
        license: LicenseId,
        position: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, DbError> {
        let history = self.history(license).await?;
        let offered = if position > 1 { store::wait_estimate::count_offers(&self.db, license).await? } else { 0 };
        Ok(history.expected(position - offered, now))
    }

    /// Adds to a refusal the estimate for a user who joins the queue now, if one can be made.
    pub async fn estimate_refusal(&self, mut refusal: Refusal, now: DateTime<Utc>) -> super::SeatsError {
        if let Some(facts) =
            refusal.facts.as_mut().filter(|_| refusal.code != seatkeeper_shared::problem::Code::LicenseEnded)
        {
            facts.expected_at = self.expected_at(facts.license_id, facts.waiting + 1, now).await.unwrap_or_default();
        }
        super::SeatsError::Refused(refusal)
    }

    /// Adds the estimate to a waiting ticket.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn estimate_ticket(&self, mut ticket: TicketView, now: DateTime<Utc>) -> Result<TicketView, DbError> {
        if ticket.state == TicketState::Waiting {
            ticket.expected_at = self.expected_at(ticket.license_id, ticket.position, now).await?;
        }
        Ok(ticket)
    }

    /// Adds the estimates to all waiting tickets of queues.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn estimate_queues(&self, queues: &mut [QueueView], now: DateTime<Utc>) -> Result<(), DbError> {
        for queue in queues.iter_mut().filter(|queue| !queue.tickets.is_empty()) {
            let history = self.history(queue.license_id).await?;
            let offered = queue.tickets.iter().filter(|ticket| ticket.state == TicketState::Offered).count();
            let offered = i64::try_from(offered).unwrap_or_default();
            for ticket in queue.tickets.iter_mut().filter(|ticket| ticket.state == TicketState::Waiting) {
                ticket.expected_at = history.expected(ticket.position - offered, now);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn history(lengths: &[i64], live_since: &[i64]) -> SessionHistory {
        SessionHistory {
            lengths: lengths.iter().copied().map(TimeDelta::minutes).collect(),
            live_since: live_since.iter().copied().map(at).collect(),
        }
    }

    #[test]
    fn the_head_gets_the_seat_that_is_expected_first() {
        let history = history(&[10, 10, 10, 40], &[100, 108]);
        // The session that began at 100 has lasted 11 minutes, and all that lasted longer lasted 40.
        assert_eq!(
            history.expected(1, at(111)),
            Some(at(111) + TimeDelta::seconds(870)),
            "three of 7, one of 37 more minutes"
        );
        assert_eq!(history.expected(2, at(111)), Some(at(140)));
    }

    #[test]
    fn positions_beyond_the_seats_wait_for_another_round() {
        let history = history(&[20], &[100]);
        assert_eq!(history.expected(1, at(105)), Some(at(120)));
        assert_eq!(history.expected(3, at(105)), Some(at(160)));
    }

    #[test]
    fn a_session_longer_than_all_before_counts_as_a_new_one() {
        assert_eq!(history(&[20], &[100]).expected(1, at(500)), Some(at(520)));
    }

    #[test]
    fn without_history_or_live_sessions_there_is_no_estimate() {
        assert_eq!(history(&[], &[100]).expected(1, at(105)), None);
        assert_eq!(history(&[20], &[]).expected(1, at(105)), None);
    }
}

//! When a seat can be expected: an estimate from how long sessions on the license lasted lately.

use super::pool::Refusal;
use crate::{
    db::{Db, DbError},
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

/// For how long what was read is good enough for an estimate.
const FRESH: Duration = Duration::from_secs(5);

/// What an estimate is made from.
#[derive(Clone, Debug, Default)]
pub struct Prospect {
    lengths: Vec<TimeDelta>,
    since: Vec<DateTime<Utc>>,
}

impl Prospect {
    /// When the seat is expected that falls to this position in the line (1 is the next one); nothing without experience.
    ///
    /// A session that has lasted for a while is expected to last as long as those did, on average, that lasted longer. The
    /// seats are expected back in that order, and each once more after an average session.
    pub fn expected(&self, position: i64, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mean = mean(self.lengths.iter().copied())?;
        let mut left: Vec<_> = self.since.iter().map(|since| self.left(now - *since).unwrap_or(mean)).collect();
        left.sort_unstable();
        let before = usize::try_from(position.max(1) - 1).ok()?;
        let (rounds, place) = (before.checked_div(left.len())?, before.checked_rem(left.len())?);
        let rounds = mean.checked_mul(i32::try_from(rounds).ok()?)?;
        now.checked_add_signed(left.get(place)?.checked_add(&rounds)?)
    }

    fn left(&self, age: TimeDelta) -> Option<TimeDelta> {
        mean(self.lengths.iter().filter(|length| **length > age).map(|length| *length - age))
    }
}

fn mean(lengths: impl Iterator<Item = TimeDelta>) -> Option<TimeDelta> {
    let (sum, number) = lengths.fold((TimeDelta::zero(), 0), |(sum, number), length| (sum + length, number + 1));
    (number > 0).then(|| sum / number)
}

/// Estimates for all licenses, each read anew when it is older than a few seconds. Clones share what was read.
#[derive(Clone, Debug)]
pub struct Prospects {
    db: Db,
    read: Arc<Mutex<HashMap<LicenseId, Read>>>,
}

/// When it was read, and what.
type Read = (Instant, Arc<Prospect>);

impl Prospects {
    /// Nothing is read yet.
    pub fn new(db: Db) -> Self {
        Self { db, read: Arc::default() }
    }

    async fn of(&self, license: LicenseId) -> Result<Arc<Prospect>, DbError> {
        let known = || self.read.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((at, prospect)) = known().get(&license)
            && at.elapsed() < FRESH
        {
            return Ok(prospect.clone());
        }
        let lengths = store::prospects::lengths(&self.db, license).await?;
        let since = store::prospects::since(&self.db, license).await?;
        let prospect = Arc::new(Prospect { lengths, since });
        known().insert(license, (Instant::now(), prospect.clone()));
        Ok(prospect)
    }

    /// When the seat is expected that falls to this position in the whole line. Those to whom one is offered already wait
    /// for none.
    async fn at(
        &self,
        license: LicenseId,
        position: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, DbError> {
        let prospect = self.of(license).await?;
        let offered = if position > 1 { store::prospects::offered(&self.db, license).await? } else { 0 };
        Ok(prospect.expected(position - offered, now))
    }

    /// A refusal with the estimate for somebody who joins the line now. Without one, if it cannot be had.
    pub async fn refused(&self, mut refusal: Refusal, now: DateTime<Utc>) -> super::SeatsError {
        if let Some(facts) =
            refusal.facts.as_mut().filter(|_| refusal.code != seatkeeper_shared::problem::Code::LicenseEnded)
        {
            facts.expected_at = self.at(facts.license_id, facts.waiting + 1, now).await.unwrap_or_default();
        }
        super::SeatsError::Refused(refusal)
    }

    /// A ticket with its estimate.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn tell(&self, mut ticket: TicketView, now: DateTime<Utc>) -> Result<TicketView, DbError> {
        if ticket.state == TicketState::Waiting {
            ticket.expected_at = self.at(ticket.license_id, ticket.position, now).await?;
        }
        Ok(ticket)
    }

    /// Lines with the estimates of all their tickets.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn tell_all(&self, queues: &mut [QueueView], now: DateTime<Utc>) -> Result<(), DbError> {
        for queue in queues.iter_mut().filter(|queue| !queue.tickets.is_empty()) {
            let prospect = self.of(queue.license_id).await?;
            let offered = queue.tickets.iter().filter(|ticket| ticket.state == TicketState::Offered).count();
            let offered = i64::try_from(offered).unwrap_or_default();
            for ticket in queue.tickets.iter_mut().filter(|ticket| ticket.state == TicketState::Waiting) {
                ticket.expected_at = prospect.expected(ticket.position - offered, now);
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

    fn prospect(lengths: &[i64], since: &[i64]) -> Prospect {
        Prospect {
            lengths: lengths.iter().copied().map(TimeDelta::minutes).collect(),
            since: since.iter().copied().map(at).collect(),
        }
    }

    #[test]
    fn the_seat_that_is_likely_back_first_falls_to_the_head() {
        let prospect = prospect(&[10, 10, 10, 40], &[100, 108]);
        // The one who began at 100 has lasted 11 minutes: of those who lasted that long, all lasted 40.
        assert_eq!(
            prospect.expected(1, at(111)),
            Some(at(111) + TimeDelta::seconds(870)),
            "three of 7, one of 37 more minutes"
        );
        assert_eq!(prospect.expected(2, at(111)), Some(at(140)));
    }

    #[test]
    fn whoever_is_behind_waits_for_the_second_round() {
        let prospect = prospect(&[20], &[100]);
        assert_eq!(prospect.expected(1, at(105)), Some(at(120)));
        assert_eq!(prospect.expected(3, at(105)), Some(at(160)));
    }

    #[test]
    fn a_session_longer_than_all_before_is_taken_for_a_new_one() {
        assert_eq!(prospect(&[20], &[100]).expected(1, at(500)), Some(at(520)));
    }

    #[test]
    fn without_experience_or_without_anybody_in_session_there_is_no_estimate() {
        assert_eq!(prospect(&[], &[100]).expected(1, at(105)), None);
        assert_eq!(prospect(&[20], &[]).expected(1, at(105)), None);
    }
}

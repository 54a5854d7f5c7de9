//! The recorded demand of a license for a replay in the browser: so much of it as a browser replays in an instant.

use super::{
    SizingError,
    history::{self, Record},
};
use crate::{
    db::Db,
    pool::replay::{
        demand::Demand,
        history::{HistoryEvent, RecordedChange},
    },
    tasks::spawn_blocking,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::LicenseId;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The most requests of a demand, apart from those at the instant with which it begins.
const MAX_REQUESTS: usize = 20_000;
/// How many demands may be read or wait, on one server.
const MAX_ADMITTED: usize = 8;

/// Reads demands, one at a time.
#[derive(Clone, Debug)]
pub struct DemandReader {
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Default for DemandReader {
    fn default() -> Self {
        Self { admitted: Arc::new(Semaphore::new(MAX_ADMITTED)), running: Arc::new(Semaphore::new(1)) }
    }
}

/// A demand, and the period that it covers.
#[derive(Clone, Debug)]
pub struct RecordedDemand {
    pub from: DateTime<Utc>,
    /// When the log begins, if that is after the requested beginning.
    pub recorded_from: Option<DateTime<Utc>>,
    pub is_shortened: bool,
    pub requests: usize,
    /// As JSON.
    pub demand: String,
}

impl DemandReader {
    /// Reads the demand of a license. If there was more than a browser replays in an instant, the latest.
    ///
    /// # Errors
    /// Returns an error if too many others wait, there is no such license, or the database cannot be read.
    pub async fn read(
        &self,
        db: &Db,
        license: LicenseId,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<RecordedDemand, SizingError> {
        let _admitted = self.admitted.clone().try_acquire_owned().map_err(|_| SizingError::Busy)?;
        let _running = self.running.clone().acquire_owned().await.map_err(|_| SizingError::Stopped)?;
        let whole = history::read(db, license, (from, to), &|_, _| ()).await?.ok_or(SizingError::NotFound)?;
        let later = latest(&whole.history.events, MAX_REQUESTS);
        let record = match later {
            // Read again, and not cut off: who had a seat at that time is part of the record.
            Some(later) => history::read(db, license, (later, to), &|_, _| ()).await?.ok_or(SizingError::NotFound)?,
            None => whole,
        };
        let recorded = move || written(&record, later.is_some());
        spawn_blocking(recorded).await.ok().flatten().ok_or(SizingError::Stopped)
    }
}

/// When the latest requests begin, if there are more of them.
fn latest(events: &[HistoryEvent], requests: usize) -> Option<DateTime<Utc>> {
    let is_request = |event: &&HistoryEvent| {
        use RecordedChange::{Created, Queued, Refused};
        matches!(event.change, Created { .. } | Refused { .. } | Queued { .. })
    };
    let mut before = events.iter().rev().filter(is_request).skip(requests.saturating_sub(1));
    let first = before.next()?;
    before.next().map(|_| first.at)
}

fn written(record: &Record, is_shortened: bool) -> Option<RecordedDemand> {
    let demand = Demand::from_history(&record.history).demand;
    Some(RecordedDemand {
        from: record.history.from,
        recorded_from: record.recorded_from,
        is_shortened,
        requests: demand.requests.len(),
        demand: serde_json::to_string(&demand).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use seatkeeper_shared::{ids::UserId, problem::Code};
    use uuid::Uuid;

    #[test]
    fn the_latest_requests_begin_with_the_first_of_them() {
        let user = UserId(Uuid::nil());
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let refused = |second| {
            let change = RecordedChange::Refused { user, code: Code::PoolFull, device: None };
            HistoryEvent { at: at(second), change }
        };
        let granted = HistoryEvent { at: at(9), change: RecordedChange::Granted(user) };
        let events: Vec<_> = [1, 2, 3, 4].map(refused).into_iter().chain([granted]).collect();
        assert_eq!(latest(&events, 3), Some(at(2)));
        assert_eq!(latest(&events, 4), None);
        assert_eq!(latest(&[], 1), None);
    }
}

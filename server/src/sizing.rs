//! How many seats a license needs: replays its recorded demand with other numbers of seats.
//!
//! A replay of a year can take seconds for each number of seats. So only one report is computed at a time, a few more
//! wait, and one whose client has gone away is cancelled.

mod beginning;
mod busy_hours;
mod changes;
mod daily_peaks;
mod demand;
mod facts;
mod figures;
pub mod history;
mod model;
mod named_use;
mod progress;
mod reservations;

use crate::{
    db::{Db, DbError},
    pool::replay::{Assumptions, Settings},
    tasks::spawn_blocking,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
pub use demand::DemandReader;
pub use figures::{SizedSeats, SizingFigures, TARGET};
pub use named_use::{MicrosRange, busy_share};
use progress::Course;
pub use progress::ProgressReporter;
pub use reservations::{ReservedSeats, SizingGroup};
use seatkeeper_shared::{ids::LicenseId, wire::reports::SizingPhase};
use std::{ops::RangeInclusive, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// How many reports may be computed or wait, on one server.
const MAX_ADMITTED: usize = 8;

/// What is asked about a license.
#[derive(Clone, Debug)]
pub struct SizingQuery {
    pub license: LicenseId,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub zone: Tz,
    /// How many seats there are today.
    pub current_seats: i64,
    /// The numbers of seats that are tried.
    pub sizes: RangeInclusive<i64>,
    /// What differs from the record, apart from the seats.
    pub settings: Settings,
    pub assumptions: Assumptions,
    /// The groups that could get reserved seats.
    pub groups: Vec<SizingGroup>,
}

/// Computes sizing reports, one at a time.
#[derive(Clone, Debug)]
pub struct Sizing {
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Default for Sizing {
    fn default() -> Self {
        Self { admitted: Arc::new(Semaphore::new(MAX_ADMITTED)), running: Arc::new(Semaphore::new(1)) }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum SizingError {
    #[error("too many sizing reports are requested at once")]
    Busy,
    #[error("there is no such license")]
    NotFound,
    #[error("the replay was stopped")]
    Stopped,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A report that may be computed.
#[derive(Debug)]
pub struct AdmittedReport {
    _admitted: OwnedSemaphorePermit,
    running: Arc<Semaphore>,
}

impl Sizing {
    /// Admits a report.
    ///
    /// # Errors
    /// Returns an error if too many others wait.
    pub fn admit(&self) -> Result<AdmittedReport, SizingError> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| SizingError::Busy)?;
        Ok(AdmittedReport { _admitted: admitted, running: self.running.clone() })
    }
}

impl AdmittedReport {
    /// Computes the report, as soon as no other one is. It is cancelled when this future is dropped.
    ///
    /// # Errors
    /// Returns an error if there is no such license, or the database cannot be read.
    pub async fn compute(
        self,
        db: &Db,
        query: SizingQuery,
        reporter: ProgressReporter,
    ) -> Result<SizingFigures, SizingError> {
        let running = self.running.clone().acquire_owned().await.map_err(|_| SizingError::Stopped)?;
        let range = (query.from, query.to);
        let on_read = |done: i64, total: i64| reporter.tell(SizingPhase::Reading, (done, total), 0.0);
        let record = history::read(db, query.license, range, &on_read).await?.ok_or(SizingError::NotFound)?;
        let cancellation = CancellationToken::new();
        let _guard = cancellation.clone().drop_guard();
        let work = move || {
            // Until the replay has really stopped.
            let _running = running;
            let is_cancelled = || cancellation.is_cancelled();
            figures::compute(&record, &query, &Course::new(&reporter, &is_cancelled))
        };
        spawn_blocking(work).await.ok().and_then(Result::ok).ok_or(SizingError::Stopped)
    }
}

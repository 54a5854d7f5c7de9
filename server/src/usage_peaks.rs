//! The most seats of each license that were occupied at once in the last 30 days.
//!
//! The event log is read at most once an hour for each license that is requested. The live feed keeps the peak of the
//! last 24 hours, which covers everything since.

use crate::{
    db::{Db, DbError},
    store,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::LicenseId,
    wire::licenses::{LicenseView, Peak},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

const WINDOW: TimeDelta = TimeDelta::days(30);
/// Shorter than the 24 hours of the live feed, so that the two overlap.
const MAX_AGE: TimeDelta = TimeDelta::hours(1);

/// When a peak was read, and the peak.
type CachedPeak = (DateTime<Utc>, Option<Peak>);

/// The peaks of all licenses, read on demand. Clones share the cache.
#[derive(Clone, Debug)]
pub struct UsagePeaks {
    db: Db,
    cache: Arc<Mutex<HashMap<LicenseId, CachedPeak>>>,
}

impl UsagePeaks {
    /// An empty cache over this database.
    pub fn new(db: Db) -> Self {
        Self { db, cache: Arc::default() }
    }

    /// The peak of the last 30 days. The view must contain the peak of the last 24 hours.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn last_30_days(&self, license: &LicenseView, now: DateTime<Utc>) -> Result<Option<Peak>, DbError> {
        let cache = || self.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let cached = cache().get(&license.id).filter(|(at, _)| now - *at < MAX_AGE).map(|(_, peak)| *peak);
        let older = match cached {
            Some(peak) => peak,
            None => {
                let peak = store::contracts::peak(&self.db, license.id, now - WINDOW).await?;
                cache().insert(license.id, (now, peak));
                peak
            }
        };
        let older = older.filter(|peak| peak.at > now - WINDOW && peak.occupied > 0);
        Ok(older.into_iter().chain(license.usage.peak).max_by_key(|peak| (peak.occupied, peak.at)))
    }
}

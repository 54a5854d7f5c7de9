//! The most seats of each license that were occupied at once in the last 30 days.
//!
//! The log is read once an hour for each license that somebody asks about; what came since is in the peak of the last 24
//! hours, which the live feed keeps.

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

/// How far back it is looked.
const WINDOW: TimeDelta = TimeDelta::days(30);
/// For how long what was read is good enough: less than the live feed looks back.
const FRESH: TimeDelta = TimeDelta::hours(1);

/// When it was read, and what.
type Read = (DateTime<Utc>, Option<Peak>);

/// The peaks that were read, and when. Clones share them.
#[derive(Clone, Debug)]
pub struct Peaks {
    db: Db,
    read: Arc<Mutex<HashMap<LicenseId, Read>>>,
}

impl Peaks {
    /// Nothing is read yet.
    pub fn new(db: Db) -> Self {
        Self { db, read: Arc::default() }
    }

    /// The peak of the last 30 days, for a license with that of the last 24 hours in its view.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(&self, license: &LicenseView, now: DateTime<Utc>) -> Result<Option<Peak>, DbError> {
        let read = || self.read.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = read().get(&license.id).filter(|(at, _)| now - *at < FRESH).map(|(_, peak)| *peak);
        let older = match known {
            Some(peak) => peak,
            None => {
                let peak = store::contracts::peak(&self.db, license.id, now - WINDOW).await?;
                read().insert(license.id, (now, peak));
                peak
            }
        };
        let older = older.filter(|peak| peak.at > now - WINDOW && peak.occupied > 0);
        Ok(older.into_iter().chain(license.usage.peak).max_by_key(|peak| (peak.occupied, peak.at)))
    }
}

//! The last 24 hours of each license, by quarters of an hour; computed at most once a minute for each license, however
//! many managers look.

use crate::{
    db::{Db, DbError},
    monotonic::MonotonicClock,
    store::reports::{ReportScope, ScopeLicense},
    usage_history::{self, HistoryQuery, PeopleFilter, PieceCache},
};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use chrono_tz::Tz;
use seatkeeper_shared::{
    ids::LicenseId,
    wire::reports::{LicenseDay, PeakPeriod, TimelinePoint},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const WINDOW: TimeDelta = TimeDelta::hours(24);
const QUARTER: TimeDelta = TimeDelta::minutes(15);
/// How long a day is cached.
const MAX_AGE: Duration = Duration::from_secs(60);

/// When a day was computed, and the day.
type CachedDay = (Instant, LicenseDay);

/// The last day of all licenses, computed on demand. Clones share the cache.
#[derive(Clone, Debug)]
pub struct LicenseDays {
    db: Db,
    monotonic: MonotonicClock,
    /// Computed hours, shared with the reports.
    pieces: PieceCache,
    cache: Arc<Mutex<HashMap<LicenseId, CachedDay>>>,
}

impl LicenseDays {
    /// An empty cache over this database.
    pub fn new(db: Db, monotonic: MonotonicClock, pieces: PieceCache) -> Self {
        Self { db, monotonic, pieces, cache: Arc::default() }
    }

    /// The last 24 hours of a license.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn of(&self, license: ScopeLicense, zone: Tz, now: DateTime<Utc>) -> Result<LicenseDay, DbError> {
        let cache = || self.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let id = license.view.id;
        if let Some((at, day)) = cache().get(&id)
            && self.monotonic.since(*at) < MAX_AGE
        {
            return Ok(day.clone());
        }
        // From the quarter of an hour on that contains the time 24 hours ago.
        let from = (now - WINDOW).duration_trunc(QUARTER).unwrap_or(now - WINDOW);
        let (scope, licenses) = (ReportScope::License(id), vec![license]);
        let query = HistoryQuery { scope, licenses, from, to: now, zone, cache: self.pieces.clone() };
        let query = query.recorded(&self.db).await?;
        let usage = usage_history::usage(&self.db, &query, &PeopleFilter::default(), PeakPeriod::Day).await?;
        let points = quarter_hours(&usage.timeline.points, query.from, now);
        let day = LicenseDay { license_id: id, points, refusals: usage.merged.figures.refusals };
        cache().insert(id, (self.monotonic.now(), day.clone()));
        Ok(day)
    }
}

/// The most occupied seats and waiting agents of each quarter of an hour, and the seats at its end. Each point applies
/// until the next one.
fn quarter_hours(points: &[TimelinePoint], from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<TimelinePoint> {
    let mut next = points.iter().peekable();
    let mut quarters = Vec::new();
    let Some(mut level) = points.first().copied() else { return quarters };
    let mut at = from;
    while at < to {
        let end = at + QUARTER;
        let mut quarter = TimelinePoint { at, least_occupied: None, ..level };
        while let Some(point) = next.next_if(|point| point.at < end) {
            level = *point;
            let begins_with_it = point.at <= at;
            quarter.occupied = if begins_with_it { point.occupied } else { quarter.occupied.max(point.occupied) };
            quarter.waiting = if begins_with_it { point.waiting } else { quarter.waiting.max(point.waiting) };
            quarter.seats = point.seats;
        }
        quarters.push(quarter);
        at = end;
    }
    quarters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn point(minutes: i64, occupied: i64, waiting: i64) -> TimelinePoint {
        TimelinePoint { at: at(minutes), occupied, least_occupied: None, waiting, seats: 4 }
    }

    #[test]
    fn a_quarter_of_an_hour_has_the_most_of_its_time() {
        let points = [point(0, 1, 0), point(5, 3, 0), point(9, 0, 2), point(20, 2, 0), point(45, 4, 0)];
        let quarters = quarter_hours(&points, at(0), at(50));
        let seen: Vec<_> = quarters.iter().map(|quarter| (quarter.at, quarter.occupied, quarter.waiting)).collect();
        assert_eq!(
            seen,
            [(at(0), 3, 2), (at(15), 2, 2), (at(30), 2, 0), (at(45), 4, 0)],
            "what was the case at its beginning counts, and a change at that very moment replaces it"
        );
    }

    #[test]
    fn nothing_is_known_without_points() {
        assert_eq!(quarter_hours(&[], at(0), at(60)), Vec::new());
    }
}

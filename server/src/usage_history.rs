//! Reads the usage history of licenses: joins stored days and records of the log into reports.

mod piece_cache;
mod record_reader;
pub mod rollups;
mod source;
mod steps;

use crate::{
    db::{Db, DbError},
    reports::{
        local_time::time,
        merge::{MergedUsage, UsageMerger},
        state::UsageState,
        summary::ExactTimeline,
        time_span::Span,
    },
    store::{self, reports::ReportScope},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
pub use piece_cache::PieceCache;
use record_reader::{Content, RecordReader};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    session::Platform,
    wire::reports::{PeakPeriod, RefusalMark, Timeline, TimelinePoint, TimelineResolution},
};
use source::{Detail, Part, Source, state_of_sessions};
use std::collections::BTreeSet;
pub use steps::StepReader;

/// The most points of a timeline, unless there are more days.
const MAX_POINTS: i64 = 2_000;

/// What a report is about.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    pub scope: ReportScope,
    /// The licenses of the scope.
    pub licenses: Vec<store::reports::ScopeLicense>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub zone: Tz,
    /// Computed hours of the present day.
    pub cache: PieceCache,
}

impl HistoryQuery {
    pub fn license_ids(&self) -> Vec<LicenseId> {
        self.licenses.iter().map(|license| license.view.id).collect()
    }

    fn micros(&self) -> (i64, i64) {
        (self.from.timestamp_micros(), self.to.timestamp_micros())
    }

    /// The same without the time of which nothing is known: events before the log begins were removed, and days that
    /// are stored instead count only as a whole.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn recorded(&self, db: &Db) -> Result<Self, DbError> {
        let mut recorded = self.clone();
        let Some(log_start) = store::reports::pruned_until(db).await? else { return Ok(recorded) };
        let scope = self.scope.id();
        let first = store::reports::days::first(db, scope).await?.unwrap_or(log_start);
        recorded.from = self.from.max(first.min(log_start));
        if let Some((start, end)) = store::reports::days::containing(db, scope, recorded.from).await?
            && start < log_start
        {
            recorded.from = end;
        }
        if let Some((start, _)) = store::reports::days::containing(db, scope, self.to).await?
            && start < log_start
        {
            recorded.to = start;
        }
        Ok(recorded)
    }
}

/// Only some people, or one platform.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Only these users.
    pub users: Option<BTreeSet<UserId>>,
    /// Only sessions on this platform.
    pub platform: Option<Platform>,
}

impl PeopleFilter {
    fn includes(&self, user: UserId) -> bool {
        self.users.as_ref().is_none_or(|users| users.contains(&user))
    }

    fn is_all(&self) -> bool {
        self.users.is_none() && self.platform.is_none()
    }
}

/// The usage of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageHistory {
    /// The figures, including the number of users.
    pub merged: MergedUsage,
    pub timeline: Timeline,
}

/// The usage of a period of which everything is known, see [`HistoryQuery::recorded`].
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn usage(
    db: &Db,
    query: &HistoryQuery,
    filter: &PeopleFilter,
    peak_period: PeakPeriod,
) -> Result<UsageHistory, DbError> {
    let resolution = span_resolution(query);
    let mut merger = UsageMerger::new(query.zone, peak_period, resolution);
    let mut users = UserCounter::default();
    let mut source = Source::of(db, query, filter).await?;
    let detail = Detail::Days { with_quarters: resolution == TimelineResolution::QuarterHour };
    let mut add = |part| match part {
        Part::Stored(day) => {
            merger.add(&day.summary);
            users.add_stored(&day);
        }
        Part::Computed(piece) => {
            merger.add(&piece.summary);
            users.computed.extend(piece.users);
        }
    };
    source.parts(query, detail, &mut add).await?;
    let mut merged = merger.finish(&source.state);
    merged.figures.users = users.count(db, query).await?;
    let is_in_log = source.log_start.is_none_or(|start| query.from >= start);
    let timeline = if merged.exact_points <= MAX_POINTS && is_in_log {
        let exact = exact_timeline(db, query, filter).await?;
        Timeline { resolution: TimelineResolution::Exact, points: exact.points, refusals: exact.refusals }
    } else {
        span_timeline(resolution, &merged.spans)
    };
    Ok(UsageHistory { merged, timeline })
}

/// Counts different users: of stored days by when each had a session before, so that none is counted twice.
#[derive(Debug, Default)]
struct UserCounter {
    computed: BTreeSet<UserId>,
    /// The beginnings of the first and the last stored day.
    stored: Option<(i64, i64)>,
    of_stored: i64,
}

impl UserCounter {
    fn add_stored(&mut self, day: &store::reports::days::StoredDay) {
        let from = day.summary.from;
        let (first, last) = self.stored.get_or_insert((from, from));
        *last = from;
        self.of_stored += day.users.new_since(*first);
    }

    async fn count(&self, db: &Db, query: &HistoryQuery) -> Result<i64, DbError> {
        let seen = match self.stored {
            Some(days) if !self.computed.is_empty() => {
                store::reports::days::seen(db, query.scope.id(), &self.computed, days).await?.len()
            }
            _ => 0,
        };
        Ok(self.of_stored + i64::try_from(self.computed.len() - seen).unwrap_or(i64::MAX))
    }
}

/// The state of the licenses at the end of the query: after all events up to it.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn state_at_end(db: &Db, query: &HistoryQuery) -> Result<UsageState, DbError> {
    let mut source = Source::since(db, query, query.to).await?;
    if source.log_start.is_some_and(|start| query.to < start) {
        return state_of_sessions(db, query, query.to, &source.state).await;
    }
    source.advance_to(query, query.to.timestamp_micros()).await?;
    source.catch_up(query);
    source.advance(query.to.timestamp_micros() + 1).await?;
    Ok(source.state)
}

/// Purchased seats times microseconds in the period.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn available_seat_time(db: &Db, query: &HistoryQuery) -> Result<i128, DbError> {
    let query = query.recorded(db).await?;
    let mut source = Source::of(db, &query, &PeopleFilter::default()).await?;
    let mut available = 0;
    let mut add = |part| {
        let seats = match part {
            Part::Stored(day) => day.summary.seats,
            Part::Computed(piece) => piece.summary.seats,
        };
        available += seats.iter().map(|(seats, time)| i128::from(*seats) * i128::from(*time)).sum::<i128>();
    };
    source.parts(&query, Detail::Days { with_quarters: false }, &mut add).await?;
    Ok(available)
}

/// Each change in a period.
async fn exact_timeline(db: &Db, query: &HistoryQuery, filter: &PeopleFilter) -> Result<ExactTimeline, DbError> {
    let mut exact = ExactTimeline::default();
    let mut source = Source::of(db, query, filter).await?;
    let mut add = |part| {
        let Part::Computed(piece) = part else { return };
        exact.refusals.extend(piece.exact.refusals);
        for point in piece.exact.points {
            // The first one of a day repeats the last one of the day before.
            let is_same = |last: &TimelinePoint| TimelinePoint { at: point.at, ..*last } == point;
            if !exact.points.last().is_some_and(is_same) {
                exact.points.push(point);
            }
        }
    };
    source.parts(query, Detail::Exact, &mut add).await?;
    Ok(exact)
}

/// The finest resolution, apart from an exact one, that gives at most [`MAX_POINTS`]; days, however many there are.
fn span_resolution(query: &HistoryQuery) -> TimelineResolution {
    let minutes = (query.to - query.from).num_minutes();
    // The first and the last span may be shorter, and so may those at midnight.
    let days = minutes / 1_440 + 2;
    match (minutes / 15 + days <= MAX_POINTS, minutes / 60 + days <= MAX_POINTS) {
        (true, _) => TimelineResolution::QuarterHour,
        (_, true) => TimelineResolution::Hour,
        _ => TimelineResolution::Day,
    }
}

fn span_timeline(resolution: TimelineResolution, spans: &[Span]) -> Timeline {
    let point = |span: &Span| TimelinePoint {
        at: time(span.from),
        occupied: span.peak,
        least_occupied: (span.least != span.peak).then_some(span.least),
        waiting: span.waiting,
        seats: span.seats,
    };
    let refused = spans.iter().filter(|span| span.requests > 0);
    Timeline {
        resolution,
        points: spans.iter().map(point).collect(),
        refusals: refused.map(|span| RefusalMark { at: time(span.from), count: span.requests }).collect(),
    }
}

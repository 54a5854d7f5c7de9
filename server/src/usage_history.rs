//! Reads the usage history of licenses: joins pieces of time into reports.

mod record_reader;

use crate::{
    db::{Db, DbError},
    reports::{
        filtered,
        local_time::{next_midnight, time},
        merge::{MergedUsage, UsageMerger},
        record::UsageRecord,
        seat_time::SeatSession,
        span::Span,
        state::UsageState,
        summary::{ExactTimeline, Piece, PieceBuilder},
    },
    store::{self, reports::ReportScope},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
pub use record_reader::{Content, RecordReader};
use seatkeeper_shared::{
    ids::{LicenseId, Position, UserId},
    session::Platform,
    wire::reports::{PeakPeriod, RefusalMark, Timeline, TimelinePoint, TimelineResolution},
};
use std::collections::{BTreeMap, BTreeSet};

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
}

impl HistoryQuery {
    pub fn license_ids(&self) -> Vec<LicenseId> {
        self.licenses.iter().map(|license| license.view.id).collect()
    }

    fn micros(&self) -> (i64, i64) {
        (self.from.timestamp_micros(), self.to.timestamp_micros())
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
#[derive(Clone, Debug)]
pub struct UsageHistory {
    /// The figures, including the number of users.
    pub merged: MergedUsage,
    pub timeline: Timeline,
}

/// The usage of a period.
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
    let mut users = BTreeSet::new();
    let mut source = Source::of(db, query, filter).await?;
    let state = source
        .pieces(query, false, &mut |piece: Piece| {
            merger.add(&piece.summary);
            users.extend(piece.users);
        })
        .await?;
    let mut merged = merger.finish(&state);
    merged.figures.users = i64::try_from(users.len()).unwrap_or(i64::MAX);
    let timeline = if merged.exact_points <= MAX_POINTS {
        let exact = exact_timeline(db, query, filter).await?;
        Timeline { resolution: TimelineResolution::Exact, points: exact.points, refusals: exact.refusals }
    } else {
        span_timeline(resolution, &merged.spans)
    };
    Ok(UsageHistory { merged, timeline })
}

/// The state of the licenses at a time: that of all events up to it.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn state_at(db: &Db, query: &HistoryQuery) -> Result<UsageState, DbError> {
    let mut source = Source::of(db, query, &PeopleFilter::default()).await?;
    source.advance(query.to.timestamp_micros() + 1).await?;
    Ok(source.state)
}

/// Purchased seats times microseconds in the period.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn available_seat_time(db: &Db, query: &HistoryQuery) -> Result<i128, DbError> {
    let mut source = Source::of(db, query, &PeopleFilter::default()).await?;
    let mut available = 0;
    let mut add = |piece: Piece| {
        available +=
            piece.summary.seats.iter().map(|(seats, time)| i128::from(*seats) * i128::from(*time)).sum::<i128>();
    };
    source.pieces(query, false, &mut add).await?;
    Ok(available)
}

/// Each change in a period.
///
/// # Errors
/// Returns an error if the database cannot be read.
pub async fn exact_timeline(db: &Db, query: &HistoryQuery, filter: &PeopleFilter) -> Result<ExactTimeline, DbError> {
    let mut exact = ExactTimeline::default();
    let mut source = Source::of(db, query, filter).await?;
    let mut add = |piece: Piece| {
        exact.refusals.extend(piece.exact.refusals);
        for point in piece.exact.points {
            // The first one of a day repeats the last one of the day before.
            let is_same = |last: &TimelinePoint| TimelinePoint { at: point.at, ..*last } == point;
            if !exact.points.last().is_some_and(is_same) {
                exact.points.push(point);
            }
        }
    };
    source.pieces(query, true, &mut add).await?;
    Ok(exact)
}

/// Reads each change in a period, some at a time.
pub struct StepReader {
    source: Source,
    query: HistoryQuery,
    /// Where the next piece begins.
    next: i64,
    last: Option<TimelinePoint>,
}

impl StepReader {
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn new(db: &Db, query: HistoryQuery, filter: &PeopleFilter) -> Result<Self, DbError> {
        let mut source = Source::of(db, &query, filter).await?;
        let next = query.micros().0;
        source.advance(next).await?;
        Ok(Self { source, query, next, last: None })
    }

    pub fn is_finished(&self) -> bool {
        self.next >= self.query.micros().1
    }

    /// The next changes: those of whole days, until there are at least so many.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn read(&mut self, min_points: usize) -> Result<Vec<TimelinePoint>, DbError> {
        let mut points = Vec::new();
        while !self.is_finished() && points.len() < min_points {
            let piece = self.source.next_piece(&self.query, self.next, true).await?;
            self.next = piece.summary.to;
            for point in piece.exact.points {
                let is_same = |last: TimelinePoint| TimelinePoint { at: point.at, ..last } == point;
                if !self.last.is_some_and(is_same) {
                    points.push(point);
                    self.last = Some(point);
                }
            }
        }
        Ok(points)
    }
}

/// The finest resolution, apart from an exact one, that gives at most [`MAX_POINTS`]; days, however many there are.
fn span_resolution(query: &HistoryQuery) -> TimelineResolution {
    let minutes = (query.to - query.from).num_minutes();
    // The first and the last span may be shorter.
    match (minutes / 15 + 2 <= MAX_POINTS, minutes / 60 + 2 <= MAX_POINTS) {
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

/// Where pieces come from: records in the order of the log, and the state before the next one.
struct Source {
    reader: RecordReader,
    state: UsageState,
}

impl Source {
    async fn of(db: &Db, query: &HistoryQuery, filter: &PeopleFilter) -> Result<Self, DbError> {
        if filter.is_all() {
            let reader = RecordReader::new(db, query, Content::All, Position(0));
            return Ok(Self { reader, state: UsageState::default() });
        }
        Self::of_people(db, query, filter).await
    }

    async fn of_people(db: &Db, query: &HistoryQuery, filter: &PeopleFilter) -> Result<Self, DbError> {
        let range = (query.from, query.to);
        let users = filter.users.as_ref();
        let sessions: Vec<SeatSession> =
            store::reports::sessions::overlapping(db, &query.license_ids(), range, users, filter.platform).await?;
        let mut reader = RecordReader::new(db, query, Content::WithoutSessions, Position(0));
        let mut others = Vec::new();
        while let Some(record) = reader.next().await? {
            // Neither refusals nor tickets belong to a platform.
            let is_included = match record.user {
                Some(user) => filter.includes(user) && filter.platform.is_none(),
                None => true,
            };
            if is_included {
                others.push(record);
            }
        }
        let rules = query.licenses.iter().map(|license| (license.view.id, license.rule)).collect::<BTreeMap<_, _>>();
        let state = filtered::initial_state(&UsageState::default(), |user| filter.includes(user));
        Ok(Self { reader: RecordReader::of(filtered::records(&sessions, &rules, others)), state })
    }

    /// Applies all records before a time.
    async fn advance(&mut self, until: i64) -> Result<(), DbError> {
        while let Some(record) = self.next_before(until).await? {
            self.state.apply(&record);
        }
        Ok(())
    }

    async fn next_before(&mut self, until: i64) -> Result<Option<UsageRecord>, DbError> {
        let state = &self.state;
        self.reader.next_if(|record| state.time_of(record) < until).await
    }

    /// Passes the pieces of the period on, in order of time. Returns the state at its end.
    async fn pieces(
        &mut self,
        query: &HistoryQuery,
        with_timeline: bool,
        add: &mut (dyn FnMut(Piece) + Send),
    ) -> Result<UsageState, DbError> {
        let (from, to) = query.micros();
        self.advance(from).await?;
        let mut at = from;
        while at < to {
            let piece = self.next_piece(query, at, with_timeline).await?;
            at = piece.summary.to;
            add(piece);
        }
        Ok(self.state.clone())
    }

    /// The piece that begins at this time, up to midnight or the end of the period.
    async fn next_piece(&mut self, query: &HistoryQuery, from: i64, with_timeline: bool) -> Result<Piece, DbError> {
        let to = next_midnight(query.zone, time(from)).timestamp_micros().min(query.micros().1);
        let mut builder = PieceBuilder::new(query.zone, self.state.clone(), from, to, with_timeline);
        while let Some(record) = {
            let state = builder.state();
            self.reader.next_if(|record| state.time_of(record) < to).await?
        } {
            builder.apply(&record);
        }
        let piece = builder.finish();
        self.state = piece.state.clone();
        Ok(piece)
    }
}

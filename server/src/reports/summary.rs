//! Sums up a piece of time: the one function that makes the summary of a day, or of a part of it, from the records of
//! the log.

use super::{
    SECOND,
    attempts::{self, AttemptEdges, AttemptFolder, AttemptOutcome, SeatedUser},
    full_spells::{FullSpells, SpellFinder},
    local_time::{hour_ends, quarter_ends, time},
    record::{RecordKind, RefusedRequest, UsageRecord, is_for_lack_of_seats},
    state::{Level, UsageState},
    time_span::{Span, SpanTrack},
    waits::WaitHistogram,
};
use chrono_tz::Tz;
use seatkeeper_shared::{
    ids::UserId,
    ticket::TicketEnd,
    wire::reports::{RefusalMark, TimelinePoint},
};
use std::collections::{BTreeMap, BTreeSet};

/// Within how many microseconds a repeated request belongs to the same attempt.
pub const ATTEMPT_WINDOW: i64 = 10 * SECOND;
/// The upper limits of the lengths of sessions that are counted together, in seconds.
pub const LENGTH_LIMITS: [i64; 9] = [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];

/// What happened in a piece of time. Times and durations are in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub from: i64,
    pub to: i64,
    /// The levels at the beginning and at the end.
    pub first: Level,
    pub last: Level,
    /// How often the level changed in between.
    pub changes: i64,
    /// How long this many seats were occupied.
    pub occupied: BTreeMap<i64, i64>,
    /// How long this many seats were purchased.
    pub seats: BTreeMap<i64, i64>,
    pub full: FullSpells,
    /// The requests that were refused while all seats were occupied.
    pub refused_while_full: i64,
    /// The created sessions.
    pub sessions: i64,
    /// The seats that requests needed, and how many requests.
    pub needed_seats: BTreeMap<i64, i64>,
    /// The sessions that ended, by length: below each of [`LENGTH_LIMITS`], and longer.
    pub lengths: [i64; LENGTH_LIMITS.len() + 1],
    /// The waits that ended.
    pub waits: BTreeMap<TicketEnd, WaitHistogram>,
    pub edges: AttemptEdges,
    /// The local hours.
    pub hours: Vec<Span>,
    /// The quarters of an hour.
    pub quarters: Vec<Span>,
}

/// Each change in a piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExactTimeline {
    pub points: Vec<TimelinePoint>,
    pub refusals: Vec<RefusalMark>,
}

/// The result of summing up a piece.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    pub summary: Summary,
    /// The state at its end.
    pub state: UsageState,
    /// The users who had a session.
    pub users: BTreeSet<UserId>,
    /// Each change; only if it was requested.
    pub exact: ExactTimeline,
}

/// Sums up a piece from its records, which are applied in the order of the log.
#[derive(Clone, Debug)]
pub struct PieceBuilder {
    to: i64,
    /// Until when levels have been recorded.
    held_until: i64,
    held: Option<Level>,
    level: Level,
    piece: Piece,
    hours: SpanTrack,
    quarters: SpanTrack,
    spells: SpellFinder,
    attempts: AttemptFolder,
    with_timeline: bool,
}

impl PieceBuilder {
    /// A piece between two times without a local midnight in between, with the state at its beginning.
    pub fn new(zone: Tz, state: UsageState, from: i64, to: i64, with_timeline: bool) -> Self {
        let level = state.level();
        let users = state.sessions.values().map(|session| session.user).collect();
        let summary = Summary { from, to, first: level, ..Summary::default() };
        Self {
            to,
            held_until: from,
            held: None,
            level,
            piece: Piece { summary, state, users, exact: ExactTimeline::default() },
            hours: SpanTrack::new(from, &hour_ends(zone, from, to)),
            quarters: SpanTrack::new(from, &quarter_ends(from, to)),
            spells: SpellFinder::new(from),
            attempts: AttemptFolder::new(ATTEMPT_WINDOW),
            with_timeline,
        }
    }

    /// The state after the records so far.
    pub fn state(&self) -> &UsageState {
        &self.piece.state
    }

    /// Applies a record, whose time must be before the end of the piece.
    pub fn apply(&mut self, record: &UsageRecord) {
        let at = self.piece.state.time_of(record).max(self.held_until);
        self.hold_until(at);
        let before = self.level;
        let was_waiting = record.user.is_some_and(|user| self.piece.state.is_waiting(user));
        let applied = self.piece.state.apply(record);
        self.level = self.piece.state.level();
        let summary = &mut self.piece.summary;
        if let Some(length) = applied.session_length {
            let index = LENGTH_LIMITS.partition_point(|limit| limit * SECOND <= length);
            if let Some(count) = summary.lengths.get_mut(index) {
                *count += 1;
            }
        }
        match (&record.kind, record.user) {
            (RecordKind::Created(_), Some(user)) => {
                summary.sessions += 1;
                // A request that waited was counted when it began to wait.
                if !was_waiting {
                    *summary.needed_seats.entry(self.level.occupied).or_default() += 1;
                }
                if at - summary.from <= ATTEMPT_WINDOW {
                    summary.edges.seats.push(SeatedUser { user, at, position: record.position });
                }
                self.piece.users.insert(user);
                self.attempts.seat(user, at);
            }
            (RecordKind::Queued(_), _) => {
                *summary.needed_seats.entry(before.occupied + before.waiting + 1).or_default() += 1;
            }
            (RecordKind::Unqueued(_, end), _) => {
                if let Some(wait) = applied.wait {
                    summary.waits.entry(*end).or_default().add(wait);
                }
            }
            (RecordKind::Refused(refused), _) => self.refuse(record, refused, at),
            _ => {}
        }
    }

    fn refuse(&mut self, record: &UsageRecord, refused: &RefusedRequest, at: i64) {
        let level = self.level;
        self.piece.summary.refused_while_full += i64::from(level.is_full());
        for span in [self.hours.at(at), self.quarters.at(at)].into_iter().flatten() {
            span.requests += 1;
        }
        if self.with_timeline {
            self.piece.exact.refusals.push(RefusalMark { at: time(at), count: 1 });
        }
        let needed = is_for_lack_of_seats(refused.code).then_some(level.occupied + level.waiting + 1);
        if let Some(request) = attempts::request(record, refused, at, needed) {
            self.attempts.refuse(request);
        }
    }

    /// The level so far applies until then. Changes at the same time are one.
    fn hold_until(&mut self, at: i64) {
        let (from, level) = (self.held_until, self.level);
        if at <= from {
            return;
        }
        if self.held != Some(level) {
            self.piece.summary.changes += i64::from(self.held.is_some());
            if self.held.is_none() {
                self.piece.summary.first = level;
            }
            self.spells.hold(level.is_full(), from);
            if self.with_timeline {
                let Level { occupied, waiting, seats } = level;
                let point = TimelinePoint { at: time(from), occupied, least_occupied: None, waiting, seats };
                self.piece.exact.points.push(point);
            }
            self.held = Some(level);
        }
        self.hours.hold(level, from, at);
        self.quarters.hold(level, from, at);
        *self.piece.summary.occupied.entry(level.occupied).or_default() += at - from;
        *self.piece.summary.seats.entry(level.seats).or_default() += at - from;
        self.held_until = at;
    }

    /// The piece, after its last record.
    pub fn finish(mut self) -> Piece {
        let to = self.to;
        self.hold_until(to);
        let summary = &mut self.piece.summary;
        summary.last = self.level;
        summary.full = self.spells.finish(to);
        for attempt in self.attempts.finish(to) {
            let may_be_continued = attempt.outcome == AttemptOutcome::Open;
            if attempt.first_at - summary.from <= ATTEMPT_WINDOW || may_be_continued {
                summary.edges.attempts.push(attempt);
            } else if attempt.outcome == AttemptOutcome::Refused {
                for span in [self.hours.at(attempt.first_at), self.quarters.at(attempt.first_at)].into_iter().flatten()
                {
                    span.attempts += 1;
                }
                if let Some(needed) = attempt.needed_seats {
                    *summary.needed_seats.entry(needed).or_default() += 1;
                }
            }
        }
        summary.hours = self.hours.into_spans();
        summary.quarters = self.quarters.into_spans();
        self.piece
    }
}

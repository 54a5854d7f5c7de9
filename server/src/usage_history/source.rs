//! Where pieces of time come from: stored days, and records of the log for the rest.

use super::{
    Content, HistoryQuery, PeopleFilter, RecordReader,
    piece_cache::{CachedPiece, PieceKey},
    rollups::SETTLING_TIME,
};
use crate::{
    db::{Db, DbError},
    reports::{
        SECOND, filtered,
        local_time::{hour_end, next_midnight, time},
        record::UsageRecord,
        seat_time::SeatSession,
        state::{LicenseLevel, UsageState},
        summary::{Piece, PieceBuilder},
    },
    store::reports::{
        self,
        days::{self, DayFilter, StoredDay},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use seatkeeper_shared::ids::Position;
use std::collections::{BTreeMap, BTreeSet};

/// Up to how many microseconds are computed hour by hour, and so kept in the cache: two days.
const MAX_HOURLY: i64 = 48 * 3_600 * SECOND;

/// A part of a period, in order of time.
pub enum Part {
    /// A stored day.
    Stored(Box<StoredDay>),
    /// Computed from the log.
    Computed(Box<Piece>),
}

/// Whether stored days may be used instead of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Stored days, with quarters of an hour or without.
    Days { with_quarters: bool },
    /// Each change, which only the log has.
    Exact,
}

/// Records in the order of the log, and the state before the next one.
pub struct Source {
    db: Db,
    reader: RecordReader,
    pub(super) state: UsageState,
    /// The time of the state, in microseconds.
    at: i64,
    /// The last record that was applied.
    pub(super) position: Position,
    /// Whether the state was taken from the cache, so that the reader has to begin anew after the position.
    is_reader_behind: bool,
    /// When the log begins, if earlier events were removed.
    pub(super) log_start: Option<DateTime<Utc>>,
    uses_days: bool,
}

impl Source {
    /// A source for the time from the beginning of the query on.
    pub async fn of(db: &Db, query: &HistoryQuery, filter: &PeopleFilter) -> Result<Self, DbError> {
        if filter.is_all() {
            Self::since(db, query, query.from).await
        } else {
            Self::of_people(db, query, filter).await
        }
    }

    /// A source whose state is that before the record from which a time can be reached: at the end of the last stored
    /// day before it, or at the beginning of the log.
    pub async fn since(db: &Db, query: &HistoryQuery, at: DateTime<Utc>) -> Result<Self, DbError> {
        let log_start = reports::pruned_until(db).await?;
        let (at, state, position) = match days::last_ended(db, query.scope.id(), at).await? {
            Some(end) => (end.at, end.state, end.position),
            None => match log_start {
                Some(start) => (start.timestamp_micros(), state_at_log_start(db, query, start).await?, Position(0)),
                None => (i64::MIN / 2, UsageState::default(), Position(0)),
            },
        };
        let reader = RecordReader::new(db, query, Content::All, position);
        let (db, is_reader_behind, uses_days) = (db.clone(), false, true);
        Ok(Self { db, reader, state, at, position, is_reader_behind, log_start, uses_days })
    }

    async fn of_people(db: &Db, query: &HistoryQuery, filter: &PeopleFilter) -> Result<Self, DbError> {
        let (range, ids) = ((query.from, query.to), query.license_ids());
        let users = filter.users.as_ref();
        let sessions: Vec<SeatSession> =
            reports::sessions::overlapping(db, &ids, range, users, filter.platform).await?;
        let start = Self::since(db, query, query.from).await?;
        let mut reader = RecordReader::new(db, query, Content::WithoutSessions, start.position);
        let mut others = Vec::new();
        while let Some(record) = reader.next().await?.filter(|record| record.at < query.to) {
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
        let state = filtered::initial_state(&start.state, |user| filter.includes(user) && filter.platform.is_none());
        let reader = RecordReader::of(filtered::records(&sessions, &rules, others));
        Ok(Self { reader, state, uses_days: false, ..start })
    }

    /// Applies all records before a time, from the cache if it has them.
    pub async fn advance_to(&mut self, query: &HistoryQuery, until: i64) -> Result<(), DbError> {
        while self.uses_days && until - self.at <= MAX_HOURLY && hour_end(query.zone, self.at) <= until {
            self.hour_piece(query, self.at, until).await?;
        }
        if self.at < until {
            self.catch_up(query);
            self.advance(until).await?;
        }
        Ok(())
    }

    /// Makes the reader begin after the last record, if the state was taken from the cache.
    pub fn catch_up(&mut self, query: &HistoryQuery) {
        if std::mem::take(&mut self.is_reader_behind) {
            self.reader = RecordReader::new(&self.db, query, Content::All, self.position);
        }
    }

    /// The piece from a time, which the state has, to the end of the hour or an earlier time.
    async fn hour_piece(&mut self, query: &HistoryQuery, from: i64, end: i64) -> Result<Piece, DbError> {
        let to = hour_end(query.zone, from).min(end);
        let key = PieceKey { scope: query.scope.id(), zone: query.zone.name(), from, to };
        if let Some(cached) = query.cache.get(&key) {
            let piece = cached.piece.clone();
            (self.state, self.position, self.at) = (piece.state.clone(), cached.position, to);
            self.is_reader_behind = true;
            return Ok(piece);
        }
        self.catch_up(query);
        let piece = self.next_piece(query.zone, from, to, false).await?;
        // Not the last one of a period, which is seldom that of another one.
        if to == hour_end(query.zone, from) && time(to) + SETTLING_TIME <= query.to {
            query.cache.insert(key, CachedPiece { piece: piece.clone(), position: self.position });
        }
        Ok(piece)
    }

    /// Applies all records before a time.
    pub async fn advance(&mut self, until: i64) -> Result<(), DbError> {
        self.at = self.at.max(until);
        while let Some(record) = self.next_before(until).await? {
            self.position = record.position;
            self.state.apply(&record);
        }
        Ok(())
    }

    async fn next_before(&mut self, until: i64) -> Result<Option<UsageRecord>, DbError> {
        let state = &self.state;
        self.reader.next_if(|record| state.time_of(record) < until).await
    }

    /// When the next record counts; `None` if there is none.
    pub async fn next_at(&mut self) -> Result<Option<i64>, DbError> {
        let state = &self.state;
        Ok(self.reader.peek().await?.map(|record| state.time_of(record)))
    }

    /// Passes the parts of the period on, in order of time. Afterwards, the state is that at the end of the period.
    pub async fn parts(
        &mut self,
        query: &HistoryQuery,
        detail: Detail,
        add: &mut (dyn FnMut(Part) + Send),
    ) -> Result<(), DbError> {
        let (from, to) = query.micros();
        let mut days = self.days(query, detail).await?.into_iter().peekable();
        let mut skipped = false;
        let mut at = from;
        while at < to {
            if let Some(day) = days.next_if(|day| day.summary.from == at) {
                at = day.summary.to;
                skipped = true;
                add(Part::Stored(Box::new(day)));
                continue;
            }
            if std::mem::take(&mut skipped) {
                self.jump_to(query, at).await?;
            }
            self.advance_to(query, at).await?;
            let end = days.peek().map_or(to, |day| day.summary.from.min(to));
            let is_hourly = self.uses_days && detail != Detail::Exact && end - at <= MAX_HOURLY;
            let piece = if is_hourly {
                self.hour_piece(query, at, end).await?
            } else {
                self.catch_up(query);
                self.next_piece(query.zone, at, end, detail == Detail::Exact).await?
            };
            at = piece.summary.to;
            add(Part::Computed(Box::new(piece)));
        }
        if skipped {
            self.jump_to(query, to).await?;
        }
        Ok(())
    }

    async fn days(&self, query: &HistoryQuery, detail: Detail) -> Result<Vec<StoredDay>, DbError> {
        let Detail::Days { with_quarters } = detail else { return Ok(Vec::new()) };
        if !self.uses_days {
            return Ok(Vec::new());
        }
        let (range, scope) = ((query.from, query.to), query.scope.id());
        let filter = DayFilter { zone: query.zone.name(), log_start: self.log_start };
        let mut stored = days::between(&self.db, scope, range, filter).await?;
        if with_quarters {
            days::add_quarters(&self.db, scope, range, &mut stored).await?;
        }
        Ok(stored)
    }

    /// Goes on after stored days.
    async fn jump_to(&mut self, query: &HistoryQuery, at: i64) -> Result<(), DbError> {
        let next = Self::since(&self.db, query, time(at)).await?;
        (self.reader, self.state, self.position) = (next.reader, next.state, next.position);
        (self.at, self.is_reader_behind) = (next.at.max(at), false);
        Ok(())
    }

    /// The piece that begins at this time, up to midnight or the given end.
    pub async fn next_piece(&mut self, zone: Tz, from: i64, end: i64, exact: bool) -> Result<Piece, DbError> {
        let to = next_midnight(zone, time(from)).timestamp_micros().min(end);
        let mut builder = PieceBuilder::new(zone, self.state.clone(), from, to, exact);
        while let Some(record) = {
            let state = builder.state();
            self.reader.next_if(|record| state.time_of(record) < to).await?
        } {
            self.position = record.position;
            builder.apply(&record);
        }
        let piece = builder.finish();
        self.at = to;
        self.state = piece.state.clone();
        Ok(piece)
    }
}

/// The state when the log begins: the sessions and tickets that the tables have, and the seats that the license has
/// now, until the first record says otherwise.
async fn state_at_log_start(db: &Db, query: &HistoryQuery, at: DateTime<Utc>) -> Result<UsageState, DbError> {
    state_of_sessions(db, query, at, &UsageState::default()).await
}

/// The state at a time whose events were removed: seats as they were at an earlier time, or are now if that is not
/// known.
pub async fn state_of_sessions(
    db: &Db,
    query: &HistoryQuery,
    at: DateTime<Utc>,
    earlier: &UsageState,
) -> Result<UsageState, DbError> {
    let mut state = days::state_of_tables(db, &query.license_ids(), at).await?;
    let next = at + TimeDelta::microseconds(1);
    let sessions = reports::sessions::overlapping(db, &query.license_ids(), (at, next), None, None).await?;
    for license in &query.licenses {
        let own = sessions.iter().filter(|session| session.license == license.view.id);
        let holders: BTreeSet<_> = own.map(|session| license.rule.holder(session)).collect();
        let occupied = i64::try_from(holders.len()).unwrap_or(i64::MAX);
        let seats = earlier.licenses.get(&license.view.id).map_or(license.view.seats, |level| level.seats);
        state.licenses.insert(license.view.id, LicenseLevel { occupied, seats });
    }
    Ok(state)
}

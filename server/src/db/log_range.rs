//! Finds the part of the event log that can have events of a time. SQLite only: PostgreSQL has an index by time.
//!
//! Times follow positions, except after the clock was set back. The head of the log has by how much that was at most:
//! an event is never earlier than one before it by more than `set_back`. So a binary search by position finds all
//! events of a time, and only as many others as were written in the time by which the clock was set back.

use super::{Db, DbError, Sql, args, statement};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::Position;

/// A part of the log: the events after `after`, up to and including `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRange {
    pub after: Position,
    pub until: Position,
}

impl LogRange {
    /// The whole log.
    const WHOLE: Self = Self { after: Position(0), until: Position(i64::MAX) };
}

/// All events up to `low` are before the time.
static LAST_BEFORE: Sql = statement!(search("at + set_back >= $1", "low"));
/// All events after `high` are not before the time.
static LAST_NOT_AFTER: Sql = statement!(search("at - set_back >= $1", "high"));

/// A binary search between 0 and the head. An event that was pruned is before every time.
fn search(is_late: &str, result: &str) -> String {
    format!(
        "WITH RECURSIVE search(low, high, middle, set_back) AS (
             SELECT 0, position, position / 2, set_back FROM event_head
             UNION ALL
             SELECT CASE WHEN {is_late} THEN low ELSE middle END,
                    CASE WHEN {is_late} THEN middle ELSE high END,
                    CASE WHEN {is_late} THEN (low + middle) / 2 ELSE (middle + high) / 2 END,
                    set_back
             FROM search
             LEFT JOIN events
                 ON events.position = (
                     SELECT position FROM events WHERE position <= middle ORDER BY position DESC LIMIT 1)
             WHERE high - low > 1)
         SELECT {result} AS position FROM search WHERE high - low <= 1"
    )
}

impl Db {
    /// The part of the log that has all events from `from` (inclusive) to `to` (exclusive). May have others, too.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn log_range(&self, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Result<LogRange, DbError> {
        let mut range = LogRange::WHOLE;
        if let (Self::Sqlite { .. }, Some(from)) = (self, from) {
            range.after = self.last_position(&LAST_BEFORE, from).await?.unwrap_or(range.after);
        }
        if let (Self::Sqlite { .. }, Some(to)) = (self, to) {
            range.until = self.last_position(&LAST_NOT_AFTER, to).await?.unwrap_or(range.until);
        }
        Ok(range)
    }

    async fn last_position(&self, search: &'static Sql, at: DateTime<Utc>) -> Result<Option<Position>, DbError> {
        self.one(search, args![at]).await?.map(|row| row.get("position")).transpose()
    }
}

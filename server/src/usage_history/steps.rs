//! Each change of the seats in a period, some at a time: for exports.

use super::{HistoryQuery, PeopleFilter, source::Source};
use crate::db::{Db, DbError};
use seatkeeper_shared::wire::reports::TimelinePoint;

/// Reads each change in a period.
pub struct StepReader {
    source: Source,
    query: HistoryQuery,
    /// Where the next piece begins.
    next: i64,
    last: Option<TimelinePoint>,
}

impl StepReader {
    /// Reads the changes that the log still has.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn new(db: &Db, mut query: HistoryQuery, filter: &PeopleFilter) -> Result<Self, DbError> {
        if let Some(log_start) = crate::store::reports::pruned_until(db).await? {
            query.from = query.from.max(log_start);
        }
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
            let (zone, end) = (self.query.zone, self.query.micros().1);
            let piece = self.source.next_piece(zone, self.next, end, true).await?;
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

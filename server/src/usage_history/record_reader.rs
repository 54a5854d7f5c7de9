//! Reads the records of several licenses in the order of the log, some at a time.

use super::HistoryQuery;
use crate::{
    db::{Db, DbError},
    reports::record::UsageRecord,
    store::reports::{
        ReportScope,
        records::{self, RecordSource},
    },
};
use seatkeeper_shared::ids::Position;
use std::collections::VecDeque;

/// How many records one query reads.
const READ_BATCH_SIZE: usize = 5_000;

/// Which records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    All,
    /// All that are not about sessions.
    WithoutSessions,
}

/// The records of a report in the order of the log.
#[derive(Debug)]
pub struct RecordReader {
    db: Option<Db>,
    sources: Vec<SourceReader>,
}

#[derive(Debug)]
struct SourceReader {
    source: Option<RecordSource>,
    buffer: VecDeque<UsageRecord>,
    /// Where the next query begins; `None` if all have been read.
    next: Option<Position>,
}

impl RecordReader {
    /// Reads the records after a position.
    pub fn new(db: &Db, query: &HistoryQuery, content: Content, after: Position) -> Self {
        let of_license = |license| match content {
            Content::All => RecordSource::License(license),
            Content::WithoutSessions => RecordSource::LicenseWithoutSessions(license),
        };
        let refusals = match query.scope {
            ReportScope::Product(product) => Some(RecordSource::ProductRefusals(product)),
            ReportScope::License(_) => None,
        };
        let sources = query.license_ids().into_iter().map(of_license).chain(refusals);
        let reader = |source| SourceReader { source: Some(source), buffer: VecDeque::new(), next: Some(after) };
        Self { db: Some(db.clone()), sources: sources.map(reader).collect() }
    }

    /// Reads these records, which are in order.
    pub fn of(records: Vec<UsageRecord>) -> Self {
        Self { db: None, sources: vec![SourceReader { source: None, buffer: records.into(), next: None }] }
    }

    /// The next record, if it fulfils the condition; otherwise it stays the next one.
    pub async fn next_if(&mut self, condition: impl Fn(&UsageRecord) -> bool) -> Result<Option<UsageRecord>, DbError> {
        let Some(source) = self.first_source().await? else { return Ok(None) };
        if source.buffer.front().is_some_and(condition) { Ok(source.buffer.pop_front()) } else { Ok(None) }
    }

    /// The next record, which stays the next one.
    pub async fn peek(&mut self) -> Result<Option<&UsageRecord>, DbError> {
        Ok(self.first_source().await?.and_then(|source| source.buffer.front()))
    }

    /// The source with the next record.
    async fn first_source(&mut self) -> Result<Option<&mut SourceReader>, DbError> {
        if let Some(db) = self.db.clone() {
            for source in &mut self.sources {
                source.fill(&db).await?;
            }
        }
        let with_records = self.sources.iter_mut().filter(|source| !source.buffer.is_empty());
        Ok(with_records.min_by_key(|source| source.buffer.front().map(|record| record.position)))
    }

    /// The next record.
    pub async fn next(&mut self) -> Result<Option<UsageRecord>, DbError> {
        self.next_if(|_| true).await
    }
}

impl SourceReader {
    /// Makes sure that the next record is known, if there is one.
    async fn fill(&mut self, db: &Db) -> Result<(), DbError> {
        while let (true, Some(after), Some(source)) = (self.buffer.is_empty(), self.next, self.source) {
            let (records, next) = records::read(db, source, after, Position(i64::MAX), READ_BATCH_SIZE).await?;
            self.buffer.extend(records);
            self.next = next;
        }
        Ok(())
    }
}

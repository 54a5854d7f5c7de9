//! Verifies the whole hash chain as a stream, with constant memory however long the log is.
//!
//! It detects any change, removal, addition or swap of sealed events and any removed or changed seal, unless all later
//! seals were recomputed. An attacker who can write to the database and knows this program can do that: such a chain is
//! consistent in itself and differs only from a hash noted elsewhere. Hence [`SealNote`]: an auditor who keeps the
//! newest hash where the database's owner cannot write detects this for all events up to the noted one. Nothing
//! protects events in the second before they are sealed, nor proves that what was logged is true.

mod report;

pub use report::{ChainError, SealNote, VerifyError, VerifyReport};

use super::SealHasher;
use crate::{
    db::{Db, DbError},
    store::{
        self,
        seals::{Seal, StoredEvent},
    },
};
use seatkeeper_shared::{
    audit::{Fact, FactValue, Field, FieldName, Kind, read_facts},
    ids::Position,
};
use std::collections::VecDeque;

const READ_BATCH_SIZE: usize = 1_000;
/// The check starts over if the log was pruned meanwhile.
const MAX_ATTEMPTS: usize = 3;

/// Verifies the whole chain. The log may grow meanwhile.
///
/// # Errors
/// Returns the first place where the chain is broken, or an error if the database fails.
pub async fn verify(db: &Db, notes: &[SealNote]) -> Result<VerifyReport, VerifyError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let pruned = store::seals::head(db).await?.pruned;
        let checked = Verifier::begin(db, notes).await?.run().await;
        // The gap may be the result of pruning that is in progress.
        if checked.is_ok() || attempts == MAX_ATTEMPTS || store::seals::head(db).await?.pruned == pruned {
            return checked;
        }
    }
}

struct Verifier<'a> {
    db: &'a Db,
    head: store::seals::SealHead,
    /// The newest event when the check started.
    newest: Position,
    /// The last event of the last verified seal.
    seal: Position,
    hash: String,
    /// The last verified event.
    at: Position,
    report: VerifyReport,
    events: Events<'a>,
    /// The hash of the seal at which the log was pruned; empty if it was not.
    beginning: String,
    /// Notes whose seal was not reached yet.
    notes: Vec<SealNote>,
    /// Whether the log was not pruned, or records that it was.
    explained: bool,
}

impl<'a> Verifier<'a> {
    async fn begin(db: &'a Db, notes: &[SealNote]) -> Result<Self, VerifyError> {
        let head = store::seals::head(db).await?;
        let newest = store::events::head(&mut db.begin_read().await?).await?;
        let start = head.pruned;
        let hash = match start {
            Position(0) => String::new(),
            start => {
                let seal = store::seals::seal_at(db, start).await?;
                seal.ok_or(ChainError::SealMissing { after: Position(0), next: start })?.hash
            }
        };
        if let Some(note) = notes.iter().find(|note| note.position < start) {
            return Err(ChainError::NotePruned(note.clone(), start).into());
        }
        // Unless pruned, the log must start with event 1; also read events before that.
        let from = if start.0 == 0 { Position(i64::MIN) } else { start };
        Ok(Self {
            report: VerifyReport { pruned: start, sealed: 0, seals: 0, unsealed: 0, newest: None },
            events: Events { db, after: from, read: VecDeque::new() },
            explained: start.0 == 0,
            notes: notes.to_vec(),
            beginning: hash.clone(),
            seal: start,
            at: start,
            newest,
            head,
            hash,
            db,
        })
    }

    async fn run(mut self) -> Result<VerifyReport, VerifyError> {
        self.check_notes()?;
        loop {
            let seals =
                store::seals::seals(self.db, self.seal, i64::try_from(READ_BATCH_SIZE).unwrap_or(1_000)).await?;
            if seals.is_empty() {
                break;
            }
            for seal in &seals {
                self.check_seal(seal).await?;
            }
        }
        if self.seal < self.head.position {
            return Err(ChainError::EndMissing { after: self.seal, sealed: self.head.position }.into());
        }
        self.check_unsealed().await?;
        if let Some(note) = self.notes.pop() {
            return Err(ChainError::NoteDiffers(note).into());
        }
        if !self.explained {
            return Err(ChainError::BeginningMissing(self.report.pruned).into());
        }
        Ok(self.report)
    }

    /// Checks one seal and the events that it covers.
    async fn check_seal(&mut self, seal: &Seal) -> Result<(), VerifyError> {
        let mut hasher = SealHasher::after(&self.hash);
        let (mut events, mut last_at) = (0, Default::default());
        while self.at < seal.position {
            let event = self.next_event().await?.ok_or(ChainError::EventMissing(Position(self.at.0 + 1)))?;
            self.check_position(&event)?;
            hasher.add(&event);
            events += 1;
            last_at = event.at.max(last_at);
        }
        let first = Position(self.seal.0 + 1);
        if events > seal.events {
            return Err(ChainError::SealMissing { after: self.seal, next: seal.position }.into());
        }
        if events < seal.events {
            return Err(ChainError::SealChanged(seal.position).into());
        }
        if hasher.finish() != seal.hash {
            return Err(ChainError::EventChanged { first, last: seal.position }.into());
        }
        let at_head = seal.position == self.head.position;
        if last_at != seal.last_at || (at_head && seal.hash != self.head.hash) {
            return Err(ChainError::SealChanged(seal.position).into());
        }
        (self.seal, self.hash) = (seal.position, seal.hash.clone());
        self.report.sealed += events;
        self.report.seals += 1;
        self.report.newest = Some(SealNote { hash: seal.hash.clone(), position: seal.position });
        self.check_notes()
    }

    /// Checks the events that are not sealed yet: without a gap, up to the newest.
    async fn check_unsealed(&mut self) -> Result<(), VerifyError> {
        while let Some(event) = self.next_event().await? {
            self.check_position(&event)?;
            self.report.unsealed += 1;
        }
        if self.at < self.newest {
            return Err(ChainError::EventMissing(Position(self.at.0 + 1)).into());
        }
        let newest = store::events::head(&mut self.db.begin_read().await?).await?;
        if self.at > newest {
            return Err(ChainError::EventAdded(Position(newest.0 + 1)).into());
        }
        Ok(())
    }

    async fn next_event(&mut self) -> Result<Option<StoredEvent>, DbError> {
        self.events.next().await
    }

    /// The event must follow the last one without a gap.
    fn check_position(&mut self, event: &StoredEvent) -> Result<(), ChainError> {
        let next = Position(self.at.0 + 1);
        if event.position < next {
            return Err(ChainError::EventAdded(event.position));
        }
        if event.position > next {
            return Err(ChainError::EventMissing(next));
        }
        self.at = next;
        self.explained |= event.kind == Kind::AuditPruned.as_str() && self.explains_beginning(&event.facts);
        Ok(())
    }

    fn explains_beginning(&self, facts: &str) -> bool {
        let facts = read_facts(Some(Kind::AuditPruned), &serde_json::from_str(facts).unwrap_or_default());
        let says = |field, value| facts.contains(&Fact::Value(FieldName::Known(field), value));
        says(Field::Position, FactValue::Number(self.report.pruned.0))
            && says(Field::Hash, FactValue::Text(self.beginning.clone()))
    }

    /// Checks the notes for the seal that was just verified.
    fn check_notes(&mut self) -> Result<(), VerifyError> {
        let (here, others) = std::mem::take(&mut self.notes).into_iter().partition(|note| note.position == self.seal);
        self.notes = others;
        let here: Vec<SealNote> = here;
        match here.into_iter().find(|note| note.hash != self.hash) {
            Some(note) => Err(ChainError::NoteDiffers(note).into()),
            None => Ok(()),
        }
    }
}

/// Reads events in batches and yields them one by one.
struct Events<'a> {
    db: &'a Db,
    after: Position,
    read: VecDeque<StoredEvent>,
}

impl Events<'_> {
    async fn next(&mut self) -> Result<Option<StoredEvent>, DbError> {
        if self.read.is_empty() {
            self.read = store::seals::events(self.db, self.after, i64::try_from(READ_BATCH_SIZE).unwrap_or(1_000))
                .await?
                .into();
        }
        let next = self.read.pop_front();
        self.after = next.as_ref().map_or(self.after, |event| event.position);
        Ok(next)
    }
}

//! Checks the whole chain, in a stream: memory stays the same however long the log is.
//!
//! It finds any change, removal, addition or swap of sealed events and any removed or changed seal, as long as whoever did it did not
//! make all later seals anew. Somebody who can write to the database and knows this program can do that: such a chain is whole in
//! itself and only differs from what was noted elsewhere before. Hence [`Note`]: whoever keeps the newest hash where the database's
//! owner cannot write sees that, for all events up to the noted one. Nothing protects events in the second before they are sealed, nor
//! proves that what is written was true.

mod found;

pub use found::{Broken, Note, Report, VerifyError};

use super::Chain;
use crate::{
    db::{Db, DbError},
    store::{
        self,
        seals::{Seal, Written},
    },
};
use seatkeeper_shared::ids::Position;
use std::collections::VecDeque;

/// How many rows are read at once.
const PART: usize = 1_000;
/// How often it is begun anew because the log was pruned meanwhile.
const TRIES: usize = 3;

/// Checks everything. The log may grow meanwhile.
///
/// # Errors
/// The first place where it breaks.
pub async fn verify(db: &Db, notes: &[Note]) -> Result<Report, VerifyError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let pruned = store::seals::head(db).await?.pruned;
        let checked = Check::begin(db, notes).await?.run().await;
        // What looked like a hole was one that is being made, and written down.
        if checked.is_ok() || tries == TRIES || store::seals::head(db).await?.pruned == pruned {
            return checked;
        }
    }
}

struct Check<'a> {
    db: &'a Db,
    head: store::seals::Head,
    /// The newest event, when it was begun.
    newest: Position,
    /// The seal up to which all is well.
    seal: Position,
    hash: String,
    /// The event up to which all is well.
    at: Position,
    report: Report,
    events: Events<'a>,
    /// The hash of the seal at the beginning.
    beginning: String,
    /// Notes whose seal was not met yet.
    notes: Vec<Note>,
    /// Whether the log says that it was pruned up to its beginning.
    explained: bool,
}

impl<'a> Check<'a> {
    async fn begin(db: &'a Db, notes: &[Note]) -> Result<Self, VerifyError> {
        let head = store::seals::head(db).await?;
        let newest = store::events::head(&mut db.begin_read().await?).await?;
        let start = head.pruned;
        let hash = match start {
            Position(0) => String::new(),
            start => {
                let seal = store::seals::seal_at(db, start).await?;
                seal.ok_or(Broken::SealMissing { after: Position(0), next: start })?.hash
            }
        };
        if let Some(note) = notes.iter().find(|note| note.position < start) {
            return Err(Broken::NotePruned(note.clone(), start).into());
        }
        // Without pruning the first event must be the first.
        let from = if start.0 == 0 { Position(i64::MIN) } else { start };
        Ok(Self {
            report: Report { pruned: start, sealed: 0, seals: 0, unsealed: 0, newest: None },
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

    async fn run(mut self) -> Result<Report, VerifyError> {
        self.meet_notes()?;
        loop {
            let seals = store::seals::seals(self.db, self.seal, i64::try_from(PART).unwrap_or(1_000)).await?;
            if seals.is_empty() {
                break;
            }
            for seal in &seals {
                self.check(seal).await?;
            }
        }
        if self.seal < self.head.position {
            return Err(Broken::EndMissing { after: self.seal, sealed: self.head.position }.into());
        }
        self.rest().await?;
        if let Some(note) = self.notes.pop() {
            return Err(Broken::NoteDiffers(note).into());
        }
        if !self.explained {
            return Err(Broken::BeginningMissing(self.report.pruned).into());
        }
        Ok(self.report)
    }

    /// Checks one seal with all that it covers.
    async fn check(&mut self, seal: &Seal) -> Result<(), VerifyError> {
        let mut chain = Chain::after(&self.hash);
        let (mut events, mut last_at) = (0, Default::default());
        while self.at < seal.position {
            let event = self.next_event().await?.ok_or(Broken::EventMissing(Position(self.at.0 + 1)))?;
            self.take(&event)?;
            chain.add(&event);
            events += 1;
            last_at = event.at.max(last_at);
        }
        let first = Position(self.seal.0 + 1);
        if events > seal.events {
            return Err(Broken::SealMissing { after: self.seal, next: seal.position }.into());
        }
        if events < seal.events {
            return Err(Broken::SealChanged(seal.position).into());
        }
        if chain.hash() != seal.hash {
            return Err(Broken::EventChanged { first, last: seal.position }.into());
        }
        let at_head = seal.position == self.head.position;
        if last_at != seal.last_at || (at_head && seal.hash != self.head.hash) {
            return Err(Broken::SealChanged(seal.position).into());
        }
        (self.seal, self.hash) = (seal.position, seal.hash.clone());
        self.report.sealed += events;
        self.report.seals += 1;
        self.report.newest = Some(Note { hash: seal.hash.clone(), position: seal.position });
        self.meet_notes()
    }

    /// What is not sealed yet: without a gap, up to the newest.
    async fn rest(&mut self) -> Result<(), VerifyError> {
        while let Some(event) = self.next_event().await? {
            self.take(&event)?;
            self.report.unsealed += 1;
        }
        if self.at < self.newest {
            return Err(Broken::EventMissing(Position(self.at.0 + 1)).into());
        }
        let newest = store::events::head(&mut self.db.begin_read().await?).await?;
        if self.at > newest {
            return Err(Broken::EventAdded(Position(newest.0 + 1)).into());
        }
        Ok(())
    }

    async fn next_event(&mut self) -> Result<Option<Written>, DbError> {
        self.events.next().await
    }

    /// The event must be the next one.
    fn take(&mut self, event: &Written) -> Result<(), Broken> {
        let next = Position(self.at.0 + 1);
        if event.position < next {
            return Err(Broken::EventAdded(event.position));
        }
        if event.position > next {
            return Err(Broken::EventMissing(next));
        }
        self.at = next;
        self.explained |= event.kind == "audit_pruned" && self.explains(&event.facts);
        Ok(())
    }

    fn explains(&self, facts: &str) -> bool {
        let facts: serde_json::Value = serde_json::from_str(facts).unwrap_or_default();
        facts["position"] == self.report.pruned.0 && facts["hash"] == self.beginning
    }

    /// The notes on the seal that was just met.
    fn meet_notes(&mut self) -> Result<(), VerifyError> {
        let (here, others) = std::mem::take(&mut self.notes).into_iter().partition(|note| note.position == self.seal);
        self.notes = others;
        let here: Vec<Note> = here;
        match here.into_iter().find(|note| note.hash != self.hash) {
            Some(note) => Err(Broken::NoteDiffers(note).into()),
            None => Ok(()),
        }
    }
}

/// The events one by one, read in parts.
struct Events<'a> {
    db: &'a Db,
    after: Position,
    read: VecDeque<Written>,
}

impl Events<'_> {
    async fn next(&mut self) -> Result<Option<Written>, DbError> {
        if self.read.is_empty() {
            self.read = store::seals::events(self.db, self.after, i64::try_from(PART).unwrap_or(1_000)).await?.into();
        }
        let next = self.read.pop_front();
        self.after = next.as_ref().map_or(self.after, |event| event.position);
        Ok(next)
    }
}

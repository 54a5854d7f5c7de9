//! The input and the results of a verification.

use crate::db::DbError;
use seatkeeper_shared::ids::Position;
use std::{fmt, str::FromStr};

/// The hash of a seal noted outside the database, and the last event that the seal covers: `HASH@POSITION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealNote {
    /// In hex.
    pub hash: String,
    pub position: Position,
}

impl fmt::Display for SealNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.hash, self.position)
    }
}

impl FromStr for SealNote {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = text.split_once('@').and_then(|(hash, position)| {
            let is_sha256 = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            let position = position.parse().ok().filter(|position| *position > 0)?;
            is_sha256.then(|| Self { hash: hash.to_ascii_lowercase(), position: Position(position) })
        });
        read.ok_or("not HASH@POSITION: 64 hexadecimal digits, and the number of an event")
    }
}

/// The result for an intact chain.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyReport {
    /// The last pruned event; 0 if the log was not pruned.
    pub pruned: Position,
    /// The number of sealed events.
    pub sealed: i64,
    /// The number of seals.
    pub seals: i64,
    /// The number of events that are not sealed yet.
    pub unsealed: i64,
    /// The newest seal.
    pub newest: Option<SealNote>,
}

/// The first place where the chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("event {0} is missing")]
    EventMissing(Position),
    #[error("event {0} was added: it does not belong there")]
    EventAdded(Position),
    #[error(
        "events {first} to {last} are not those that were sealed: one of them was changed, swapped, added or removed"
    )]
    EventChanged { first: Position, last: Position },
    #[error("the seal of the events after {after} is missing (the next one is at {next})")]
    SealMissing { after: Position, next: Position },
    #[error("the seal at event {0} was changed")]
    SealChanged(Position),
    #[error("the seals after event {after} are missing: the log was sealed up to {sealed}")]
    EndMissing { after: Position, sealed: Position },
    #[error("the events up to {0} are missing, and the log does not say that they were pruned")]
    BeginningMissing(Position),
    #[error("the seal noted as {0} is not in the log: the log was rewritten, or the note is wrong")]
    NoteDiffers(SealNote),
    #[error("the note {0} cannot be checked: the log was pruned up to {1}")]
    NotePruned(SealNote, Position),
}

/// Why the chain was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the log cannot be read: {0}")]
    Db(#[from] DbError),
    #[error(transparent)]
    Broken(#[from] ChainError),
}

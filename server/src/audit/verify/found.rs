//! What a check is given, and what it finds.

use crate::db::DbError;
use seatkeeper_shared::ids::Position;
use std::{fmt, str::FromStr};

/// A hash that was noted, and the last event that its seal covers: `HASH@POSITION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The hash, in hex.
    pub hash: String,
    /// The event.
    pub position: Position,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.hash, self.position)
    }
}

impl FromStr for Note {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = text.split_once('@').and_then(|(hash, position)| {
            let good = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            let position = position.parse().ok().filter(|position| *position > 0)?;
            good.then(|| Self { hash: hash.to_ascii_lowercase(), position: Position(position) })
        });
        read.ok_or("not HASH@POSITION: 64 hexadecimal digits, and the number of an event")
    }
}

/// What was found in a chain that is whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Up to which event the log was pruned; 0 if it was not.
    pub pruned: Position,
    /// How many events are sealed.
    pub sealed: i64,
    /// By how many seals.
    pub seals: i64,
    /// How many events are not sealed yet.
    pub unsealed: i64,
    /// The newest seal; nothing if there is none.
    pub newest: Option<Note>,
}

/// Where the chain breaks first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An event is not there.
    #[error("event {0} is missing")]
    EventMissing(Position),
    /// An event is there that cannot be.
    #[error("event {0} was added: it does not belong there")]
    EventAdded(Position),
    /// Something in these events is not as it was sealed.
    #[error(
        "events {first} to {last} are not those that were sealed: one of them was changed, swapped, added or removed"
    )]
    EventChanged {
        /// The first that the seal covers.
        first: Position,
        /// The last.
        last: Position,
    },
    /// A seal is not there.
    #[error("the seal of the events after {after} is missing (the next one is at {next})")]
    SealMissing {
        /// The seal before.
        after: Position,
        /// The seal after it.
        next: Position,
    },
    /// A seal is not as it was made.
    #[error("the seal at event {0} was changed")]
    SealChanged(Position),
    /// The newest seals are not there.
    #[error("the seals after event {after} are missing: the log was sealed up to {sealed}")]
    EndMissing {
        /// The last seal that is there.
        after: Position,
        /// Up to where it was sealed.
        sealed: Position,
    },
    /// The beginning is not there, and nobody pruned it.
    #[error("the events up to {0} are missing, and the log does not say that they were pruned")]
    BeginningMissing(Position),
    /// What was noted is not what is there.
    #[error("the seal noted as {0} is not in the log: the log was rewritten, or the note is wrong")]
    NoteDiffers(Note),
    /// What was noted was pruned.
    #[error("the note {0} cannot be checked: the log was pruned up to {1}")]
    NotePruned(Note, Position),
}

/// Why nothing can be said, or what is wrong.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database does not answer, or holds what cannot be read.
    #[error("the log cannot be read: {0}")]
    Db(#[from] DbError),
    /// The chain is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
}

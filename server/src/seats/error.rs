//! The error of a seat command.

use super::command::Outcome;
use crate::pool::Refusal;
use seatkeeper_shared::problem::Code;

/// The error for an outcome of another kind than the caller expects.
pub(super) fn unexpected(outcome: Outcome) -> SeatsError {
    match outcome {
        Outcome::Refused(refusal) => SeatsError::Refused(refusal),
        Outcome::Failed(code) => SeatsError::Failed(code),
        Outcome::Taken(index) => SeatsError::Taken(index),
        other => {
            tracing::error!(?other, "seat command returned an outcome of the wrong kind");
            SeatsError::Unavailable
        }
    }
}

/// Why a seat command failed.
#[derive(Debug, thiserror::Error)]
pub enum SeatsError {
    /// No seat, with the rule that refused.
    #[error("refused: {}", .0.code)]
    Refused(Refusal),
    /// The command cannot be carried out.
    #[error("not possible: {0}")]
    Failed(Code),
    /// Another user has the value in this unique index.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// The commit failed, or its outcome is unknown.
    #[error("not saved")]
    Unavailable,
}

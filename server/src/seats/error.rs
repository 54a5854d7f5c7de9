//! Why the seats gave no outcome.

use super::{command::Outcome, pool::Refusal};
use seatkeeper_shared::problem::Code;

/// What was answered instead of what was asked for.
pub(super) fn unexpected(outcome: Outcome) -> SeatsError {
    match outcome {
        Outcome::Refused(refusal) => SeatsError::Refused(refusal),
        Outcome::Failed(code) => SeatsError::Failed(code),
        Outcome::Taken(index) => SeatsError::Taken(index),
        other => {
            tracing::error!(?other, "the seats answered something else than was asked");
            SeatsError::Unavailable
        }
    }
}

/// Why the seats gave no outcome.
#[derive(Debug, thiserror::Error)]
pub enum SeatsError {
    /// No seat: the rule that refused.
    #[error("refused: {}", .0.code)]
    Refused(Refusal),
    /// Not possible.
    #[error("not possible: {0}")]
    Failed(Code),
    /// Not possible: somebody else stands in this unique index.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// Not saved; nothing changed.
    #[error("not saved")]
    Unavailable,
}

//! Why a request does not pass the gate.

use crate::{db::DbError, pool::Refusal, seats::SeatsError};
use seatkeeper_shared::problem::{Code, SessionEnd};

/// Why a known user gets no seat for this request. It will be the same a moment later, so it may be cached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TurnedAway {
    /// The user waits in the queue.
    #[error("the user waits in the queue")]
    Queued,
    /// A person or another device ended the session, and the user has not confirmed to continue.
    #[error("the session was ended: {0:?}")]
    Ended(SessionEnd),
    /// The request takes no seat, and there is none to renew.
    #[error("there is no session")]
    NoSeat,
    /// A rule refused a seat.
    #[error("refused: {}", .0.code)]
    Refused(Refusal),
    /// The seat cannot be requested.
    #[error("not possible: {0}")]
    Failed(Code),
}

/// Why a request does not pass the gate.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error(transparent)]
    TurnedAway(#[from] TurnedAway),
    /// Sessions kept ending while the user entered.
    #[error("sessions kept ending during the attempt")]
    Unsettled,
    /// The seat engine failed, which may be temporary.
    #[error(transparent)]
    Seats(SeatsError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SeatsError> for GateError {
    fn from(error: SeatsError) -> Self {
        match error {
            SeatsError::Refused(refusal) => TurnedAway::Refused(refusal).into(),
            SeatsError::Failed(code) if code.status() < 500 => TurnedAway::Failed(code).into(),
            SeatsError::Failed(_) | SeatsError::Taken(_) | SeatsError::Unavailable => Self::Seats(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_server_turns_nobody_away() {
        let is_turned_away = |error: SeatsError| matches!(GateError::from(error), GateError::TurnedAway(_));
        assert!(is_turned_away(SeatsError::Failed(Code::NotAssigned)));
        assert!(is_turned_away(SeatsError::Refused(Refusal { code: Code::LicenseEnded, facts: None })));
        assert!(!is_turned_away(SeatsError::Failed(Code::Unavailable)));
        assert!(!is_turned_away(SeatsError::Unavailable));
    }
}

//! The results of requests for seats, alone or among several operations.

use super::{SeatsError, command::Outcome, error::unexpected};
use seatkeeper_shared::{
    ids::SessionId,
    wire::{
        queue::TicketView,
        sessions::{EndResult, SessionView},
    },
};

/// The result of a request for a seat.
pub enum CreateOutcome {
    /// A new session.
    New(Box<SessionView>),
    /// The session that an earlier request with the same idempotency key created.
    Repeated(SessionId),
    /// No seat is free; the ticket in the queue.
    Ticket(Box<TicketView>),
}

impl TryFrom<Outcome> for CreateOutcome {
    type Error = SeatsError;

    fn try_from(outcome: Outcome) -> Result<Self, SeatsError> {
        match outcome {
            Outcome::Session(session) => Ok(Self::New(session)),
            Outcome::Repeated(id) => Ok(Self::Repeated(id)),
            Outcome::Ticket(ticket) => Ok(Self::Ticket(ticket)),
            other => Err(unexpected(other)),
        }
    }
}

/// The result of one of several operations.
pub enum OperationOutcome {
    Create(Result<CreateOutcome, SeatsError>),
    End(EndResult),
}

impl From<Outcome> for OperationOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ended(mut results) if results.len() == 1 => Self::End(results.remove(0)),
            other => Self::Create(other.try_into()),
        }
    }
}

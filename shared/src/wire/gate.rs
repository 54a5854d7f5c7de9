//! The gate in front of other web applications: the page on which one waits for a seat.

use crate::{
    ids::SessionId,
    session::SessionState,
    wire::{queue::TicketView, sessions::SessionView},
};
use serde::{Deserialize, Serialize};

/// Asks for a seat at the gate, or for a place in the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnterGate {
    /// Where one wants to go: an address of an application behind the gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
    /// Go on although somebody has just ended the last session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// What became of it: a session, or a place in the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GateEntered {
    /// The product's name.
    pub product_name: String,
    /// The session, if there is a seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionView>,
    /// The place in the line, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketView>,
    /// Where one wanted to go, if that is an application behind this gate; else the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
}

/// A page that is open keeps its seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeptAlive {
    /// The session that is kept.
    pub session_id: SessionId,
    /// In how many seconds the page should say so again.
    pub next_in_seconds: i64,
}

impl GateEntered {
    /// Whether one is through.
    pub fn is_through(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.state != SessionState::Ended)
    }
}

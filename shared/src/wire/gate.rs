//! The gate in front of other web applications, and the page that waits for a seat.

use crate::{
    ids::SessionId,
    session::SessionState,
    wire::{queue::TicketView, sessions::SessionView},
};
use serde::{Deserialize, Serialize};

/// Requests a seat at the gate, or a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnterGate {
    /// The URL of the application behind the gate to return to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
    /// Continue although a person has just ended the last session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// The result of entering the gate: a session or a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GateAdmission {
    /// The product's name.
    pub product_name: String,
    /// The session, if there is a seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionView>,
    /// The ticket, if no seat is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketView>,
    /// The requested URL if it belongs to an application behind this gate, and otherwise the first application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
}

/// The response to the keep-alive of an open page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeepAliveReply {
    /// The renewed session.
    pub session_id: SessionId,
    /// The seconds until the next keep-alive is due.
    pub next_in_seconds: i64,
}

impl GateAdmission {
    /// Whether the user has a seat.
    pub fn has_seat(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.state != SessionState::Ended)
    }
}

//! Tickets and queues.

use crate::{
    ids::{LicenseId, ProductId, SessionId, TicketId, UserId},
    session::{Mode, Platform},
    ticket::{TicketEnd, TicketState},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A ticket: a place in the queue of a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketView {
    /// The ticket's id.
    pub id: TicketId,
    /// The license it waits for.
    pub license_id: LicenseId,
    /// The product's id.
    pub product_id: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The agent's id.
    pub user_id: UserId,
    /// The agent's name.
    pub user_name: String,
    /// The agent's e-mail address.
    pub user_email: String,
    /// The name of the agent's device, as its client reports it.
    pub device: String,
    /// The kind of the session to be started.
    pub mode: Mode,
    /// The platform of the remote side, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The name that the agent gave to the remote device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_device: Option<String>,
    /// The state of the ticket.
    pub state: TicketState,
    /// The position in the queue, from 1; 0 if the ticket is over.
    pub position: i64,
    /// When the agent joined the queue.
    pub created_at: DateTime<Utc>,
    /// When its client last sent a sign of life.
    pub last_seen_at: DateTime<Utc>,
    /// When it lapses without another sign of life.
    pub lease_until: DateTime<Utc>,
    /// While waiting: when a seat is expected, estimated from the recent duration of sessions on this license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_at: Option<DateTime<Utc>>,
    /// While offered: when the offer expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_until: Option<DateTime<Utc>>,
    /// How it ended; absent while it waits or is offered a seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<TicketOver>,
}

/// How a ticket ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketOver {
    /// Why the ticket ended.
    pub reason: TicketEnd,
    /// The time of the end.
    pub at: DateTime<Utc>,
    /// The session that the agent got, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

/// The queue of a license, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueView {
    /// The license's id.
    pub license_id: LicenseId,
    /// The tickets that the viewer may see. Their positions are those in the whole queue.
    pub tickets: Vec<TicketView>,
}

/// Moves a ticket in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MoveTicket {
    /// The new position, from 1. A larger number than there are tickets means the end.
    pub position: i64,
}

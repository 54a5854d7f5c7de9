//! The queue of a license: taking a ticket, watching it, and taking the seat that is offered.

use crate::{
    ids::{LicenseId, ProductId, SessionId, TicketId, UserId},
    session::{Mode, Platform},
    ticket::{TicketEnd, TicketState},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A place in the queue of a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketView {
    /// Its id.
    pub id: TicketId,
    /// The license that is waited for.
    pub license_id: LicenseId,
    /// The product.
    pub product_id: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The agent.
    pub user_id: UserId,
    /// The agent's name.
    pub user_name: String,
    /// The agent's e-mail address.
    pub user_email: String,
    /// The agent's device, as its client calls it.
    pub device: String,
    /// What kind of session it will be.
    pub mode: Mode,
    /// What the other side runs on, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The device at the other end, as the agent calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_device: Option<String>,
    /// Waiting, offered or over.
    pub state: TicketState,
    /// The place in the line: 1 is the head. 0 if it is over.
    pub position: i64,
    /// When it was taken.
    pub created_at: DateTime<Utc>,
    /// When its client was last heard of.
    pub last_seen_at: DateTime<Utc>,
    /// When it lapses if nothing more is heard.
    pub lease_until: DateTime<Utc>,
    /// While waiting: when a seat is expected for it, reckoned from how long sessions on this license lasted lately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_at: Option<DateTime<Utc>>,
    /// While offered: until when the seat is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_until: Option<DateTime<Utc>>,
    /// How it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<TicketOver>,
}

/// How a ticket ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketOver {
    /// Why.
    pub reason: TicketEnd,
    /// When.
    pub at: DateTime<Utc>,
    /// The session that came of it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

/// The line at a license, the head first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueView {
    /// The license.
    pub license_id: LicenseId,
    /// Its tickets that the viewer may see; their positions are those in the whole line.
    pub tickets: Vec<TicketView>,
}

/// Gives a ticket another place in the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MoveTicket {
    /// Which: 1 is the head. Beyond the end is the end.
    pub position: i64,
}

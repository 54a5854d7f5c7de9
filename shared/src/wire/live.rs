//! The live feed (server-sent events): a snapshot that names its position in the log, then changes.
//!
//! Each change carries the present state of what changed, so applying one twice does no harm.

use super::{licenses::LicenseView, queue::QueueView, sessions::SessionView};
use crate::ids::{Position, SessionId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The name of the event that carries a [`Snapshot`].
pub const SNAPSHOT: &str = "snapshot";
/// The name of the event that carries a [`Change`].
pub const CHANGE: &str = "change";
/// The name of the event that carries [`Contacts`].
pub const CONTACTS: &str = "contacts";
/// The name of the event that carries [`Alive`].
pub const ALIVE: &str = "alive";
/// The name of the event that says: you were too slow, connect anew without a position.
pub const RESYNC: &str = "resync";

/// The state of everything the viewer may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// All changes up to here are in it.
    pub position: Position,
    /// The server's time.
    pub at: DateTime<Utc>,
    /// All licenses the viewer may see.
    pub licenses: Vec<LicenseView>,
    /// Live sessions the viewer may see, the newest first, at most 5,000.
    pub sessions: Vec<SessionView>,
    /// How many live sessions there are in all.
    pub sessions_total: i64,
    /// The lines in which somebody waits, as far as the viewer may see.
    #[serde(default)]
    pub queues: Vec<QueueView>,
}

/// What is different since the position before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// All changes up to here are told.
    pub position: Position,
    /// The server's time.
    pub at: DateTime<Utc>,
    /// Licenses whose terms or counts changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseView>,
    /// Sessions that changed; those that ended are in it once, with `ended`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionView>,
    /// Lines that changed, each whole; an empty one is told too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<QueueView>,
}

/// Heartbeats since the last such event; they are no changes and have no position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contacts {
    /// The server's time.
    pub at: DateTime<Utc>,
    /// Sessions that were heard of.
    pub contacts: Vec<Contact>,
}

/// A sign of life, for the times in which nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alive {
    /// The server's time.
    pub at: DateTime<Utc>,
}

/// One session that was heard of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contact {
    /// The session.
    pub id: SessionId,
    /// When.
    pub last_seen_at: DateTime<Utc>,
    /// When the seat is freed if nothing more is heard.
    pub lease_until: DateTime<Utc>,
}

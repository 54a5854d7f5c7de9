//! The live feed (server-sent events): a snapshot that names its position in the log, then changes.
//!
//! Each change contains the current state of what changed, so applying one twice does no harm.

use super::{licenses::LicenseView, queue::QueueView, sessions::SessionView};
use crate::{
    ids::{Position, SessionId, UserId},
    string_enum::string_enum,
};
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
/// The name of the event for a viewer that missed changes, or sees other data than before. In a stream that began with
/// a snapshot: connect again without a position. In one that began without: request the snapshot again and read on.
pub const RESYNC: &str = "resync";

/// The time between two [`Alive`] events. A viewer that has received nothing for more than twice this time has lost the
/// connection, even if its network has not noticed.
pub const ALIVE_INTERVAL_SECONDS: u64 = 5;

/// The state of everything the viewer may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// It contains all changes up to this position.
    pub position: Position,
    /// The server's time.
    pub at: DateTime<Utc>,
    /// All licenses the viewer may see.
    pub licenses: Vec<LicenseView>,
    /// Live sessions the viewer may see, the newest first, at most 5,000. A request for a snapshot can ask for fewer.
    pub sessions: Vec<SessionView>,
    /// The number of all live sessions that the viewer may see.
    pub sessions_total: i64,
    /// The queues with tickets, as far as the viewer may see them.
    #[serde(default)]
    pub queues: Vec<QueueView>,
}

/// The changes since the previous position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// The position after these changes.
    pub position: Position,
    /// The server's time.
    pub at: DateTime<Utc>,
    /// Licenses whose terms or counts changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseView>,
    /// Changed sessions. A session that ended is sent once, with `ended`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionView>,
    /// Changed queues, each complete. A queue that became empty is sent too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<QueueView>,
    /// Whether requests for licenses may have changed: whoever shows them reads them again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requests: bool,
}

/// The heartbeats since the previous event of this kind. They are not changes and have no position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contacts {
    /// The server's time.
    pub at: DateTime<Utc>,
    /// The sessions that sent heartbeats.
    pub contacts: Vec<Contact>,
}

/// A keep-alive event, sent every [`ALIVE_INTERVAL_SECONDS`]: the connection works, and the log can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alive {
    /// The server's time.
    pub at: DateTime<Utc>,
    /// Identifies the build of the app that the server delivers; absent if it delivers none. A page that was loaded
    /// from another build is outdated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
}

string_enum! {
    /// Which sessions and tickets a stream or a snapshot contains. The licenses are always all that the viewer may see.
    LiveContent {
        /// All that the viewer may see.
        All = "all",
        /// Only the viewer's own.
        Own = "own",
    }
}

/// The answer to a request for a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SnapshotReply {
    /// The viewer.
    pub user_id: UserId,
    /// The same as in [`Alive`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Set if there are more sessions: the `after` of `GET /sessions?state=live`, which lists them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The state.
    pub snapshot: Snapshot,
}

/// A session that sent a heartbeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contact {
    /// The session's id.
    pub id: SessionId,
    /// When the heartbeat arrived.
    pub last_seen_at: DateTime<Utc>,
    /// When the lease expires and the seat is freed without another heartbeat.
    pub lease_until: DateTime<Utc>,
}

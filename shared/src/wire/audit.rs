//! The audit log, as people read it.

use crate::{
    audit::Door,
    ids::{LicenseId, Position, SessionId, UserId},
    license::Model,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Some events, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// The events.
    pub items: Vec<AuditEvent>,
    /// Give this as `after` to get the next page; absent on the last one. How many there are in all is not counted: a log has
    /// millions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Position>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// Its place in the log.
    pub position: Position,
    /// When.
    pub at: DateTime<Utc>,
    /// What happened; there may be more kinds in the future.
    pub kind: String,
    /// Through which door.
    pub door: Door,
    /// From which address; absent if it happened by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who did it; absent if nobody did, or nobody knows who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<AuditUser>,
    /// The directory that did it, where no user of ours did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<AuditUser>,
    /// To which license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<AuditLicense>,
    /// To which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// To what else: a group, a product, a token; or the e-mail address with which somebody tried to sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<AuditObject>,
    /// Occupied seats of the license after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupied: Option<i64>,
    /// Seats of the license after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<i64>,
    /// The rest. Where something changed, `changes` has for each field what it was before and what it is after.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub facts: serde_json::Value,
}

/// A user in an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditUser {
    /// Who.
    pub id: UserId,
    /// The name: of who did it, as it was at that time; of others, as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A license in an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLicense {
    /// Which.
    pub id: LicenseId,
    /// The name of its product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// Named or concurrent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
}

/// Something else in an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditObject {
    /// Which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<uuid::Uuid>,
    /// Its name at that time.
    pub name: String,
}

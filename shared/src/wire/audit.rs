//! The audit log.

use crate::{
    audit::Origin,
    ids::{LicenseId, Position, SessionId, UserId},
    license::Model,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A page of events, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// The events.
    pub items: Vec<AuditEvent>,
    /// Pass this as `after` to get the next page; absent on the last page. There is no total, since a log has millions
    /// of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Position>,
}

/// An event of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// The position in the log.
    pub position: Position,
    /// The time of the event.
    pub at: DateTime<Utc>,
    /// The kind of the event. More kinds may be added in the future.
    pub kind: String,
    /// Where the change came from.
    pub origin: Origin,
    /// The IP address of the client; absent if the event happened automatically.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The user who caused it; absent if it happened automatically, or the user is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<AuditUser>,
    /// The directory that caused it, if no user did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The user concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<AuditUser>,
    /// The license concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<AuditLicense>,
    /// The session concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The other object concerned: a group, a product, a token, or the e-mail address of a failed sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<AuditObject>,
    /// The occupied seats of the license after the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupied: Option<i64>,
    /// The seats of the license after the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<i64>,
    /// Further details. For a change, `changes` has the old and new value of each field.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub facts: serde_json::Value,
}

/// A user in an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditUser {
    /// The user's id.
    pub id: UserId,
    /// The name: of the acting user as of that time, of other users as of now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the user has been deleted since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// A license in an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLicense {
    /// The license's id.
    pub id: LicenseId,
    /// The product's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// The model of the license.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
}

/// Another object in an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditObject {
    /// The id of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<uuid::Uuid>,
    /// The name at that time.
    pub name: String,
}

//! Requests of users for licenses that they do not have.

use crate::{
    ids::{LicenseId, LicenseRequestId, UserId},
    license::Model,
    string_enum::string_enum,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The most characters of the reason of a request.
pub const MAX_REASON_CHARS: usize = 300;

/// Requests a license for the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewLicenseRequest {
    /// The license that the caller would like to have.
    pub license_id: LicenseId,
    /// What it is needed for, at most 300 characters.
    pub reason: String,
}

string_enum! {
    /// What became of a request.
    RequestOutcome {
        /// The license was assigned.
        Approved = "approved",
        /// The request was declined.
        Declined = "declined",
    }
}

/// What a user asks for, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseRequest {
    /// The request's id.
    pub id: LicenseRequestId,
    /// The requested license.
    pub license_id: LicenseId,
    /// Its product's name.
    pub product_name: String,
    /// Whether the license belongs to one user or is shared.
    pub model: Model,
    /// Who requests it.
    pub user_id: UserId,
    /// The user's name.
    pub user_name: String,
    /// The user's e-mail address.
    pub user_email: String,
    /// What it is needed for.
    pub reason: String,
    /// When it was requested.
    pub created_at: DateTime<Utc>,
    /// What became of it; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RequestOutcome>,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<Utc>>,
    /// What the user was told with the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Assigns the requested license.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApproveLicenseRequest {
    /// When the assignment ends by itself, in the future; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
}

/// Refuses what a user asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeclineLicenseRequest {
    /// What the user is told, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A license that the caller may request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RequestableLicense {
    /// The license's id.
    pub license_id: LicenseId,
    /// Its product's name.
    pub product_name: String,
    /// Whether the license belongs to one user or is shared.
    pub model: Model,
}

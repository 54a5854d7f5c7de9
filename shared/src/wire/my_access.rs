//! What the caller may use, until when, and what they have requested.

use super::{
    license_requests::{LicenseRequest, RequestableLicense},
    licenses::GrantEnd,
};
use serde::{Deserialize, Serialize};

/// The caller's own licenses, as far as they change by themselves, and the others that they may request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyAccess {
    /// When assignments of the caller end by themselves; those without an end are absent.
    pub grant_ends: Vec<GrantEnd>,
    /// The caller's requests: open ones, and those decided in the last 30 days; the newest first.
    pub requests: Vec<LicenseRequest>,
    /// The licenses that the caller neither has nor has requested, by product.
    pub requestable: Vec<RequestableLicense>,
}

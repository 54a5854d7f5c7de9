//! What the caller may use, and until when.

use super::licenses::GrantEnd;
use serde::{Deserialize, Serialize};

/// The caller's own licenses, as far as they change by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyAccess {
    /// When assignments of the caller end by themselves; those without an end are absent.
    pub grant_ends: Vec<GrantEnd>,
}

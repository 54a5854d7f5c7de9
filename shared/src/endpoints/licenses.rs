//! Licenses: what they allow, and who has them.

use super::Endpoint;
use crate::{
    ids::LicenseId,
    wire::{groups::GroupLimits, licenses::LicenseView},
};

/// One license.
pub fn one(license: LicenseId) -> Endpoint<LicenseView> {
    Endpoint::get(format!("/licenses/{license}"))
}

/// Replaces the reservations and caps of groups; needs the ETag of the license.
pub fn set_group_limits(license: LicenseId, body: &GroupLimits) -> Endpoint<LicenseView> {
    Endpoint::put(format!("/licenses/{license}/groups"), body)
}

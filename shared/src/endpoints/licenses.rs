//! Licenses: what they allow, and who has them.

use super::Endpoint;
use crate::{
    ids::LicenseId,
    wire::{
        groups::GroupLimits,
        licenses::{AssignmentResults, ChangeLicense, Grant, LicenseUsage, LicenseView, NewLicense, SetGrantEnd},
    },
};

/// The licenses that the caller may see, without archived ones.
pub fn list() -> Endpoint<Vec<LicenseView>> {
    Endpoint::get("/licenses")
}

/// One license.
pub fn one(license: LicenseId) -> Endpoint<LicenseView> {
    Endpoint::get(format!("/licenses/{license}"))
}

/// Adds a license to a product.
pub fn add(body: &NewLicense) -> Endpoint<LicenseView> {
    Endpoint::post("/licenses", body)
}

/// Changes a license; needs the ETag of the license. More seats, overdraft or another price are a purchase.
pub fn change(license: LicenseId, body: &ChangeLicense) -> Endpoint<LicenseView> {
    Endpoint::patch(format!("/licenses/{license}"), body)
}

/// How many seats are used now, and the most in the last 30 days.
pub fn usage(license: LicenseId) -> Endpoint<LicenseUsage> {
    Endpoint::get(format!("/licenses/{license}/usage"))
}

/// Assigns a license to users, with a result for each.
pub fn grant(license: LicenseId, body: &Grant) -> Endpoint<AssignmentResults> {
    Endpoint::post(format!("/licenses/{license}/grant"), body)
}

/// Changes when assignments of a license end by themselves, with a result for each user.
pub fn set_grant_end(license: LicenseId, body: &SetGrantEnd) -> Endpoint<AssignmentResults> {
    Endpoint::post(format!("/licenses/{license}/grant-end"), body)
}

/// Replaces the reservations and caps of groups; needs the ETag of the license.
pub fn set_group_limits(license: LicenseId, body: &GroupLimits) -> Endpoint<LicenseView> {
    Endpoint::put(format!("/licenses/{license}/groups"), body)
}

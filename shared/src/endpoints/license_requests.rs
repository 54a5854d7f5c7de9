//! Requests for licenses.

use super::Endpoint;
use crate::{
    ids::LicenseRequestId,
    wire::license_requests::{ApproveLicenseRequest, DeclineLicenseRequest, LicenseRequest, NewLicenseRequest},
};

/// The open requests of users to whom the caller may assign licenses, the oldest first.
pub fn list() -> Endpoint<Vec<LicenseRequest>> {
    Endpoint::get("/license-requests")
}

/// Requests a license for the caller.
pub fn create(body: &NewLicenseRequest) -> Endpoint<LicenseRequest> {
    Endpoint::post("/license-requests", body)
}

/// Withdraws an open request of the caller.
pub fn withdraw(request: LicenseRequestId) -> Endpoint<()> {
    Endpoint::delete(format!("/license-requests/{request}"))
}

/// Assigns the requested license.
pub fn approve(request: LicenseRequestId, body: &ApproveLicenseRequest) -> Endpoint<()> {
    Endpoint::post(format!("/license-requests/{request}/approve"), body)
}

/// Declines a request.
pub fn decline(request: LicenseRequestId, body: &DeclineLicenseRequest) -> Endpoint<()> {
    Endpoint::post(format!("/license-requests/{request}/decline"), body)
}

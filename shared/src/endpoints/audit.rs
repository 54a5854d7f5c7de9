//! The audit log.

use super::Endpoint;
use crate::wire::audit::AuditPage;

/// The events of the log, the newest first, page by page.
pub fn list() -> Endpoint<AuditPage> {
    Endpoint::get("/audit").with("limit", "100")
}

/// The events as a file, in the `format` that is added: `csv` or `json`.
pub fn export() -> Endpoint<String> {
    Endpoint::get("/audit/export")
}

//! Customers, who join a session without signing in.

use super::Endpoint;
use crate::wire::join::{Join, Joined};

/// Joins the session of a support key, which then works no more.
pub fn with_key(body: &Join) -> Endpoint<Joined> {
    Endpoint::post("/join", body)
}

//! Borrowing: what verifies leases offline.

use super::Endpoint;
use crate::wire::borrow::BorrowKeys;

/// The public keys that verify leases, also those of before a change of keys.
pub fn keys() -> Endpoint<BorrowKeys> {
    Endpoint::get("/borrow/keys")
}

//! Users: lists, one user, and what they may do.

use super::Endpoint;
use crate::{
    ids::GroupId,
    wire::{Page, users::UserView},
};

/// The users that match a text, at most `limit`.
pub fn find(q: &str, limit: usize) -> Endpoint<Page<UserView>> {
    Endpoint::get("/users").with("limit", &limit.to_string()).with("q", q)
}

/// The members of a group.
pub fn members(group: GroupId) -> Endpoint<Page<UserView>> {
    Endpoint::get("/users").with("limit", "50").with("group", &group.to_string())
}

/// All managers.
pub fn managers() -> Endpoint<Page<UserView>> {
    Endpoint::get("/users?role=manager&limit=500")
}

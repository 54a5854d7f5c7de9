//! Users: lists, one user, and what they may do.

use super::Endpoint;
use crate::{
    ids::{GroupId, TokenId, UserId},
    wire::{
        Page,
        groups::GroupAssignment,
        password_links::CreatedPasswordLink,
        seat_check::SeatCheck,
        users::{BulkResults, BulkUsers, ChangeUser, NewUser, UserAccess, UserView},
    },
};

/// The users that the caller may see, page by page.
pub fn list() -> Endpoint<Page<UserView>> {
    Endpoint::get("/users")
}

/// Adds a user.
pub fn add(body: &NewUser) -> Endpoint<UserView> {
    Endpoint::post("/users", body)
}

/// The users that match a text, at most `limit`.
pub fn find(q: &str, limit: usize) -> Endpoint<Page<UserView>> {
    Endpoint::get("/users").with("limit", &limit.to_string()).with("q", q)
}

/// The members of a group.
pub fn members(group: GroupId) -> Endpoint<Page<UserView>> {
    Endpoint::get("/users").with("limit", "50").with("group", &group.to_string())
}

/// Whether a user would get a seat of each of their licenses now, and why not.
pub fn seat_check(user: UserId) -> Endpoint<SeatCheck> {
    Endpoint::get(format!("/users/{user}/seat-check"))
}

/// The active admins; the limit is higher than any realistic number of them.
pub fn admins() -> Endpoint<Page<UserView>> {
    Endpoint::get("/users?role=admin&status=active&limit=500")
}

/// All managers.
pub fn managers() -> Endpoint<Page<UserView>> {
    Endpoint::get("/users?role=manager&limit=500")
}

/// The matching users as a CSV file; takes the parameters of [`list`] except those of the page.
pub fn export() -> Endpoint<String> {
    Endpoint::get("/users/export")
}

/// One user, with the ETag that [`change`] needs.
pub fn one(user: UserId) -> Endpoint<UserView> {
    Endpoint::get(format!("/users/{user}"))
}

/// Changes the fields of a user that the body has; needs the ETag of the user.
pub fn change(user: UserId, body: &ChangeUser) -> Endpoint<UserView> {
    Endpoint::patch(format!("/users/{user}"), body)
}

/// Carries out an action on several users, or only says what it would change.
pub fn bulk(body: &BulkUsers) -> Endpoint<BulkResults> {
    Endpoint::post("/users/bulk", body)
}

/// The licenses that a user has through groups.
pub fn group_licenses(user: UserId) -> Endpoint<Vec<GroupAssignment>> {
    Endpoint::get(format!("/users/{user}/group-licenses"))
}

/// Creates a link with which a user sets a password, once; earlier ones become invalid.
pub fn invite(user: UserId) -> Endpoint<CreatedPasswordLink> {
    Endpoint::post(format!("/users/{user}/invite"), &())
}

/// Where a user is signed in, and what else gives access to the account.
pub fn access(user: UserId) -> Endpoint<UserAccess> {
    Endpoint::get(format!("/users/{user}/access"))
}

/// Signs a user out in all browsers; API tokens stay.
pub fn sign_out(user: UserId) -> Endpoint<()> {
    Endpoint::delete(format!("/users/{user}/sign-ins"))
}

/// Removes the second factor and all passkeys of a user: the password suffices from then on.
pub fn reset_second_factor(user: UserId) -> Endpoint<()> {
    Endpoint::delete(format!("/users/{user}/second-factor"))
}

/// Deletes an API token of another user.
pub fn delete_token(user: UserId, token: TokenId) -> Endpoint<()> {
    Endpoint::delete(format!("/users/{user}/tokens/{token}"))
}

//! One thing to be done to some users: what it takes, what is asked of the server, and what undoes it.

use crate::api::{Api, Failure};
use seatkeeper_shared::{
    ids::UserId,
    permissions::Action,
    validate::MAX_BULK,
    wire::users::{BulkAction, BulkResults, BulkUsers, UserView},
};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Assigns a license.
    Grant,
    /// Takes a license away.
    Revoke,
    /// Puts into a group.
    AddToGroup,
    /// Takes out of a group.
    RemoveFromGroup,
    /// Gives a role.
    SetRole,
    /// Suspends.
    Suspend,
    /// Lets in again.
    Reactivate,
    /// Deletes.
    Delete,
}

impl What {
    /// What it takes.
    pub const fn takes(self) -> Action {
        match self {
            Self::Grant | Self::Revoke => Action::Assign,
            Self::SetRole => Action::ManageRoles,
            _ => Action::ManageUsers,
        }
    }

    /// Whether it is to be seen at once that it takes something away.
    pub const fn is_hard(self) -> bool {
        matches!(self, Self::Revoke | Self::Suspend | Self::Delete)
    }

    /// Whether something has to be chosen: a license, a group, a role.
    pub const fn needs_choice(self) -> bool {
        !matches!(self, Self::Suspend | Self::Reactivate | Self::Delete)
    }

    /// What the server is asked, once it is clear.
    pub fn action(self, choice: &str, end_now: bool) -> Option<BulkAction> {
        Some(match self {
            Self::Grant => BulkAction::Grant { license_id: choice.parse().ok()? },
            Self::Revoke => BulkAction::Revoke { license_id: choice.parse().ok()?, end_now },
            Self::AddToGroup => BulkAction::AddToGroup { group_id: choice.parse().ok()? },
            Self::RemoveFromGroup => BulkAction::RemoveFromGroup { group_id: choice.parse().ok()? },
            Self::SetRole => BulkAction::SetRole { role: choice.parse().ok()? },
            Self::Suspend => BulkAction::Suspend,
            Self::Reactivate => BulkAction::Reactivate,
            Self::Delete => BulkAction::Delete,
        })
    }
}

/// What is to be done, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// What.
    pub what: What,
    /// To whom.
    pub users: Vec<UserView>,
    /// With what, if that is clear already.
    pub choice: Option<String>,
}

impl Job {
    /// Something still to be chosen.
    pub fn new(what: What, users: Vec<UserView>) -> Self {
        Self { what, users, choice: None }
    }

    /// With this license, group or role.
    pub fn with(what: What, users: Vec<UserView>, choice: impl ToString) -> Self {
        Self { what, users, choice: Some(choice.to_string()) }
    }
}

/// What undoes it: the opposite. What ended with it stays ended.
pub fn opposite(action: &BulkAction) -> Option<BulkAction> {
    match action {
        BulkAction::Grant { license_id } => Some(BulkAction::Revoke { license_id: *license_id, end_now: false }),
        BulkAction::Revoke { license_id, .. } => Some(BulkAction::Grant { license_id: *license_id }),
        BulkAction::AddToGroup { group_id } => Some(BulkAction::RemoveFromGroup { group_id: *group_id }),
        BulkAction::RemoveFromGroup { group_id } => Some(BulkAction::AddToGroup { group_id: *group_id }),
        BulkAction::Suspend => Some(BulkAction::Reactivate),
        BulkAction::Reactivate => Some(BulkAction::Suspend),
        BulkAction::SetRole { .. } | BulkAction::Delete => None,
    }
}

/// Does it, or asks what it would do; any number of users.
///
/// # Errors
/// As the server says; those before may have been changed.
pub async fn carry_out(api: Api, action: &BulkAction, users: &[UserId], dry_run: bool) -> Result<BulkResults, Failure> {
    let mut all = BulkResults { dry_run, results: Vec::with_capacity(users.len()), seats_free: None };
    for some in users.chunks(MAX_BULK) {
        let body = BulkUsers { user_ids: Some(some.to_vec()), filter: None, action: action.clone(), dry_run };
        let answer: BulkResults = api.post("/users/bulk", &body).await?;
        all.seats_free = all.seats_free.or(answer.seats_free);
        all.results.extend(answer.results);
    }
    Ok(all)
}

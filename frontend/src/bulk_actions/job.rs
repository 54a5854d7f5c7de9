//! A bulk action on users: the right it needs, its requests, and its inverse.

use crate::api::{Api, Failure};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    endpoints,
    ids::{LicenseId, UserId},
    permissions::Action,
    validate::MAX_BULK_ITEMS,
    wire::users::{BulkAction, BulkResult, BulkResults, BulkUsers, UserFilter, UserView},
};
use std::collections::BTreeMap;

/// The kind of a [`BulkAction`], before a license, group or role is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkActionKind {
    /// Assigns a license.
    Grant,
    /// Changes when an assignment ends by itself.
    SetGrantEnd,
    /// Revokes a license.
    Revoke,
    AddToGroup,
    RemoveFromGroup,
    /// Changes the role.
    SetRole,
    Suspend,
    /// Lifts a suspension.
    Reactivate,
    Delete,
}

impl BulkActionKind {
    /// The right that is needed for the action.
    pub const fn required_action(self) -> Action {
        match self {
            Self::Grant | Self::SetGrantEnd | Self::Revoke => Action::Assign,
            Self::SetRole => Action::ManageRoles,
            _ => Action::ManageUsers,
        }
    }

    /// Whether the action takes something away, which its button should show.
    pub const fn is_destructive(self) -> bool {
        matches!(self, Self::Revoke | Self::Suspend | Self::Delete)
    }

    /// Whether a license, group or role has to be chosen.
    pub const fn needs_choice(self) -> bool {
        !matches!(self, Self::Suspend | Self::Reactivate | Self::Delete)
    }

    /// Whether it can be chosen when the assignment ends by itself.
    pub const fn has_grant_end(self) -> bool {
        matches!(self, Self::Grant | Self::SetGrantEnd)
    }

    /// The action with the chosen license, group or role; `None` if the choice is missing.
    pub fn action(self, choice: &str, end_now: bool, ends_at: Option<DateTime<Utc>>) -> Option<BulkAction> {
        Some(match self {
            Self::Grant => BulkAction::Grant { license_id: choice.parse().ok()?, ends_at },
            Self::SetGrantEnd => BulkAction::SetGrantEnd { license_id: choice.parse().ok()?, ends_at },
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

/// The users that an action applies to.
#[derive(Clone, Debug, PartialEq)]
pub enum BulkTargets {
    /// Individual users.
    Users(Vec<UserView>),
    /// All users that match a filter, with their number when they were last counted.
    Matching(Box<UserFilter>, usize),
}

impl BulkTargets {
    /// The number of users.
    pub fn count(&self) -> usize {
        match self {
            Self::Users(users) => users.len(),
            Self::Matching(_, count) => *count,
        }
    }

    /// The individual users; empty for a filter.
    pub fn known_users(&self) -> &[UserView] {
        match self {
            Self::Users(users) => users,
            Self::Matching(..) => &[],
        }
    }

    /// The targets as sent to the server.
    pub fn selector(&self) -> TargetSelector {
        match self {
            Self::Users(users) => TargetSelector::Users(users.iter().map(|user| user.id).collect()),
            Self::Matching(filter, _) => TargetSelector::Matching(filter.clone()),
        }
    }
}

/// Targets as sent to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetSelector {
    /// Individual users.
    Users(Vec<UserId>),
    /// All users that match a filter.
    Matching(Box<UserFilter>),
}

/// An action and its targets, for which the dialog is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkJob {
    pub kind: BulkActionKind,
    pub targets: BulkTargets,
    /// The license, group or role, if it is chosen already.
    pub choice: Option<String>,
}

impl BulkJob {
    /// An action on individual users.
    pub fn new(kind: BulkActionKind, users: Vec<UserView>) -> Self {
        Self { kind, targets: BulkTargets::Users(users), choice: None }
    }

    /// An action on any targets.
    pub fn for_targets(kind: BulkActionKind, targets: BulkTargets) -> Self {
        Self { kind, targets, choice: None }
    }

    /// An action on individual users with a given license, group or role.
    pub fn with_choice(kind: BulkActionKind, users: Vec<UserView>, choice: impl ToString) -> Self {
        Self { kind, targets: BulkTargets::Users(users), choice: Some(choice.to_string()) }
    }
}

/// The action that undoes an action, if there is one; [`with_former_ends`] completes it. Sessions that it ended remain
/// ended.
pub fn inverse(action: &BulkAction) -> Option<BulkAction> {
    match action {
        BulkAction::Grant { license_id, .. } => Some(BulkAction::Revoke { license_id: *license_id, end_now: false }),
        BulkAction::SetGrantEnd { license_id, .. } => {
            Some(BulkAction::SetGrantEnd { license_id: *license_id, ends_at: None })
        }
        BulkAction::Revoke { license_id, .. } => Some(BulkAction::Grant { license_id: *license_id, ends_at: None }),
        BulkAction::AddToGroup { group_id } => Some(BulkAction::RemoveFromGroup { group_id: *group_id }),
        BulkAction::RemoveFromGroup { group_id } => Some(BulkAction::AddToGroup { group_id: *group_id }),
        BulkAction::Suspend => Some(BulkAction::Reactivate),
        BulkAction::Reactivate => Some(BulkAction::Suspend),
        BulkAction::SetRole { .. } | BulkAction::Delete => None,
    }
}

/// The actions that undo an action, each with its users: every assignment gets back the end that it had.
pub fn with_former_ends(back: &BulkAction, changed: &[BulkResult]) -> Vec<(BulkAction, Vec<UserId>)> {
    let (BulkAction::Grant { license_id, .. } | BulkAction::SetGrantEnd { license_id, .. }) = back else {
        return vec![(back.clone(), changed.iter().map(|result| result.user_id).collect())];
    };
    let mut users_by_end: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for result in changed {
        users_by_end.entry(result.grant_end(*license_id)).or_default().push(result.user_id);
    }
    let action = |former_end| match back.clone() {
        BulkAction::SetGrantEnd { license_id, .. } => BulkAction::SetGrantEnd { license_id, ends_at: former_end },
        _ => BulkAction::Grant { license_id: *license_id, ends_at: former_end },
    };
    users_by_end.into_iter().map(|(end, users)| (action(end), users)).collect()
}

/// A bulk action failed between two requests.
#[derive(Debug)]
pub struct Interrupted {
    /// The results of the requests that succeeded.
    pub completed: BulkResults,
    /// Why the next request failed.
    pub failure: Failure,
}

impl From<Interrupted> for Failure {
    fn from(interrupted: Interrupted) -> Self {
        interrupted.failure
    }
}

/// Carries out an action, or a dry run of it, on any number of users in several requests. After each request it calls
/// `should_continue` with the number of users done, and stops if that returns false; completed requests remain in
/// effect.
///
/// # Errors
/// Returns [`Interrupted`] with the completed results if a request fails.
pub async fn carry_out(
    api: Api,
    action: &BulkAction,
    targets: &TargetSelector,
    dry_run: bool,
    should_continue: impl Fn(usize) -> bool,
) -> Result<BulkResults, Interrupted> {
    let mut all = BulkResults { dry_run, results: Vec::new(), seats_free: None, total: None, next: None };
    let mut parts = match targets {
        TargetSelector::Users(users) => users.chunks(MAX_BULK_ITEMS).map(|some| (Some(some.to_vec()), None)).collect(),
        TargetSelector::Matching(filter) => vec![(None, Some((**filter).clone()))],
    };
    parts.reverse();
    while let Some((user_ids, filter)) = parts.pop() {
        let body =
            BulkUsers { user_ids, filter: filter.clone(), after: all.next.take(), action: action.clone(), dry_run };
        let answer = match api.send(endpoints::users::bulk(&body)).await {
            Ok(answer) => answer,
            Err(failure) => return Err(Interrupted { completed: all, failure }),
        };
        all.seats_free = all.seats_free.or(answer.seats_free);
        all.results.extend(answer.results);
        all.next = answer.next;
        if !should_continue(all.results.len()) {
            break;
        }
        if all.next.is_some() {
            parts.push((None, filter));
        }
    }
    Ok(all)
}

/// Undoes a suspension: reactivates the users and assigns the named seats again that the suspension freed, if they are
/// still available. Returns the number of users not reactivated and the number of seats not assigned.
///
/// # Errors
/// Returns a [`Failure`] if a request fails.
pub async fn reactivate_with_seats(api: Api, suspended: &[BulkResult]) -> Result<(usize, usize), Failure> {
    let users: Vec<_> = suspended.iter().map(|result| result.user_id).collect();
    let back = carry_out(api, &BulkAction::Reactivate, &TargetSelector::Users(users), false, |_| true).await?;
    let mut seats: BTreeMap<(LicenseId, Option<DateTime<Utc>>), Vec<UserId>> = BTreeMap::new();
    for result in suspended {
        for license in &result.frees {
            seats.entry((*license, result.grant_end(*license))).or_default().push(result.user_id);
        }
    }
    let mut without = 0;
    for ((license_id, ends_at), users) in seats {
        let grant = BulkAction::Grant { license_id, ends_at };
        let given = carry_out(api, &grant, &TargetSelector::Users(users), false, |_| true).await?;
        without += count_refused(&given);
    }
    Ok((count_refused(&back), without))
}

fn count_refused(results: &BulkResults) -> usize {
    results.results.iter().filter(|result| result.refused.is_some()).count()
}

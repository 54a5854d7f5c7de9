//! One thing to be done to some users: what it takes, what is asked of the server, and what undoes it.

use crate::api::{Api, Failure};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    permissions::Action,
    validate::MAX_BULK,
    wire::users::{BulkAction, BulkResult, BulkResults, BulkUsers, UserFilter, UserView},
};
use std::collections::BTreeMap;

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

/// To whom something is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Whom {
    /// To these.
    These(Vec<UserView>),
    /// To all whom a filter lets through, however many, and how many that were when they were counted.
    Matching(Box<UserFilter>, usize),
}

impl Whom {
    /// How many they are.
    pub fn count(&self) -> usize {
        match self {
            Self::These(users) => users.len(),
            Self::Matching(_, count) => *count,
        }
    }

    /// Those who are known one by one.
    pub fn named(&self) -> &[UserView] {
        match self {
            Self::These(users) => users,
            Self::Matching(..) => &[],
        }
    }

    /// How the server is told.
    pub fn told(&self) -> Told {
        match self {
            Self::These(users) => Told::These(users.iter().map(|user| user.id).collect()),
            Self::Matching(filter, _) => Told::Matching(filter.clone()),
        }
    }
}

/// How the server is told to whom something is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// One by one.
    These(Vec<UserId>),
    /// By a filter.
    Matching(Box<UserFilter>),
}

/// What is to be done, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// What.
    pub what: What,
    /// To whom.
    pub whom: Whom,
    /// With what, if that is clear already.
    pub choice: Option<String>,
}

impl Job {
    /// Something still to be chosen.
    pub fn new(what: What, users: Vec<UserView>) -> Self {
        Self { what, whom: Whom::These(users), choice: None }
    }

    /// The same, to all whom a list shows.
    pub fn to(what: What, whom: Whom) -> Self {
        Self { what, whom, choice: None }
    }

    /// With this license, group or role.
    pub fn with(what: What, users: Vec<UserView>, choice: impl ToString) -> Self {
        Self { what, whom: Whom::These(users), choice: Some(choice.to_string()) }
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

/// The server said no on the way.
#[derive(Debug)]
pub struct Stopped {
    /// What was done before.
    pub before: BulkResults,
    /// Why it said no.
    pub failure: Failure,
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        stopped.failure
    }
}

/// Does it, or asks what it would do; to any number of users, some at a time. After each part it is told how many are done, and goes
/// on as long as `goes_on` says so: what is done stays done.
///
/// # Errors
/// As the server says, with what was done before.
pub async fn carry_out(
    api: Api,
    action: &BulkAction,
    whom: &Told,
    dry_run: bool,
    goes_on: impl Fn(usize) -> bool,
) -> Result<BulkResults, Stopped> {
    let mut all = BulkResults { dry_run, results: Vec::new(), seats_free: None, total: None, next: None };
    let mut parts = match whom {
        Told::These(users) => users.chunks(MAX_BULK).map(|some| (Some(some.to_vec()), None)).collect(),
        Told::Matching(filter) => vec![(None, Some((**filter).clone()))],
    };
    parts.reverse();
    while let Some((user_ids, filter)) = parts.pop() {
        let body =
            BulkUsers { user_ids, filter: filter.clone(), after: all.next.take(), action: action.clone(), dry_run };
        let answer: BulkResults = match api.post("/users/bulk", &body).await {
            Ok(answer) => answer,
            Err(failure) => return Err(Stopped { before: all, failure }),
        };
        all.seats_free = all.seats_free.or(answer.seats_free);
        all.results.extend(answer.results);
        all.next = answer.next;
        if !goes_on(all.results.len()) {
            break;
        }
        if all.next.is_some() {
            parts.push((None, filter));
        }
    }
    Ok(all)
}

/// What undoes a suspension: they are let in again, and get back the named seats that it took, as far as these are free. How many of the
/// former, and of the latter, could not be had.
///
/// # Errors
/// As the server says.
pub async fn let_in_again(api: Api, suspended: &[BulkResult]) -> Result<(usize, usize), Failure> {
    let users: Vec<_> = suspended.iter().map(|result| result.user_id).collect();
    let back = carry_out(api, &BulkAction::Reactivate, &Told::These(users), false, |_| true).await?;
    let mut seats: BTreeMap<LicenseId, Vec<UserId>> = BTreeMap::new();
    for result in suspended {
        result.frees.iter().for_each(|license| seats.entry(*license).or_default().push(result.user_id));
    }
    let mut without = 0;
    for (license_id, users) in seats {
        let given = carry_out(api, &BulkAction::Grant { license_id }, &Told::These(users), false, |_| true).await?;
        without += count_refused(&given);
    }
    Ok((count_refused(&back), without))
}

fn count_refused(results: &BulkResults) -> usize {
    results.results.iter().filter(|result| result.refused.is_some()).count()
}

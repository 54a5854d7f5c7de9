//! Previews a bulk action for each user. The execution checks everything again under locks.

use crate::{
    app::App,
    auth::{Caller, Scope},
    entitlements::{
        assignment_source::{self, AssignmentSource},
        groups::{self, GroupPreview},
    },
    http::problem::ApiError,
    store,
    user_changes::keeps_an_admin,
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::{Role, UserStatus},
    permissions::Action,
    problem::Code,
    wire::{
        licenses::GrantEnd,
        users::{BulkAction, BulkResult, UserFilter, UserSort, UserView},
    },
};
use std::collections::HashMap;

/// What the preview needs besides the users.
#[derive(Debug, Default)]
pub(super) struct PreviewContext {
    /// Free seats of the named license to assign.
    pub seats_free: Option<i64>,
    /// Live sessions on the license to revoke, by user.
    sessions: HashMap<UserId, i64>,
    /// The named licenses that were assigned to each user manually only.
    manual_licenses: HashMap<UserId, Vec<LicenseId>>,
    /// Users who have the license to revoke through a group or a rule.
    other_sources: HashMap<UserId, AssignmentSource>,
    /// The number of active admins.
    pub admins: i64,
    /// Why the caller may not add users to the group, or remove users whom a directory added.
    group: GroupPreview,
    /// Whether the caller may change admins and managers.
    may_change_any_role: bool,
}

impl PreviewContext {
    /// Reads the context.
    ///
    /// # Errors
    /// Returns an error if the license or group does not exist, or if the database cannot be read.
    pub async fn read(app: &App, caller: &Caller, action: &BulkAction, users: &[UserId]) -> Result<Self, ApiError> {
        let mut context = Self { may_change_any_role: caller.may(Action::ManageRoles), ..Self::default() };
        match action {
            BulkAction::Grant { license_id, .. }
            | BulkAction::SetGrantEnd { license_id, .. }
            | BulkAction::Revoke { license_id, .. } => {
                let found = store::licenses::some(&app.db, app.clock.now(), [*license_id]).await?.pop();
                let license = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
                if let (BulkAction::Grant { .. }, Model::Named) = (action, license.model) {
                    context.seats_free = Some((license.seats - license.usage.assigned).max(0));
                }
                if let BulkAction::Revoke { .. } | BulkAction::SetGrantEnd { .. } = action {
                    context.other_sources = assignment_source::automatic(&app.entitlements, *license_id, users).await?;
                }
                if let BulkAction::Revoke { end_now: true, .. } = action {
                    context.sessions = store::users::sessions_on(&app.db, *license_id, users).await?;
                }
            }
            BulkAction::AddToGroup { group_id } | BulkAction::RemoveFromGroup { group_id } => {
                let found = store::groups::get(&app.db, *group_id, Scope::of(caller).manager()).await?;
                found.ok_or_else(|| ApiError::new(Code::NotFound))?;
                context.group = groups::preview(&app.entitlements, &caller.actor(), *group_id).await?;
            }
            _ => {
                if let BulkAction::Suspend = action {
                    context.manual_licenses = store::group_licenses::manual_named(&app.db, users).await?;
                }
                let active =
                    UserFilter { role: Some(Role::Admin), status: Some(UserStatus::Active), ..UserFilter::default() };
                let by_name = (UserSort::Name, false);
                context.admins = store::users::page(&app.db, &active, None, by_name, None, 1).await?.total;
            }
        }
        Ok(context)
    }
}

/// Previews the action for each user, and updates the context's counts.
pub(super) fn preview(
    action: &BulkAction,
    ids: &[UserId],
    known: &HashMap<UserId, UserView>,
    context: &mut PreviewContext,
) -> Vec<BulkResult> {
    let (mut free, mut admins) = (context.seats_free.unwrap_or(i64::MAX), context.admins);
    let result = |id: &UserId| {
        let Some(user) = known.get(id) else { return bulk_result(*id, None, Err(Code::NotFound)) };
        let outcome = preview_user(action, user, context, &mut free, &mut admins);
        let mut result = bulk_result(*id, Some(user.name.clone()), outcome);
        if result.changed {
            result.frees = context.manual_licenses.get(id).cloned().unwrap_or_default();
            result.grant_ends = grant_ends(action, user, &result.frees);
        }
        result
    };
    let results = ids.iter().map(result).collect();
    (context.seats_free, context.admins) = (context.seats_free.map(|_| free), admins);
    results
}

/// The ends of the assignments that the action takes away or changes.
fn grant_ends(action: &BulkAction, user: &UserView, freed: &[LicenseId]) -> Vec<GrantEnd> {
    let concerns = |license: &LicenseId| match action {
        BulkAction::SetGrantEnd { license_id, .. } | BulkAction::Revoke { license_id, .. } => license == license_id,
        _ => freed.contains(license),
    };
    user.grant_ends.iter().filter(|end| concerns(&end.license_id)).copied().collect()
}

fn bulk_result(user_id: UserId, name: Option<String>, outcome: Result<Option<i64>, Code>) -> BulkResult {
    let changed = matches!(outcome, Ok(Some(_)));
    let (refused, ends_sessions) = (outcome.err(), outcome.ok().flatten().unwrap_or(0));
    BulkResult { user_id, name, changed, refused, ends_sessions, frees: Vec::new(), grant_ends: Vec::new() }
}

/// Previews the action for one user. Returns the number of sessions that it ends, or `None` if it changes nothing.
fn preview_user(
    action: &BulkAction,
    user: &UserView,
    context: &PreviewContext,
    free: &mut i64,
    admins: &mut i64,
) -> Result<Option<i64>, Code> {
    let quietly = |changes: bool| Ok(changes.then_some(0));
    match action {
        BulkAction::Grant { license_id, .. } if user.license_ids.contains(license_id) => Ok(None),
        BulkAction::Grant { .. } if user.status == UserStatus::Suspended => Err(Code::UserSuspended),
        BulkAction::Grant { .. } if *free <= 0 => Err(Code::NamedSeatsTaken),
        BulkAction::Grant { .. } => {
            *free -= 1;
            Ok(Some(0))
        }
        BulkAction::SetGrantEnd { license_id, ends_at } => {
            if let Some(reason) = context.other_sources.get(&user.id) {
                return Err(reason.code());
            }
            if !user.license_ids.contains(license_id) {
                return Err(Code::NotAssigned);
            }
            quietly(user.grant_end(*license_id) != *ends_at)
        }
        BulkAction::Revoke { license_id, .. } => {
            if let Some(reason) = context.other_sources.get(&user.id) {
                return Err(reason.code());
            }
            // A user whose assignment was revoked before may still finish their sessions.
            let sessions = context.sessions.get(&user.id).copied().unwrap_or(0);
            Ok((user.license_ids.contains(license_id) || sessions > 0).then_some(sessions))
        }
        BulkAction::AddToGroup { group_id } if user.group_ids.contains(group_id) => Ok(None),
        BulkAction::RemoveFromGroup { group_id } if !user.group_ids.contains(group_id) => Ok(None),
        BulkAction::AddToGroup { .. } => context.group.add.map_or(Ok(Some(0)), Err),
        BulkAction::RemoveFromGroup { .. } => context.group.remove(user.id).map_or(Ok(Some(0)), Err),
        BulkAction::SetRole { role } if user.role == *role => Ok(None),
        BulkAction::SetRole { .. } => require_other_admin(user, admins).map(|()| Some(0)),
        _ if user.role != Role::Agent && !context.may_change_any_role => Err(Code::Forbidden),
        BulkAction::Suspend if user.status == UserStatus::Suspended => Ok(None),
        BulkAction::Suspend | BulkAction::Delete => require_other_admin(user, admins).map(|()| Some(user.sessions)),
        BulkAction::Reactivate => quietly(user.status == UserStatus::Suspended),
    }
}

fn require_other_admin(user: &UserView, admins: &mut i64) -> Result<(), Code> {
    let is_active_admin = user.role == Role::Admin && user.status == UserStatus::Active;
    if !keeps_an_admin(is_active_admin, usize::try_from(*admins).unwrap_or_default()) {
        return Err(Code::LastAdmin);
    }
    *admins -= i64::from(is_active_admin);
    Ok(())
}

//! What one thing done to many users would do to each. Decides nothing: when it is done, the same questions are asked again
//! under locks.

use crate::{
    app::App,
    auth::{Caller, Scope},
    entitlements::groups::{self, GroupPreview},
    http::problem::Fail,
    reasons::{self, Reason},
    store,
};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Model,
    people::{Role, UserStatus},
    permissions::Action,
    problem::Code,
    wire::users::{BulkAction, BulkResult, UserFilter, UserSort, UserView},
};
use std::collections::HashMap;

/// What the preview needs to know besides the users.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// Free seats of the named license that is granted.
    pub seats_free: Option<i64>,
    /// Live sessions on the license that is taken away, by user.
    sessions: HashMap<UserId, i64>,
    /// The named seats that each user has by nobody's doing but an admin's.
    by_hand: HashMap<UserId, Vec<LicenseId>>,
    /// Who has the license that is taken away for another reason than that somebody gave it.
    kept: HashMap<UserId, Reason>,
    /// How many active admins there are.
    pub admins: i64,
    /// What keeps the caller from putting somebody into the group, or somebody whom a directory put there out of it.
    in_the_way: GroupPreview,
    /// Whether the caller may do this to others than agents.
    to_anybody: bool,
}

impl Ground {
    /// Reads it.
    ///
    /// # Errors
    /// No such license or group; the database does not answer.
    pub async fn read(app: &App, caller: &Caller, action: &BulkAction, users: &[UserId]) -> Result<Self, Fail> {
        let mut ground = Self { to_anybody: caller.may(Action::ManageRoles), ..Self::default() };
        match action {
            BulkAction::Grant { license_id } | BulkAction::Revoke { license_id, .. } => {
                let found = store::licenses::some(&app.db, app.clock.now(), [*license_id]).await?.pop();
                let license = found.ok_or_else(|| Fail::code(Code::NotFound))?;
                if let (BulkAction::Grant { .. }, Model::Named) = (action, license.model) {
                    ground.seats_free = Some((license.seats - license.usage.assigned).max(0));
                }
                if let BulkAction::Revoke { .. } = action {
                    ground.kept = reasons::of(app, *license_id, users).await?;
                }
                if let BulkAction::Revoke { end_now: true, .. } = action {
                    ground.sessions = store::users::sessions_on(&app.db, *license_id, users).await?;
                }
            }
            BulkAction::AddToGroup { group_id } | BulkAction::RemoveFromGroup { group_id } => {
                let found = store::groups::get(&app.db, *group_id, Scope::of(caller).manager()).await?;
                found.ok_or_else(|| Fail::code(Code::NotFound))?;
                ground.in_the_way = groups::preview(app, &caller.actor(), *group_id).await?;
            }
            _ => {
                if let BulkAction::Suspend = action {
                    ground.by_hand = store::group_licenses::named_by_hand(&app.db, users).await?;
                }
                let active =
                    UserFilter { role: Some(Role::Admin), status: Some(UserStatus::Active), ..UserFilter::default() };
                let by_name = (UserSort::Name, false);
                ground.admins = store::users::page(&app.db, &active, None, by_name, None, 1).await?.total;
            }
        }
        Ok(ground)
    }
}

/// One result for each user. The ground is then as they would leave it.
pub(super) fn preview(
    action: &BulkAction,
    ids: &[UserId],
    known: &HashMap<UserId, UserView>,
    ground: &mut Ground,
) -> Vec<BulkResult> {
    let (mut free, mut admins) = (ground.seats_free.unwrap_or(i64::MAX), ground.admins);
    let result = |id: &UserId| {
        let Some(user) = known.get(id) else { return told(*id, None, Err(Code::NotFound)) };
        let outcome = of_one(action, user, ground, &mut free, &mut admins);
        let mut result = told(*id, Some(user.name.clone()), outcome);
        if result.changed {
            result.frees = ground.by_hand.get(id).cloned().unwrap_or_default();
        }
        result
    };
    let results = ids.iter().map(result).collect();
    (ground.seats_free, ground.admins) = (ground.seats_free.map(|_| free), admins);
    results
}

fn told(user_id: UserId, name: Option<String>, outcome: Result<Option<i64>, Code>) -> BulkResult {
    let changed = matches!(outcome, Ok(Some(_)));
    let (refused, ends_sessions) = (outcome.err(), outcome.ok().flatten().unwrap_or(0));
    BulkResult { user_id, name, changed, refused, ends_sessions, frees: Vec::new() }
}

/// How many sessions end with it; nothing if it is so already.
fn of_one(
    action: &BulkAction,
    user: &UserView,
    ground: &Ground,
    free: &mut i64,
    admins: &mut i64,
) -> Result<Option<i64>, Code> {
    let quietly = |changes: bool| Ok(changes.then_some(0));
    match action {
        BulkAction::Grant { license_id } if user.license_ids.contains(license_id) => Ok(None),
        BulkAction::Grant { .. } if user.status == UserStatus::Suspended => Err(Code::UserSuspended),
        BulkAction::Grant { .. } if *free <= 0 => Err(Code::NamedSeatsTaken),
        BulkAction::Grant { .. } => {
            *free -= 1;
            Ok(Some(0))
        }
        BulkAction::Revoke { license_id, .. } => {
            if let Some(reason) = ground.kept.get(&user.id) {
                return Err(reason.code());
            }
            // Whoever lost it before may still be finishing.
            let sessions = ground.sessions.get(&user.id).copied().unwrap_or(0);
            Ok((user.license_ids.contains(license_id) || sessions > 0).then_some(sessions))
        }
        BulkAction::AddToGroup { group_id } if user.group_ids.contains(group_id) => Ok(None),
        BulkAction::RemoveFromGroup { group_id } if !user.group_ids.contains(group_id) => Ok(None),
        BulkAction::AddToGroup { .. } => ground.in_the_way.add.map_or(Ok(Some(0)), Err),
        BulkAction::RemoveFromGroup { .. } => ground.in_the_way.remove(user.id).map_or(Ok(Some(0)), Err),
        BulkAction::SetRole { role } if user.role == *role => Ok(None),
        BulkAction::SetRole { .. } => keeps_an_admin(user, admins).map(|()| Some(0)),
        _ if user.role != Role::Agent && !ground.to_anybody => Err(Code::Forbidden),
        BulkAction::Suspend if user.status == UserStatus::Suspended => Ok(None),
        BulkAction::Suspend | BulkAction::Delete => keeps_an_admin(user, admins).map(|()| Some(user.sessions)),
        BulkAction::Reactivate => quietly(user.status == UserStatus::Suspended),
    }
}

fn keeps_an_admin(user: &UserView, admins: &mut i64) -> Result<(), Code> {
    if user.role != Role::Admin || user.status != UserStatus::Active {
        return Ok(());
    }
    if *admins <= 1 {
        return Err(Code::LastAdmin);
    }
    *admins -= 1;
    Ok(())
}

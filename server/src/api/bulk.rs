//! Bulk actions on users: preview and execution, with a result for each user.

mod cursor;
mod preview;

use super::{licenses, pagination::parse_paging, users};
use crate::{
    app::App,
    auth::{Caller, Scope},
    entitlements::assignments,
    http::{etag::IfMatch, extract::ValidJson, problem::ApiError},
    seats::SeatsError,
    store,
};
use axum::{Json, extract::State};
use cursor::BulkCursor;
use futures_util::future::join_all;
use preview::{PreviewContext, preview};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    people::UserStatus,
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::{
        licenses::AssignmentResult,
        users::{BulkAction, BulkResult, BulkResults, BulkUsers, ChangeUser, UserFilter, UserSort, UserView},
    },
};
use std::collections::{BTreeSet, HashMap};

/// Applies an action to many users, with a result for each, or previews it with `dry_run`.
///
/// A request handles up to 1,000 users. If a filter matches more, the response has a `next` for the `after` of the next
/// request. In previews, `next` also carries what the earlier users would take.
///
/// Assigning, revoking and group changes are saved for all users or none. Suspending, deleting and role changes are
/// saved user by user.
#[utoipa::path(
    post, path = "/users/bulk", tag = "users",
    request_body = BulkUsers,
    responses((status = 200, body = BulkResults)),
)]
pub async fn bulk(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<BulkUsers>,
) -> Result<Json<BulkResults>, ApiError> {
    caller.require(match wanted.action {
        BulkAction::Grant { .. } | BulkAction::SetGrantEnd { .. } | BulkAction::Revoke { .. } => Action::Assign,
        BulkAction::SetRole { .. } => Action::ManageRoles,
        _ => Action::ManageUsers,
    })?;
    if let BulkAction::Grant { ends_at, .. } | BulkAction::SetGrantEnd { ends_at, .. } = &wanted.action {
        licenses::validate_grant_end(&app, *ends_at)?;
    }
    let cursor = BulkCursor::decode(wanted.after.as_deref())?;
    let selected = match (&wanted.user_ids, &wanted.filter) {
        (Some(named), None) => users_by_id(&app, &caller, named).await?,
        (None, Some(filter)) => users_by_filter(&app, &caller, filter, cursor.after.as_deref()).await?,
        _ => return Err(ApiError::field("user_ids", FieldError::Required)),
    };
    let mut context = PreviewContext::read(&app, &caller, &wanted.action, &selected.ids).await?;
    if wanted.dry_run {
        cursor.restore_into(&mut context);
    }
    let seats_free = context.seats_free;
    let mut results = preview(&wanted.action, &selected.ids, &selected.known, &mut context);
    if !wanted.dry_run {
        apply(&app, &caller, &wanted.action, &mut results).await?;
    }
    let next = selected.next.map(|after| BulkCursor::after_users(after, &context).encode());
    Ok(Json(BulkResults { dry_run: wanted.dry_run, results, seats_free, total: selected.total, next }))
}

/// The users of one request.
struct SelectedUsers {
    ids: Vec<UserId>,
    /// Those whom the caller sees.
    known: HashMap<UserId, UserView>,
    /// The number of users that match the filter.
    total: Option<i64>,
    /// The cursor of the next users.
    next: Option<String>,
}

async fn users_by_id(app: &App, caller: &Caller, named: &[UserId]) -> Result<SelectedUsers, ApiError> {
    let mut seen = BTreeSet::new();
    let ids: Vec<_> = named.iter().copied().filter(|id| seen.insert(*id)).collect();
    if ids.is_empty() || ids.len() > validate::MAX_BULK_ITEMS {
        return Err(ApiError::field("user_ids", FieldError::OutOfRange { min: 1, max: 1_000 }));
    }
    let known = store::users::some(&app.db, &ids, Scope::of(caller).manager()).await?;
    Ok(SelectedUsers { ids, known: known.into_iter().map(|user| (user.id, user)).collect(), total: None, next: None })
}

/// Selects users by a filter, ordered by name. No bulk action changes names, so the cursor stays valid although earlier
/// users may no longer match.
async fn users_by_filter(
    app: &App,
    caller: &Caller,
    filter: &UserFilter,
    after: Option<&str>,
) -> Result<SelectedUsers, ApiError> {
    let filter = users::validate_filter(filter.clone())?;
    let (order, manager) = ((UserSort::Name, false), Scope::of(caller).manager());
    let page = parse_paging(None, after, None, order, store::users::of_time)?;
    let found =
        store::users::page(&app.db, &filter, manager, order, page.after.as_ref(), validate::MAX_BULK_ITEMS).await?;
    let ids = found.items.iter().map(|user| user.id).collect();
    let known = found.items.into_iter().map(|user| (user.id, user)).collect();
    Ok(SelectedUsers { ids, known, total: Some(found.total), next: found.next })
}

/// Executes the action, and updates the results.
async fn apply(app: &App, caller: &Caller, action: &BulkAction, results: &mut [BulkResult]) -> Result<(), ApiError> {
    let (actor, whom) = (caller.actor(), caller.removable_users());
    // Users whom the caller does not see are left out.
    let visible: Vec<_> = results.iter().filter(|r| r.refused != Some(Code::NotFound)).map(|r| r.user_id).collect();
    let changing: Vec<_> = results.iter().filter(|result| result.changed).map(|result| result.user_id).collect();
    match action {
        _ if visible.is_empty() => {}
        BulkAction::Grant { license_id, ends_at } => {
            let granted = assignments::grant(&app.entitlements, &actor, *license_id, visible, *ends_at).await?;
            merge_assignments(results, granted);
        }
        BulkAction::SetGrantEnd { license_id, ends_at } => {
            let changed = assignments::set_end(&app.entitlements, &actor, *license_id, visible, *ends_at).await?;
            merge_assignments(results, changed);
        }
        BulkAction::Revoke { license_id, end_now } => {
            let revoked = assignments::revoke(&app.entitlements, &actor, *license_id, visible, *end_now).await?;
            merge_assignments(results, revoked);
        }
        BulkAction::AddToGroup { group_id } => change_group(app, caller, *group_id, &changing, &[]).await?,
        BulkAction::RemoveFromGroup { group_id } => change_group(app, caller, *group_id, &[], &changing).await?,
        BulkAction::SetRole { role } => {
            let change = ChangeUser { role: Some(*role), ..ChangeUser::default() };
            change_each(app, caller, &change, results).await;
        }
        BulkAction::Reactivate => {
            let change = ChangeUser { status: Some(UserStatus::Active), ..ChangeUser::default() };
            change_each(app, caller, &change, results).await;
        }
        // Concurrently: the seat engine commits waiting commands together.
        BulkAction::Suspend => {
            merge_outcomes(
                results,
                &changing,
                join_all(changing.iter().map(|id| app.seats.suspend(&actor, *id, whom))).await,
            );
        }
        BulkAction::Delete => {
            merge_outcomes(
                results,
                &changing,
                join_all(changing.iter().map(|id| app.seats.delete(&actor, *id, whom))).await,
            );
        }
    }
    Ok(())
}

fn merge_assignments(results: &mut [BulkResult], assignments: Vec<AssignmentResult>) {
    let assigned: HashMap<_, _> = assignments.into_iter().map(|result| (result.user_id, result)).collect();
    for result in results {
        if let Some(assigned) = assigned.get(&result.user_id) {
            (result.changed, result.refused) = (assigned.changed, assigned.refused);
        }
    }
}

fn merge_outcomes(results: &mut [BulkResult], users: &[UserId], outcomes: Vec<Result<(), SeatsError>>) {
    let failed: HashMap<_, _> = users
        .iter()
        .zip(outcomes)
        .filter_map(|(user, outcome)| match outcome {
            Ok(()) => None,
            Err(SeatsError::Failed(code)) => Some((*user, code)),
            Err(_) => Some((*user, Code::Unavailable)),
        })
        .collect();
    for result in results {
        if let Some(code) = failed.get(&result.user_id) {
            refuse(result, *code);
        }
    }
}

fn refuse(result: &mut BulkResult, code: Code) {
    (result.changed, result.refused, result.ends_sessions) = (false, Some(code), 0);
    result.frees.clear();
    result.grant_ends.clear();
}

async fn change_each(app: &App, caller: &Caller, change: &ChangeUser, results: &mut [BulkResult]) {
    for result in results.iter_mut().filter(|result| result.changed) {
        let changed = users::change_user_fields(app, caller, result.user_id, change, &IfMatch::nothing()).await;
        if let Err(error) = changed {
            refuse(result, error.code());
        }
    }
}

async fn change_group(
    app: &App,
    caller: &Caller,
    id: GroupId,
    add: &[UserId],
    remove: &[UserId],
) -> Result<(), ApiError> {
    let (tx, _) = super::groups::begin_locked(app, caller, id).await?;
    super::groups::change(app, caller, tx, id, (add, remove)).await
}

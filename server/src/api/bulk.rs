//! One thing done to many users: what it would do, and what became of each.

mod place;
mod preview;

use super::{licenses, lists::paging, users};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{extract::Body, problem::Fail, tags::IfMatch},
    reasons,
    seats::SeatsError,
    store,
};
use axum::{Json, extract::State};
use futures_util::future::join_all;
use place::Place;
use preview::{Ground, preview};
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

/// Does one thing to many users, with a result for each, or says with `dry_run` what that would do.
///
/// Up to 1,000 at once: with a filter that more match, the answer has a `next`, which the next request gives back as `after`; a preview
/// remembers in it what those before would take.
///
/// Assigning, revoking and groups change all or, if it cannot be saved, nobody. Suspending, deleting and roles are saved
/// user by user: each result says what became of one.
#[utoipa::path(post, path = "/users/bulk", tag = "users", request_body = BulkUsers, responses((status = 200, body = BulkResults)))]
pub async fn bulk(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<BulkUsers>,
) -> Result<Json<BulkResults>, Fail> {
    caller.must(match wanted.action {
        BulkAction::Grant { .. } | BulkAction::Revoke { .. } => Action::Assign,
        BulkAction::SetRole { .. } => Action::ManageRoles,
        _ => Action::ManageUsers,
    })?;
    let place = Place::read(wanted.after.as_deref())?;
    let part = match (&wanted.user_ids, &wanted.filter) {
        (Some(named), None) => named_users(&app, &caller, named).await?,
        (None, Some(filter)) => matching(&app, &caller, filter, place.after.as_deref()).await?,
        _ => return Err(Fail::field("user_ids", FieldError::Required)),
    };
    let mut ground = Ground::read(&app, &caller, &wanted.action, &part.ids).await?;
    if wanted.dry_run {
        place.stand_on(&mut ground);
    }
    let seats_free = ground.seats_free;
    let mut results = preview(&wanted.action, &part.ids, &part.known, &mut ground);
    if !wanted.dry_run {
        act(&app, &caller, &wanted.action, &mut results).await?;
    }
    let next = part.next.map(|after| Place::behind(after, &ground).written());
    Ok(Json(BulkResults { dry_run: wanted.dry_run, results, seats_free, total: part.total, next }))
}

/// The users that are meant, as many as are looked at at once.
struct Meant {
    /// In order.
    ids: Vec<UserId>,
    /// Those of them whom the caller sees.
    known: HashMap<UserId, UserView>,
    /// How many there are with those before and after.
    total: Option<i64>,
    /// Where those after them begin.
    next: Option<String>,
}

async fn named_users(app: &App, caller: &Caller, named: &[UserId]) -> Result<Meant, Fail> {
    let mut seen = BTreeSet::new();
    let ids: Vec<_> = named.iter().copied().filter(|id| seen.insert(*id)).collect();
    if ids.is_empty() || ids.len() > validate::MAX_BULK {
        return Err(Fail::field("user_ids", FieldError::OutOfRange { min: 1, max: 1_000 }));
    }
    let known = store::users::some(&app.db, &ids, Scope::of(caller).manager()).await?;
    Ok(Meant { ids, known: known.into_iter().map(|user| (user.id, user)).collect(), total: None, next: None })
}

/// By name, which nothing that is done here changes: who does not match any more because of it is not in the way.
async fn matching(app: &App, caller: &Caller, filter: &UserFilter, after: Option<&str>) -> Result<Meant, Fail> {
    let filter = users::checked(filter.clone())?;
    let (order, manager) = ((UserSort::Name, false), Scope::of(caller).manager());
    let page = paging(None, after, None, order, store::users::of_time)?;
    let found = store::users::page(&app.db, &filter, manager, order, page.after.as_ref(), validate::MAX_BULK).await?;
    let ids = found.items.iter().map(|user| user.id).collect();
    let known = found.items.into_iter().map(|user| (user.id, user)).collect();
    Ok(Meant { ids, known, total: Some(found.total), next: found.next })
}

/// Does it, and writes into the results what became of each.
async fn act(app: &App, caller: &Caller, action: &BulkAction, results: &mut [BulkResult]) -> Result<(), Fail> {
    let (actor, whom) = (caller.actor(), caller.whom());
    // Who is not there for the caller is left out.
    let there: Vec<_> = results.iter().filter(|r| r.refused != Some(Code::NotFound)).map(|r| r.user_id).collect();
    let changing: Vec<_> = results.iter().filter(|result| result.changed).map(|result| result.user_id).collect();
    match action {
        _ if there.is_empty() => {}
        BulkAction::Grant { license_id } => {
            took(results, app.seats.grant(&actor, *license_id, there.clone()).await?);
            reasons::given(app, *license_id, &there).await?;
        }
        BulkAction::Revoke { license_id, end_now } => {
            took(results, licenses::by_hand(app, caller, *license_id, there, *end_now).await?);
        }
        BulkAction::AddToGroup { group_id } => group(app, caller, *group_id, &changing, &[]).await?,
        BulkAction::RemoveFromGroup { group_id } => group(app, caller, *group_id, &[], &changing).await?,
        BulkAction::SetRole { role } => {
            let change = ChangeUser { role: Some(*role), ..ChangeUser::default() };
            change_each(app, caller, &change, results).await;
        }
        BulkAction::Reactivate => {
            let change = ChangeUser { status: Some(UserStatus::Active), ..ChangeUser::default() };
            change_each(app, caller, &change, results).await;
        }
        // All at once: the seats commit together what waits for them.
        BulkAction::Suspend => {
            became(results, &changing, join_all(changing.iter().map(|id| app.seats.suspend(&actor, *id, whom))).await);
        }
        BulkAction::Delete => {
            became(results, &changing, join_all(changing.iter().map(|id| app.seats.delete(&actor, *id, whom))).await);
        }
    }
    Ok(())
}

fn took(results: &mut [BulkResult], assignments: Vec<AssignmentResult>) {
    let told: HashMap<_, _> = assignments.into_iter().map(|result| (result.user_id, result)).collect();
    for result in results {
        if let Some(told) = told.get(&result.user_id) {
            (result.changed, result.refused) = (told.changed, told.refused);
        }
    }
}

fn became(results: &mut [BulkResult], users: &[UserId], outcomes: Vec<Result<(), SeatsError>>) {
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
}

async fn change_each(app: &App, caller: &Caller, change: &ChangeUser, results: &mut [BulkResult]) {
    for result in results.iter_mut().filter(|result| result.changed) {
        let changed = users::change_rest(app, caller, result.user_id, change, &IfMatch::nothing()).await;
        if let Err(fail) = changed {
            refuse(result, fail.what());
        }
    }
}

async fn group(app: &App, caller: &Caller, id: GroupId, add: &[UserId], remove: &[UserId]) -> Result<(), Fail> {
    let (tx, _) = super::groups::begin(app, caller, id).await?;
    super::groups::change(app, caller, tx, id, (add, remove)).await
}

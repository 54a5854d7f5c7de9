//! One thing done to many users: what it would do, and what became of each.

mod preview;

use super::{licenses, users};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{
        extract::Body,
        problem::{Fail, Fields},
        tags::IfMatch,
    },
    reasons,
    seats::SeatsError,
    store,
};
use axum::{Json, extract::State};
use futures_util::future::join_all;
use preview::{Ground, preview};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    people::UserStatus,
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::{
        licenses::AssignmentResult,
        users::{BulkAction, BulkResult, BulkResults, BulkUsers, ChangeUser, UserSort, UserView},
    },
};
use std::collections::{BTreeSet, HashMap};

/// Does one thing to many users, with a result for each, or says with `dry_run` what that would do.
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
    let (ids, known) = chosen(&app, &caller, &wanted).await?;
    let ground = Ground::read(&app, &caller, &wanted.action, &ids).await?;
    let mut results = preview(&wanted.action, &ids, &known, &ground);
    if !wanted.dry_run {
        act(&app, &caller, &wanted.action, &mut results).await?;
    }
    Ok(Json(BulkResults { dry_run: wanted.dry_run, results, seats_free: ground.seats_free }))
}

/// The users that are meant, in order, and those of them whom the caller sees.
async fn chosen(
    app: &App,
    caller: &Caller,
    wanted: &BulkUsers,
) -> Result<(Vec<UserId>, HashMap<UserId, UserView>), Fail> {
    let manager = Scope::of(caller).manager();
    let many = FieldError::OutOfRange { min: 1, max: 1_000 };
    let mut fields = Fields::default();
    let found = match (&wanted.user_ids, &wanted.filter) {
        (Some(named), None) => {
            let mut seen = BTreeSet::new();
            let ids: Vec<_> = named.iter().copied().filter(|id| seen.insert(*id)).collect();
            if ids.is_empty() || ids.len() > validate::MAX_BULK {
                fields.wrong("user_ids", many);
            }
            let ids = fields.all(Some(ids))?;
            let known = store::users::some(&app.db, &ids, manager).await?;
            return Ok((ids, known.into_iter().map(|user| (user.id, user)).collect()));
        }
        (None, Some(filter)) => {
            let filter = users::checked(filter.clone())?;
            let by_name = (UserSort::Name, false);
            store::users::page(&app.db, &filter, manager, by_name, None, validate::MAX_BULK).await?
        }
        _ => {
            fields.wrong("user_ids", FieldError::Required);
            return fields.all(None);
        }
    };
    if found.next.is_some() {
        fields.wrong("filter", many);
    }
    let ids = found.items.iter().map(|user| user.id).collect();
    fields.all(Some((ids, found.items.into_iter().map(|user| (user.id, user)).collect())))
}

/// Does it, and writes into the results what became of each.
async fn act(app: &App, caller: &Caller, action: &BulkAction, results: &mut [BulkResult]) -> Result<(), Fail> {
    let actor = caller.actor();
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
            became(results, &changing, join_all(changing.iter().map(|id| app.seats.suspend(&actor, *id))).await);
        }
        BulkAction::Delete => {
            became(results, &changing, join_all(changing.iter().map(|id| app.seats.delete(&actor, *id))).await);
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
}

async fn change_each(app: &App, caller: &Caller, change: &ChangeUser, results: &mut [BulkResult]) {
    for result in results.iter_mut().filter(|result| result.changed) {
        let status = UserStatus::Active;
        let changed = users::change_rest(app, caller, result.user_id, change, (&IfMatch::nothing(), status)).await;
        if let Err(fail) = changed {
            refuse(result, fail.what());
        }
    }
}

async fn group(app: &App, caller: &Caller, id: GroupId, add: &[UserId], remove: &[UserId]) -> Result<(), Fail> {
    let (tx, name) = super::groups::begin(app, caller, id).await?;
    super::groups::change(app, caller, tx, (id, &name), (add, remove)).await
}

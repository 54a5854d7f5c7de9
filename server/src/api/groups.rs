//! Groups: names, members and managers.

use crate::{
    app::App,
    auth::{Caller, Scope},
    db::Tx,
    entitlements::{Authority, groups, memberships},
    events::Event,
    http::{
        etag::{IfMatch, WithEtag, with_etag},
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    audit::{
        EventData,
        changes::{GroupChanges, ManagersChanges},
    },
    ids::{GroupId, UserId},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::groups::{ChangeMembers, GroupDetail, GroupView, Members, NewGroup, RenameGroup},
};
use serde_json::json;
use std::collections::BTreeSet;

/// Lists groups. A manager who is limited to groups sees those that they manage.
#[utoipa::path(get, path = "/groups", tag = "groups", responses((status = 200, body = Vec<GroupView>)))]
pub async fn groups(State(app): State<App>, caller: Caller) -> Result<Json<Vec<GroupView>>, ApiError> {
    caller.require(Action::ViewUsers)?;
    Ok(Json(store::groups::all(&app.db, Scope::of(&caller).manager()).await?))
}

/// Returns a group with its managers. The `ETag` covers its name and managers.
#[utoipa::path(
    get, path = "/groups/{id}", tag = "groups",
    params(("id" = GroupId, Path)),
    responses((status = 200, body = GroupDetail)),
)]
pub async fn group(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<GroupId>,
) -> Result<WithEtag<GroupDetail>, ApiError> {
    caller.require(Action::ViewUsers)?;
    group_response(&app, &caller, id).await
}

async fn group_response(app: &App, caller: &Caller, id: GroupId) -> Result<WithEtag<GroupDetail>, ApiError> {
    let found = store::groups::get(&app.db, id, Scope::of(caller).manager()).await?;
    let found = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let tag = editable_fields(&found.group.name, found.managers.iter().map(|manager| manager.id));
    Ok(with_etag(&tag, found))
}

/// The editable fields of a group, except its members.
fn editable_fields(name: &str, managers: impl Iterator<Item = UserId>) -> serde_json::Value {
    json!({ "name": name, "managers": managers.collect::<BTreeSet<_>>() })
}

/// Adds a group.
#[utoipa::path(
    post, path = "/groups", tag = "groups",
    request_body = NewGroup,
    responses((status = 201, body = GroupView)),
)]
pub async fn add_group(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<NewGroup>,
) -> Result<(StatusCode, Json<GroupView>), ApiError> {
    caller.require(Action::ManageGroups)?;
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let now = app.clock.now();
    let group =
        GroupView { id: GroupId(app.random.id(now)), name: fields.finish(name)?, members: 0, directory_id: None };
    let mut tx = app.db.begin().await?;
    store::groups::insert(&mut tx, &group, now).await?;
    let event = Event::new(EventData::GroupAdded {}, caller.actor(), None).about(group.id.0, &group.name);
    app.commit(tx, &[event]).await?;
    Ok((StatusCode::CREATED, Json(group)))
}

/// Renames a group.
///
/// With `If-Match`, the group must not have changed since it was read.
#[utoipa::path(
    patch, path = "/groups/{id}", tag = "groups",
    params(("id" = GroupId, Path), ("If-Match" = Option<String>, Header)),
    request_body = RenameGroup,
    responses((status = 200, body = GroupDetail)),
)]
pub async fn rename_group(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<GroupId>,
    expected: IfMatch,
    ValidJson(wanted): ValidJson<RenameGroup>,
) -> Result<WithEtag<GroupDetail>, ApiError> {
    caller.require(Action::ManageGroups)?;
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let name = fields.finish(name)?;
    let mut tx = app.db.begin().await?;
    let before = store::groups::lock(&mut tx, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let managers = store::groups::managers(&mut tx, id).await?;
    expected.check(&editable_fields(&before, managers.iter().map(|(manager, _)| *manager)))?;
    if before != name {
        groups::rename(&mut tx, &Authority::User(&caller.actor()), id, &name).await?;
        let changes = GroupChanges { name: Some((before.clone(), name)), ..GroupChanges::default() };
        let event = Event::new(EventData::GroupChanged { changes }, caller.actor(), None).about(id.0, before);
        app.commit(tx, &[event]).await?;
    } else {
        drop(tx);
    }
    group_response(&app, &caller, id).await
}

/// Deletes a group and its seat limits. Its members stay.
#[utoipa::path(
    delete, path = "/groups/{id}", tag = "groups",
    params(("id" = GroupId, Path)),
    responses((status = 204)),
)]
pub async fn delete_group(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<GroupId>,
) -> Result<StatusCode, ApiError> {
    caller.require(Action::ManageGroups)?;
    groups::delete(&app.entitlements, &Authority::User(&caller.actor()), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the members of a group.
#[utoipa::path(
    put, path = "/groups/{id}/members", tag = "groups",
    params(("id" = GroupId, Path)),
    request_body = Members,
    responses((status = 200, body = GroupView)),
)]
pub async fn set_members(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<GroupId>,
    ValidJson(wanted): ValidJson<Members>,
) -> Result<Json<GroupView>, ApiError> {
    caller.require(Action::ManageUsers)?;
    let mut fields = FieldErrors::default();
    let users = unique_users(&mut fields, "user_ids", wanted.user_ids);
    require_visible_users(&app, &caller, &mut fields, "user_ids", &users).await?;
    let (mut tx, _) = begin_locked(&app, &caller, id).await?;
    let users = fields.finish(Some(users))?;
    let change = memberships::set(&mut tx, &Authority::User(&caller.actor()), id, &users).await?;
    app.commit(tx, &change.events()).await?;
    group_response(&app, &caller, id).await.map(|(_, Json(found))| Json(found.group))
}

/// Adds users to a group, and removes users from it.
#[utoipa::path(
    post, path = "/groups/{id}/members", tag = "groups",
    params(("id" = GroupId, Path)),
    request_body = ChangeMembers,
    responses((status = 200, body = GroupView)),
)]
pub async fn change_members(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<GroupId>,
    ValidJson(wanted): ValidJson<ChangeMembers>,
) -> Result<Json<GroupView>, ApiError> {
    caller.require(Action::ManageUsers)?;
    let mut fields = FieldErrors::default();
    let (add, remove) =
        (unique_users(&mut fields, "add", wanted.add), unique_users(&mut fields, "remove", wanted.remove));
    require_visible_users(&app, &caller, &mut fields, "add", &add).await?;
    let (tx, _) = begin_locked(&app, &caller, id).await?;
    let (add, remove) = fields.finish(Some((add, remove)))?;
    change(&app, &caller, tx, id, (&add, &remove)).await?;
    group_response(&app, &caller, id).await.map(|(_, Json(found))| Json(found.group))
}

/// Adds users to a locked group, and removes users from it.
pub(super) async fn change(
    app: &App,
    caller: &Caller,
    mut tx: Tx,
    id: GroupId,
    moves: (&[UserId], &[UserId]),
) -> Result<(), ApiError> {
    let change = memberships::change(&mut tx, &Authority::User(&caller.actor()), id, moves).await?;
    Ok(app.commit(tx, &change.events()).await?)
}

/// Replaces the managers of a group.
///
/// Managers who are limited to groups see only the members of groups that they manage. With `If-Match`, the group must
/// not have changed since it was read.
#[utoipa::path(
    put, path = "/groups/{id}/managers", tag = "groups",
    params(("id" = GroupId, Path), ("If-Match" = Option<String>, Header)),
    request_body = Members,
    responses((status = 200, body = GroupDetail)),
)]
pub async fn set_managers(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<GroupId>,
    expected: IfMatch,
    ValidJson(wanted): ValidJson<Members>,
) -> Result<WithEtag<GroupDetail>, ApiError> {
    caller.require(Action::ManageRoles)?;
    let mut fields = FieldErrors::default();
    let users = unique_users(&mut fields, "user_ids", wanted.user_ids);
    let (mut tx, name) = begin_locked(&app, &caller, id).await?;
    if store::groups::count_managers(&mut tx, &users).await? < users.len() {
        fields.add("user_ids", FieldError::Unknown);
    }
    let users = fields.finish(Some(users))?;
    let before = store::groups::managers(&mut tx, id).await?;
    expected.check(&editable_fields(&name, before.iter().map(|(manager, _)| *manager)))?;
    store::groups::set_managers(&mut tx, id, &users).await?;
    let after = store::groups::managers(&mut tx, id).await?;
    if before != after {
        let names = |managers: &[(UserId, String)]| managers.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
        let changes = ManagersChanges { managers: Some((names(&before), names(&after))) };
        let event = Event::new(EventData::GroupManagersChanged { changes }, caller.actor(), None).about(id.0, name);
        app.commit(tx, &[event]).await?;
    } else {
        drop(tx);
    }
    group_response(&app, &caller, id).await
}

/// Checks that the caller sees the group.
pub(super) async fn require_visible(app: &App, caller: &Caller, id: GroupId) -> Result<(), ApiError> {
    group_response(app, caller, id).await.map(drop)
}

/// Begins a transaction with the group locked, and returns its name. The caller must see the group.
pub(super) async fn begin_locked(app: &App, caller: &Caller, id: GroupId) -> Result<(Tx, String), ApiError> {
    let mut tx = app.db.begin().await?;
    let name = store::groups::lock(&mut tx, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let is_visible = match Scope::of(caller) {
        Scope::All => true,
        Scope::Groups(manager) => store::groups::count_managed(&mut tx, manager, &[id]).await? == 1,
        Scope::Own(_) => false,
    };
    if is_visible { Ok((tx, name)) } else { Err(ApiError::new(Code::NotFound)) }
}

/// Sorts and deduplicates the users of a field, and limits their number.
fn unique_users(fields: &mut FieldErrors, field: &str, mut users: Vec<UserId>) -> Vec<UserId> {
    users.sort_unstable();
    users.dedup();
    if users.len() > validate::MAX_BULK_ITEMS {
        fields.add(field, FieldError::OutOfRange { min: 0, max: 1_000 });
    }
    users
}

/// Records an error if the caller does not see all of the users. A manager must not gain access to users by adding them
/// to a group.
async fn require_visible_users(
    app: &App,
    caller: &Caller,
    fields: &mut FieldErrors,
    field: &str,
    users: &[UserId],
) -> Result<(), ApiError> {
    if Scope::of(caller).visible_users(&app.db, users).await?.len() < users.len() {
        fields.add(field, FieldError::Unknown);
    }
    Ok(())
}

//! Groups of users: their names, members and managers.

use crate::{
    app::App,
    auth::{Caller, Scope},
    db::Tx,
    entitlements::{
        Authority, groups,
        memberships::{self, Moved},
    },
    events::Event,
    group_licenses::{About, settle},
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
        tags::{IfMatch, Tagged, tagged},
    },
    scim::rules,
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::groups::{ChangeMembers, GroupDetail, GroupView, Members, NewGroup, RenameGroup},
};
use serde_json::json;
use std::collections::BTreeSet;

/// All groups; a manager who is limited to groups sees those that he manages.
#[utoipa::path(get, path = "/groups", tag = "groups", responses((status = 200, body = Vec<GroupView>)))]
pub async fn groups(State(app): State<App>, caller: Caller) -> Result<Json<Vec<GroupView>>, Fail> {
    caller.must(Action::ViewUsers)?;
    Ok(Json(store::groups::all(&app.db, Scope::of(&caller).manager()).await?))
}

/// One group with its managers. The `ETag` stands for its name and for who manages it.
#[utoipa::path(get, path = "/groups/{id}", tag = "groups", params(("id" = GroupId, Path)), responses((status = 200, body = GroupDetail)))]
pub async fn group(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<GroupId>,
) -> Result<Tagged<GroupDetail>, Fail> {
    caller.must(Action::ViewUsers)?;
    one(&app, &caller, id).await
}

async fn one(app: &App, caller: &Caller, id: GroupId) -> Result<Tagged<GroupDetail>, Fail> {
    let found = store::groups::get(&app.db, id, Scope::of(caller).manager()).await?;
    let found = found.ok_or_else(|| Fail::code(Code::NotFound))?;
    let tag = changeable(&found.group.name, found.managers.iter().map(|manager| manager.id));
    Ok(tagged(&tag, found))
}

/// What can be changed about a group, except who is in it.
fn changeable(name: &str, managers: impl Iterator<Item = UserId>) -> serde_json::Value {
    json!({ "name": name, "managers": managers.collect::<BTreeSet<_>>() })
}

/// Adds a group.
#[utoipa::path(post, path = "/groups", tag = "groups", request_body = NewGroup, responses((status = 201, body = GroupView)))]
pub async fn add_group(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<NewGroup>,
) -> Result<(StatusCode, Json<GroupView>), Fail> {
    caller.must(Action::ManageGroups)?;
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let now = app.clock.now();
    let group = GroupView { id: GroupId(app.dice.id(now)), name: fields.all(name)?, members: 0, directory_id: None };
    let mut tx = app.db.begin().await?;
    store::groups::insert(&mut tx, &group, now).await?;
    let event = Event::new("group_added", caller.actor(), None, json!({})).about(group.id.0, &group.name);
    app.commit(tx, &[event]).await?;
    Ok((StatusCode::CREATED, Json(group)))
}

/// Renames a group. With `If-Match` only if nobody else has changed it meanwhile.
#[utoipa::path(patch, path = "/groups/{id}", tag = "groups", params(("id" = GroupId, Path), ("If-Match" = Option<String>, Header)), request_body = RenameGroup, responses((status = 200, body = GroupDetail)))]
pub async fn rename_group(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<GroupId>,
    expected: IfMatch,
    Body(wanted): Body<RenameGroup>,
) -> Result<Tagged<GroupDetail>, Fail> {
    caller.must(Action::ManageGroups)?;
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let name = fields.all(name)?;
    let mut tx = app.db.begin().await?;
    let before = store::groups::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let managers = store::groups::managers(&mut tx, id).await?;
    expected.must_hold(&changeable(&before, managers.iter().map(|(manager, _)| *manager)))?;
    if before != name {
        groups::rename(&mut tx, &Authority::Person(&caller.actor()), id, &name).await?;
        let facts = json!({ "changes": { "name": [before, name] } });
        app.commit(tx, &[Event::new("group_changed", caller.actor(), None, facts).about(id.0, before)]).await?;
    } else {
        drop(tx);
    }
    one(&app, &caller, id).await
}

/// Deletes a group, and what licenses keep for it. Its members stay.
#[utoipa::path(delete, path = "/groups/{id}", tag = "groups", params(("id" = GroupId, Path)), responses((status = 204)))]
pub async fn delete_group(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<GroupId>,
) -> Result<StatusCode, Fail> {
    caller.must(Action::ManageGroups)?;
    remove(&app, &Authority::Person(&caller.actor()), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a group, and takes what it gave.
///
/// # Errors
/// There is no such group; it takes other rights; not saved.
pub async fn remove(app: &App, by: &Authority<'_>, id: GroupId) -> Result<(), Fail> {
    let members = groups::delete(app, by, id).await?;
    app.regroup.notify_one();
    rules::apply(app, &by.actor(), &members).await;
    settle(app, &by.actor(), &About::users(members)).await?;
    Ok(())
}

/// Says who is in a group from now on.
#[utoipa::path(put, path = "/groups/{id}/members", tag = "groups", params(("id" = GroupId, Path)), request_body = Members, responses((status = 200, body = GroupView)))]
pub async fn set_members(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<GroupId>,
    Body(wanted): Body<Members>,
) -> Result<Json<GroupView>, Fail> {
    caller.must(Action::ManageUsers)?;
    let mut fields = Fields::default();
    let users = few(&mut fields, "user_ids", wanted.user_ids);
    known(&app, &caller, &mut fields, "user_ids", &users).await?;
    let (mut tx, _) = begin(&app, &caller, id).await?;
    let users = fields.all(Some(users))?;
    let moved = memberships::set(&mut tx, &Authority::Person(&caller.actor()), id, &users).await?;
    follow(&app, &caller, tx, &moved).await?;
    one(&app, &caller, id).await.map(|(_, Json(found))| Json(found.group))
}

/// Puts users into a group and takes users out of it; the others stay.
#[utoipa::path(post, path = "/groups/{id}/members", tag = "groups", params(("id" = GroupId, Path)), request_body = ChangeMembers, responses((status = 200, body = GroupView)))]
pub async fn change_members(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<GroupId>,
    Body(wanted): Body<ChangeMembers>,
) -> Result<Json<GroupView>, Fail> {
    caller.must(Action::ManageUsers)?;
    let mut fields = Fields::default();
    let (add, remove) = (few(&mut fields, "add", wanted.add), few(&mut fields, "remove", wanted.remove));
    known(&app, &caller, &mut fields, "add", &add).await?;
    let (tx, _) = begin(&app, &caller, id).await?;
    let (add, remove) = fields.all(Some((add, remove)))?;
    change(&app, &caller, tx, id, (&add, &remove)).await?;
    one(&app, &caller, id).await.map(|(_, Json(found))| Json(found.group))
}

/// Takes users out of a group that is locked and puts users into it.
pub(super) async fn change(
    app: &App,
    caller: &Caller,
    mut tx: Tx,
    id: GroupId,
    moves: (&[UserId], &[UserId]),
) -> Result<(), Fail> {
    let moved = memberships::change(&mut tx, &Authority::Person(&caller.actor()), id, moves).await?;
    follow(app, caller, tx, &moved).await
}

/// Commits that others are in a group now, and gives and takes what follows from it.
async fn follow(app: &App, caller: &Caller, tx: Tx, moved: &Moved) -> Result<(), Fail> {
    app.commit(tx, &moved.events()).await?;
    let users = moved.users();
    rules::apply(app, &caller.actor(), &users).await;
    settle(app, &caller.actor(), &About::users(users)).await?;
    Ok(())
}

/// Says who manages a group from now on: managers who are limited to groups see its members, and nobody else. With `If-Match` only if
/// nobody else has changed it meanwhile.
#[utoipa::path(put, path = "/groups/{id}/managers", tag = "groups", params(("id" = GroupId, Path), ("If-Match" = Option<String>, Header)), request_body = Members, responses((status = 200, body = GroupDetail)))]
pub async fn set_managers(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<GroupId>,
    expected: IfMatch,
    Body(wanted): Body<Members>,
) -> Result<Tagged<GroupDetail>, Fail> {
    caller.must(Action::ManageRoles)?;
    let mut fields = Fields::default();
    let users = few(&mut fields, "user_ids", wanted.user_ids);
    let (mut tx, name) = begin(&app, &caller, id).await?;
    if store::groups::possible_managers(&mut tx, &users).await? < users.len() {
        fields.wrong("user_ids", FieldError::Unknown);
    }
    let users = fields.all(Some(users))?;
    let before = store::groups::managers(&mut tx, id).await?;
    expected.must_hold(&changeable(&name, before.iter().map(|(manager, _)| *manager)))?;
    store::groups::set_managers(&mut tx, id, &users).await?;
    let after = store::groups::managers(&mut tx, id).await?;
    if before != after {
        let names = |managers: &[(UserId, String)]| managers.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
        let facts = json!({ "changes": { "managers": [names(&before), names(&after)] } });
        let event = Event::new("group_managers_changed", caller.actor(), None, facts).about(id.0, name);
        app.commit(tx, &[event]).await?;
    } else {
        drop(tx);
    }
    one(&app, &caller, id).await
}

/// Goes on only if this is a group that the caller sees.
pub(super) async fn must_see(app: &App, caller: &Caller, id: GroupId) -> Result<(), Fail> {
    one(app, caller, id).await.map(drop)
}

/// A transaction in which the group is locked, and the group's name; it must be one that the caller sees.
pub(super) async fn begin(app: &App, caller: &Caller, id: GroupId) -> Result<(Tx, String), Fail> {
    let mut tx = app.db.begin().await?;
    let name = store::groups::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let shown = match Scope::of(caller) {
        Scope::All => true,
        Scope::Groups(manager) => store::groups::managed(&mut tx, manager, &[id]).await? == 1,
        Scope::Own(_) => false,
    };
    if shown { Ok((tx, name)) } else { Err(Fail::code(Code::NotFound)) }
}

/// The users that a field names, each once.
fn few(fields: &mut Fields, field: &str, mut users: Vec<UserId>) -> Vec<UserId> {
    users.sort_unstable();
    users.dedup();
    if users.len() > validate::MAX_BULK {
        fields.wrong(field, FieldError::OutOfRange { min: 0, max: 1_000 });
    }
    users
}

/// Notes that there are users among them whom the caller does not see: nobody puts strangers into his group to see them.
async fn known(app: &App, caller: &Caller, fields: &mut Fields, field: &str, users: &[UserId]) -> Result<(), Fail> {
    if Scope::of(caller).people(&app.db, users).await?.len() < users.len() {
        fields.wrong(field, FieldError::Unknown);
    }
    Ok(())
}

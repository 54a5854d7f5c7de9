//! Groups of users.

use crate::{
    app::App,
    auth::Caller,
    events::Event,
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::groups::{GroupView, Members, NewGroup},
};
use serde_json::json;

/// All groups.
#[utoipa::path(get, path = "/groups", tag = "groups", responses((status = 200, body = Vec<GroupView>)))]
pub async fn groups(State(app): State<App>, caller: Caller) -> Result<Json<Vec<GroupView>>, Fail> {
    caller.must(Action::ViewUsers)?;
    Ok(Json(store::groups::all(&app.db).await?))
}

/// Adds a group.
#[utoipa::path(post, path = "/groups", tag = "groups", request_body = NewGroup, responses((status = 201, body = GroupView)))]
pub async fn add_group(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<NewGroup>,
) -> Result<(StatusCode, Json<GroupView>), Fail> {
    caller.must(Action::ManageUsers)?;
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let now = app.clock.now();
    let group = GroupView { id: GroupId(app.dice.id(now)), name: fields.all(name)?, members: 0 };
    let mut tx = app.db.begin().await?;
    store::groups::insert(&mut tx, &group, now).await?;
    let event = Event::new("group_added", caller.actor(), None, json!({})).about(group.id.0, &group.name);
    app.commit(tx, &[event]).await?;
    Ok((StatusCode::CREATED, Json(group)))
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
    let mut users = wanted.user_ids;
    users.sort_unstable();
    users.dedup();
    let mut fields = Fields::default();
    if users.len() > validate::MAX_BULK {
        fields.wrong("user_ids", FieldError::OutOfRange { min: 0, max: 1_000 });
    }
    let mut tx = app.db.begin().await?;
    let name = store::groups::lock(&mut tx, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    if store::groups::known_users(&mut tx, &users).await? < users.len() {
        fields.wrong("user_ids", FieldError::Unknown);
    }
    let users = fields.all(Some(users))?;
    let before = store::groups::members(&mut tx, id).await?;
    store::groups::set_members(&mut tx, id, &users).await?;
    app.commit(tx, &member_events(&caller, id, &name, &before, &users)).await?;
    let found = store::groups::all(&app.db).await?.into_iter().find(|group| group.id == id);
    found.map(Json).ok_or_else(|| Fail::code(Code::NotFound))
}

/// One entry for each user who came or went. Both lists are in order.
fn member_events(caller: &Caller, group: GroupId, name: &str, before: &[UserId], after: &[UserId]) -> Vec<Event> {
    let missing_in = |others: &[UserId], users: &[UserId]| -> Vec<UserId> {
        users.iter().filter(|user| others.binary_search(user).is_err()).copied().collect()
    };
    let event = |kind, user| Event::new(kind, caller.actor(), Some(user), json!({})).about(group.0, name);
    let added = missing_in(before, after).into_iter().map(|user| event("group_member_added", user));
    let removed = missing_in(after, before).into_iter().map(|user| event("group_member_removed", user));
    added.chain(removed).collect()
}

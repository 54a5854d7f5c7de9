//! Saved views: the filters of a page under a name, private or shared. A view is only an address: whoever opens it sees
//! what their own rights allow.

use crate::{
    app::App,
    auth::{Caller, Scope},
    events::Event,
    http::{
        extract::{PathParam, ValidJson, ValidQuery},
        problem::{ApiError, FieldErrors},
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    audit::{EventData, changes::ViewState},
    ids::SavedViewId,
    people::Role,
    problem::Code,
    validate,
    wire::views::{ChangeView, MAX_VIEWS, NewView, SavedView, ViewPage, validate_query},
};
use serde::Deserialize;

/// Which views are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ViewsQuery {
    /// Only those of this page.
    page: Option<ViewPage>,
}

/// Lists the caller's own views, and those that others share, of pages that the caller may see; by name.
#[utoipa::path(
    get, path = "/views", tag = "views",
    params(ViewsQuery),
    responses((status = 200, body = Vec<SavedView>)),
)]
pub async fn views(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<ViewsQuery>,
) -> Result<Json<Vec<SavedView>>, ApiError> {
    let manager = Scope::of(&caller).manager();
    let mut views = store::saved_views::seen_by(&app.db, caller.id, manager, query.page).await?;
    views.retain(|view| caller.may(view.page.required_action()));
    Ok(Json(views))
}

/// Saves a view of a page that the caller may see. A user can have at most 100 views.
#[utoipa::path(
    post, path = "/views", tag = "views",
    request_body = NewView,
    responses((status = 201, body = SavedView)),
)]
pub async fn save(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<NewView>,
) -> Result<(StatusCode, Json<SavedView>), ApiError> {
    caller.require(wanted.page.required_action())?;
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let query = fields.check("query", validate_query(&wanted.query));
    let (name, query) = fields.finish(name.zip(query))?;
    let now = app.clock.now();
    let view = SavedView {
        id: SavedViewId(app.random.id(now)),
        page: wanted.page,
        name,
        query,
        shared: wanted.shared,
        own: true,
        owner_name: Some(caller.name.clone()),
        created_at: now,
        changed_at: now,
    };
    let mut tx = app.db.begin().await?;
    // Two requests at once would otherwise both count one view too few.
    store::seats::lock_users(&mut tx, [&caller.id]).await?;
    if store::saved_views::count(&mut tx, caller.id).await? >= MAX_VIEWS {
        return Err(ApiError::new(Code::TooManyViews));
    }
    store::saved_views::insert(&mut tx, caller.id, &view).await?;
    app.commit(tx, &event(&caller, None, Some(&view)).into_iter().collect::<Vec<_>>()).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Changes a view: the owner's own, or as an admin a shared one. What an admin makes private is the owner's alone.
#[utoipa::path(
    patch, path = "/views/{id}", tag = "views",
    params(("id" = SavedViewId, Path)),
    request_body = ChangeView,
    responses((status = 200, body = SavedView)),
)]
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SavedViewId>,
    ValidJson(change): ValidJson<ChangeView>,
) -> Result<Json<SavedView>, ApiError> {
    let mut fields = FieldErrors::default();
    let name = fields.check("name", change.name.as_deref().map(validate::name).transpose());
    let query = fields.check("query", change.query.as_deref().map(validate_query).transpose());
    let (name, query) = fields.finish(name.zip(query))?;
    let mut tx = app.db.begin().await?;
    let before = store::saved_views::lock(&mut tx, caller.id, id).await?;
    let before = changeable(&caller, before)?;
    let now = app.clock.now();
    let mut after = SavedView {
        name: name.unwrap_or_else(|| before.name.clone()),
        query: query.unwrap_or_else(|| before.query.clone()),
        shared: change.shared.unwrap_or(before.shared),
        ..before.clone()
    };
    if after.shared && !before.shared {
        caller.require(before.page.required_action())?;
    }
    if after != before {
        after.changed_at = now;
        store::saved_views::change(&mut tx, &after, now).await?;
        app.commit(tx, &event(&caller, Some(&before), Some(&after)).into_iter().collect::<Vec<_>>()).await?;
    } else {
        drop(tx);
    }
    let manager = Scope::of(&caller).manager();
    let seen = store::saved_views::get(&app.db, caller.id, manager, id).await?;
    Ok(Json(seen.unwrap_or(after)))
}

/// Deletes a view: the caller's own, or as an admin a shared one.
#[utoipa::path(
    delete, path = "/views/{id}", tag = "views",
    params(("id" = SavedViewId, Path)),
    responses((status = 204)),
)]
pub async fn delete(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SavedViewId>,
) -> Result<StatusCode, ApiError> {
    let mut tx = app.db.begin().await?;
    let before = store::saved_views::lock(&mut tx, caller.id, id).await?;
    let before = changeable(&caller, before)?;
    store::saved_views::delete(&mut tx, id).await?;
    app.commit(tx, &event(&caller, Some(&before), None).into_iter().collect::<Vec<_>>()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The view, if the caller may change it. Other people's private views do not exist for anybody else, and shared ones
/// do not for those who may not see the page.
fn changeable(caller: &Caller, view: Option<SavedView>) -> Result<SavedView, ApiError> {
    let is_seen = |view: &SavedView| view.own || (view.shared && caller.may(view.page.required_action()));
    let view = view.filter(is_seen).ok_or_else(|| ApiError::new(Code::NotFound))?;
    if view.own || caller.rights.role == Role::Admin { Ok(view) } else { Err(ApiError::new(Code::Forbidden)) }
}

/// What the log says of a change. Only of shared views: a private one concerns nobody else.
fn event(caller: &Caller, before: Option<&SavedView>, after: Option<&SavedView>) -> Option<Event> {
    let shared = |view: Option<&SavedView>| view.filter(|view| view.shared).cloned();
    let address = |view: &SavedView| view.page.address(&view.query);
    let state = |view: &SavedView| ViewState { name: view.name.clone(), address: address(view) };
    let (data, view) = match (shared(before), shared(after)) {
        (None, None) => return None,
        (None, Some(after)) => (EventData::ViewShared { address: address(&after) }, after),
        (Some(before), None) => (EventData::SharedViewRemoved {}, before),
        (Some(before), Some(after)) => {
            (EventData::SharedViewChanged { changes: state(&before).changes(state(&after)) }, before)
        }
    };
    Some(Event::new(data, caller.actor(), None).about(view.id.0, &view.name))
}

//! The SCIM routes at `/scim/v2`: directories provision users and groups, each with its own token.
//!
//! Changes go through the same functions as all others: the seat engine suspends users, groups change under their
//! locks.

mod bulk;
mod discovery;
mod groups;
mod request;
mod users;

pub use request::is_below_scim;

use crate::{
    app::App,
    scim::{
        MAX_BODY_BYTES, client::ScimClient, compute, error, error::ScimError, list, patch, response,
        response::ScimResponse, schema, user_mapping,
    },
};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::{HeaderMap, header},
    middleware,
    routing::{get, post},
};
use request::{JsonBody, ResourceId};

type ScimResult = Result<ScimResponse, ScimError>;

/// The service for all paths below `/scim`.
pub fn service(app: &App) -> Router {
    let authenticate = middleware::from_fn_with_state(app.clone(), request::authenticate);
    let unknown_paths = Router::<()>::new().fallback(async || ScimError::not_found("resource")).layer(authenticate);
    Router::new().nest("/scim/v2", router(app)).fallback_service(unknown_paths).with_state(app.clone())
}

/// The routes below `/scim/v2`.
fn router(app: &App) -> Router<App> {
    Router::new()
        .route("/Users", get(list_users).post(add_user))
        .route("/Users/.search", post(search_users))
        .route("/Users/{id}", get(user).put(replace_user).patch(patch_user).delete(delete_user))
        .route("/Groups", get(list_groups).post(add_group))
        .route("/Groups/.search", post(search_groups))
        .route("/Groups/{id}", get(group).put(replace_group).patch(patch_group).delete(delete_group))
        .route("/.search", post(search))
        .route("/Bulk", post(bulk))
        .route("/ServiceProviderConfig", get(discovery::service_provider_config))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .route("/Me", axum::routing::any(async || ScimError::new(501, "/Me is not available for a directory.")))
        .fallback(async || ScimError::not_found("resource"))
        .method_not_allowed_fallback(async || ScimError::new(405, "This method is not allowed here."))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), request::authenticate))
}

type CurrentClient = Extension<ScimClient>;

async fn list_users(State(app): State<App>, Extension(client): CurrentClient, RawQuery(query): RawQuery) -> ScimResult {
    users::list(&app, &client, &list::ListQuery::from_query(query.as_deref())?).await
}

async fn search_users(
    State(app): State<App>,
    Extension(client): CurrentClient,
    JsonBody(body): JsonBody,
) -> ScimResult {
    users::list(&app, &client, &list::ListQuery::from_body(&body)?).await
}

async fn user(
    State(app): State<App>,
    Extension(client): CurrentClient,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> ScimResult {
    let query = list::ListQuery::from_query(query.as_deref())?;
    request::not_modified_if_cached(&headers, users::get(&app, &client, &id, &query).await?)
}

async fn add_user(
    State(app): State<App>,
    Extension(client): CurrentClient,
    RawQuery(query): RawQuery,
    JsonBody(body): JsonBody,
) -> ScimResult {
    let query = list::ListQuery::from_query(query.as_deref())?;
    query.project(users::create(&app, &client, body).await?)
}

async fn replace_user(
    State(app): State<App>,
    Extension(client): CurrentClient,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> ScimResult {
    users::replace(&app, &client, &id, if_match(&headers), body).await
}

async fn patch_user(
    State(app): State<App>,
    Extension(client): CurrentClient,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> ScimResult {
    let query = list::ListQuery::from_query(query.as_deref())?;
    query.project(users::patch(&app, &client, &id, if_match(&headers), body).await?)
}

async fn delete_user(
    State(app): State<App>,
    Extension(client): CurrentClient,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> ScimResult {
    users::delete(&app, &client, &id, if_match(&headers)).await
}

async fn list_groups(
    State(app): State<App>,
    Extension(client): CurrentClient,
    RawQuery(query): RawQuery,
) -> ScimResult {
    groups::list(&app, &client, &list::ListQuery::from_query(query.as_deref())?).await
}

async fn search_groups(
    State(app): State<App>,
    Extension(client): CurrentClient,
    JsonBody(body): JsonBody,
) -> ScimResult {
    groups::list(&app, &client, &list::ListQuery::from_body(&body)?).await
}

async fn group(
    State(app): State<App>,
    Extension(client): CurrentClient,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> ScimResult {
    let query = list::ListQuery::from_query(query.as_deref())?;
    request::not_modified_if_cached(&headers, groups::get(&app, &client, &id, &query).await?)
}

async fn add_group(
    State(app): State<App>,
    Extension(client): CurrentClient,
    RawQuery(query): RawQuery,
    JsonBody(body): JsonBody,
) -> ScimResult {
    let query = list::ListQuery::from_query(query.as_deref())?;
    query.project(groups::create(&app, &client, body).await?)
}

async fn replace_group(
    State(app): State<App>,
    Extension(client): CurrentClient,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> ScimResult {
    groups::replace(&app, &client, &id, if_match(&headers), body).await
}

async fn patch_group(
    State(app): State<App>,
    Extension(client): CurrentClient,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> ScimResult {
    groups::patch(&app, &client, &id, if_match(&headers), body).await
}

async fn delete_group(
    State(app): State<App>,
    Extension(client): CurrentClient,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> ScimResult {
    groups::delete(&app, &client, &id, if_match(&headers)).await
}

/// Searches users and groups; the response lists the users first.
async fn search(State(app): State<App>, Extension(client): CurrentClient, JsonBody(body): JsonBody) -> ScimResult {
    let query = list::ListQuery::from_body(&body)?;
    let users = users::list(&app, &client, &query).await?.body;
    let shown = users["Resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let before = usize::try_from(users["totalResults"].as_u64().unwrap_or_default()).unwrap_or(usize::MAX);
    let groups = groups::list(&app, &client, &query.after(before, shown.len())).await?.body;
    let total = groups["totalResults"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
    let page = shown.iter().chain(groups["Resources"].as_array().into_iter().flatten()).cloned().collect();
    Ok(query.list_response(before.saturating_add(total), page))
}

async fn bulk(State(app): State<App>, Extension(client): CurrentClient, JsonBody(body): JsonBody) -> ScimResult {
    bulk::run(&app, &client, body).await
}

fn if_match(headers: &HeaderMap) -> Option<&str> {
    // An unreadable header matches no version.
    headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default())
}

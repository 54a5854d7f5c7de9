//! SCIM 2.0 (RFC 7643, 7644) at `/scim/v2`: directories tell of users and groups, each with a token of its own.
//!
//! What is told is decided by the same functions as everything else: suspending by the seats, groups under their locks.

mod answer;
mod bulk;
mod compute;
mod discovery;
mod fail;
pub mod filter;
mod groups;
mod list;
pub mod log;
mod patch;
mod person;
mod project;
mod request;
pub mod rules;
mod schema;
mod users;

pub use request::is_below_scim;

use crate::app::App;
use answer::Answer;
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, RawQuery, Request, State},
    http::{HeaderMap, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use fail::Fail;
use request::{Asker, JsonBody, ResourceId};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

/// The largest body that is read: a group of 10,000 members fits.
pub const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// What a handler answers.
type Told = Result<Answer, Fail>;

/// A failure that no route made, as SCIM tells it.
pub fn draw_failure(fail: crate::http::problem::Fail) -> axum::response::Response {
    axum::response::IntoResponse::into_response(Fail::from(fail))
}

/// Sends every request to an address below `/scim`, however that is spelled, to the routes of SCIM and to nothing else: a directory is
/// never answered with anything but SCIM.
pub async fn divert(State(scim): State<Router>, request: Request, next: Next) -> Response {
    if !request::is_below_scim(request.uri().path()) {
        return next.run(request).await;
    }
    scim.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// Everything below `/scim`.
pub fn service(app: &App) -> Router {
    let enter = middleware::from_fn_with_state(app.clone(), request::enter);
    let strays = Router::<()>::new().fallback(async || Fail::not_found("resource")).layer(enter);
    Router::new()
        .nest("/scim/v2", router(app))
        .fallback_service(strays)
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            tracing::error!("a handler panicked");
            axum::response::IntoResponse::into_response(Fail::new(500, "This server has met a fault."))
        }))
        .with_state(app.clone())
}

/// Everything below `/scim/v2`.
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
        .route("/Me", axum::routing::any(async || Fail::new(501, "A directory is no user.")))
        .fallback(async || Fail::not_found("resource"))
        .method_not_allowed_fallback(async || Fail::new(405, "This cannot be done with that method."))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), request::enter))
}

type By = Extension<Asker>;

async fn list_users(State(app): State<App>, Extension(by): By, RawQuery(query): RawQuery) -> Told {
    users::list(&app, &by, &list::Asked::of_query(query.as_deref())?).await
}

async fn search_users(State(app): State<App>, Extension(by): By, JsonBody(body): JsonBody) -> Told {
    users::list(&app, &by, &list::Asked::of_body(&body)?).await
}

async fn user(
    State(app): State<App>,
    Extension(by): By,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    request::unless_known(&headers, users::one(&app, &by, &id, &asked).await?)
}

async fn add_user(
    State(app): State<App>,
    Extension(by): By,
    RawQuery(query): RawQuery,
    JsonBody(body): JsonBody,
) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    asked.shown(users::create(&app, &by, body).await?)
}

async fn replace_user(
    State(app): State<App>,
    Extension(by): By,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Told {
    users::replace(&app, &by, &id, if_match(&headers), body).await
}

async fn patch_user(
    State(app): State<App>,
    Extension(by): By,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    asked.shown(users::patch(&app, &by, &id, if_match(&headers), body).await?)
}

async fn delete_user(
    State(app): State<App>,
    Extension(by): By,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> Told {
    users::delete(&app, &by, &id, if_match(&headers)).await
}

async fn list_groups(State(app): State<App>, Extension(by): By, RawQuery(query): RawQuery) -> Told {
    groups::list(&app, &by, &list::Asked::of_query(query.as_deref())?).await
}

async fn search_groups(State(app): State<App>, Extension(by): By, JsonBody(body): JsonBody) -> Told {
    groups::list(&app, &by, &list::Asked::of_body(&body)?).await
}

async fn group(
    State(app): State<App>,
    Extension(by): By,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    request::unless_known(&headers, groups::one(&app, &by, &id, &asked).await?)
}

async fn add_group(
    State(app): State<App>,
    Extension(by): By,
    RawQuery(query): RawQuery,
    JsonBody(body): JsonBody,
) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    asked.shown(groups::create(&app, &by, body).await?)
}

async fn replace_group(
    State(app): State<App>,
    Extension(by): By,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Told {
    groups::replace(&app, &by, &id, if_match(&headers), body).await
}

async fn patch_group(
    State(app): State<App>,
    Extension(by): By,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Told {
    groups::patch(&app, &by, &id, if_match(&headers), body).await
}

async fn delete_group(
    State(app): State<App>,
    Extension(by): By,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> Told {
    groups::delete(&app, &by, &id, if_match(&headers)).await
}

/// Users and then groups, as one list.
async fn search(State(app): State<App>, Extension(by): By, JsonBody(body): JsonBody) -> Told {
    let asked = list::Asked::of_body(&body)?;
    let users = users::list(&app, &by, &asked).await?.body;
    let shown = users["Resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let before = usize::try_from(users["totalResults"].as_u64().unwrap_or_default()).unwrap_or(usize::MAX);
    let groups = groups::list(&app, &by, &asked.after(before, shown.len())).await?.body;
    let total = groups["totalResults"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
    let page = shown.iter().chain(groups["Resources"].as_array().into_iter().flatten()).cloned().collect();
    Ok(asked.answer(before.saturating_add(total), page))
}

async fn bulk(State(app): State<App>, Extension(by): By, JsonBody(body): JsonBody) -> Told {
    bulk::all(&app, &by, body).await
}

fn if_match(headers: &HeaderMap) -> Option<&str> {
    // What cannot be read matches nothing.
    headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default())
}

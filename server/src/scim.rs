//! SCIM 2.0 (RFC 7643, 7644) at `/scim/v2`: directories tell of users and groups, each with a token of its own.
//!
//! What is told is decided by the same functions as everything else: suspending by the seats, groups under their locks.

mod answer;
mod bulk;
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

use crate::app::App;
use answer::Answer;
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State},
    http::{HeaderMap, header},
    middleware,
    routing::{get, post},
};
use fail::{Fail, Type};
use request::Asker;
use serde_json::Value;

/// The largest body that is read: a group of 10,000 members fits.
pub const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// What a handler answers.
type Told = Result<Answer, Fail>;

/// A failure that no route made, as SCIM tells it.
pub fn draw_failure(fail: crate::http::problem::Fail) -> axum::response::Response {
    axum::response::IntoResponse::into_response(Fail::from(fail))
}

/// Everything below `/scim/v2`.
pub fn router(app: &App) -> Router<App> {
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

async fn search_users(State(app): State<App>, Extension(by): By, body: Bytes) -> Told {
    users::list(&app, &by, &list::Asked::of_body(&json(&body)?)?).await
}

async fn user(
    State(app): State<App>,
    Extension(by): By,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    request::unless_known(&headers, users::one(&app, &by, &id, &asked).await?)
}

async fn add_user(State(app): State<App>, Extension(by): By, RawQuery(query): RawQuery, body: Bytes) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    asked.shown(users::create(&app, &by, &json(&body)?).await?)
}

async fn replace_user(
    State(app): State<App>,
    Extension(by): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Told {
    users::replace(&app, &by, &id, if_match(&headers), &json(&body)?).await
}

async fn patch_user(
    State(app): State<App>,
    Extension(by): By,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    asked.shown(users::patch(&app, &by, &id, if_match(&headers), &json(&body)?).await?)
}

async fn delete_user(State(app): State<App>, Extension(by): By, Path(id): Path<String>, headers: HeaderMap) -> Told {
    users::delete(&app, &by, &id, if_match(&headers)).await
}

async fn list_groups(State(app): State<App>, Extension(by): By, RawQuery(query): RawQuery) -> Told {
    groups::list(&app, &by, &list::Asked::of_query(query.as_deref())?).await
}

async fn search_groups(State(app): State<App>, Extension(by): By, body: Bytes) -> Told {
    groups::list(&app, &by, &list::Asked::of_body(&json(&body)?)?).await
}

async fn group(
    State(app): State<App>,
    Extension(by): By,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    request::unless_known(&headers, groups::one(&app, &by, &id, &asked).await?)
}

async fn add_group(State(app): State<App>, Extension(by): By, RawQuery(query): RawQuery, body: Bytes) -> Told {
    let asked = list::Asked::of_query(query.as_deref())?;
    asked.shown(groups::create(&app, &by, &json(&body)?).await?)
}

async fn replace_group(
    State(app): State<App>,
    Extension(by): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Told {
    groups::replace(&app, &by, &id, if_match(&headers), &json(&body)?).await
}

async fn patch_group(
    State(app): State<App>,
    Extension(by): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Told {
    groups::patch(&app, &by, &id, if_match(&headers), &json(&body)?).await
}

async fn delete_group(State(app): State<App>, Extension(by): By, Path(id): Path<String>, headers: HeaderMap) -> Told {
    groups::delete(&app, &by, &id, if_match(&headers)).await
}

/// Users and then groups, as one list.
async fn search(State(app): State<App>, Extension(by): By, body: Bytes) -> Told {
    let asked = list::Asked::of_body(&json(&body)?)?;
    let users = users::list(&app, &by, &asked).await?.body;
    let shown = users["Resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let before = usize::try_from(users["totalResults"].as_u64().unwrap_or_default()).unwrap_or(usize::MAX);
    let groups = groups::list(&app, &by, &asked.after(before, shown.len())).await?.body;
    let total = groups["totalResults"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
    let page = shown.iter().chain(groups["Resources"].as_array().into_iter().flatten()).cloned().collect();
    Ok(asked.answer(before.saturating_add(total), page))
}

async fn bulk(State(app): State<App>, Extension(by): By, body: Bytes) -> Told {
    bulk::all(&app, &by, &json(&body)?).await
}

fn if_match(headers: &HeaderMap) -> Option<&str> {
    // What cannot be read matches nothing.
    headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default())
}

/// The body, which must be an object. What it is said to be does not matter: some directories say `application/json`.
fn json(body: &Bytes) -> Result<Value, Fail> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(Value::Object(fields)),
        Ok(_) => Err(Fail::bad(Type::InvalidSyntax, "The body must be an object.")),
        Err(_) => Err(Fail::bad(Type::InvalidSyntax, "The body is no JSON.")),
    }
}

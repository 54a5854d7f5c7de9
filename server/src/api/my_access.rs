//! The caller's own licenses, as far as they change by themselves.

use crate::{app::App, auth::Caller, http::problem::ApiError, store};
use axum::{Json, extract::State};
use seatkeeper_shared::wire::my_access::MyAccess;

/// Returns when the caller's assignments end by themselves.
#[utoipa::path(get, path = "/me/access", tag = "account", responses((status = 200, body = MyAccess)))]
pub async fn my_access(State(app): State<App>, caller: Caller) -> Result<Json<MyAccess>, ApiError> {
    Ok(Json(MyAccess { grant_ends: store::users::grant_ends_of(&app.db, caller.id).await? }))
}

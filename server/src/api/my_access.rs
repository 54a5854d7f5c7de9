//! The caller's own licenses, as far as they change by themselves, and what the caller has requested.

use crate::{app::App, auth::Caller, http::problem::ApiError, store};
use axum::{Json, extract::State};
use chrono::TimeDelta;
use seatkeeper_shared::wire::my_access::MyAccess;

/// How long the outcome of a request is shown.
const OUTCOME_SHOWN_FOR: TimeDelta = TimeDelta::days(30);

/// Returns when the caller's assignments end by themselves, what the caller has requested, and what they may request.
#[utoipa::path(get, path = "/me/access", tag = "account", responses((status = 200, body = MyAccess)))]
pub async fn my_access(State(app): State<App>, caller: Caller) -> Result<Json<MyAccess>, ApiError> {
    let now = app.clock.now();
    Ok(Json(MyAccess {
        grant_ends: store::users::grant_ends_of(&app.db, caller.id).await?,
        requests: store::license_requests::of_user(&app.db, caller.id, now - OUTCOME_SHOWN_FOR).await?,
        requestable: store::license_requests::requestable(&app.db, caller.id, now).await?,
    }))
}

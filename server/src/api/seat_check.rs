//! Whether a user would get a seat now, and why not.

use super::users::visible_user;
use crate::{
    app::App,
    auth::Caller,
    http::{extract::PathParam, problem::ApiError},
    seats::seat_check,
    store,
};
use axum::{Json, extract::State};
use seatkeeper_shared::{ids::UserId, permissions::Action, wire::seat_check::SeatCheck};

/// How many refused requests are shown.
const MAX_REFUSALS: i64 = 10;

/// Says for each license of a user whether a request for a seat would succeed now, and if not, which rule refuses; with
/// their place in the queue and their latest refused requests. Nothing is requested or changed.
#[utoipa::path(
    get, path = "/users/{id}/seat-check", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 200, body = SeatCheck)),
)]
pub async fn of_user(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<UserId>,
) -> Result<Json<SeatCheck>, ApiError> {
    caller.require(Action::ViewUsers)?;
    visible_user(&app, &caller, id).await?;
    let (at, licenses) = seat_check::check(&app.db, &app.clock, id).await?;
    let refusals = store::reports::records::latest_refusals(&app.db, id, MAX_REFUSALS).await?;
    Ok(Json(SeatCheck { at, licenses, refusals }))
}

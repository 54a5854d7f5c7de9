//! Other users' sign-ins, tokens and second factor: showing and revoking them. Requires the same permission as
//! resetting their password.

use super::users::require_replaceable_access;
use crate::{
    app::App,
    auth::Caller,
    events::Event,
    http::{extract::PathParam, problem::ApiError},
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    audit::EventData,
    ids::{TokenId, UserId},
    problem::Code,
    wire::users::UserAccess,
};

/// Shows a user's browser sessions, tokens (without secrets), and whether they have a second factor.
#[utoipa::path(
    get, path = "/users/{id}/access", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 200, body = UserAccess)),
)]
pub async fn access(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<UserId>,
) -> Result<Json<UserAccess>, ApiError> {
    require_replaceable_access(&app, &caller, id).await?;
    let factor = store::second_factors::get(&app.db, id).await?;
    let passkeys = store::passkeys::of_user(&app.db, id).await?.len();
    Ok(Json(UserAccess {
        sign_ins: store::browser_sessions::of_user(&app.db, id, app.clock.now(), caller.sign_in).await?,
        tokens: store::credentials::tokens_of(&app.db, id).await?,
        second_factor: factor.is_some_and(|factor| factor.confirmed),
        passkeys: i64::try_from(passkeys).unwrap_or(i64::MAX),
    }))
}

/// Ends all browser sessions of a user, and sign-ins that wait for a second factor. Tokens stay valid.
#[utoipa::path(
    delete, path = "/users/{id}/sign-ins", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 204)),
)]
pub async fn sign_out(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<UserId>,
) -> Result<StatusCode, ApiError> {
    let user = require_replaceable_access(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    let ended = store::browser_sessions::end_others(&mut tx, id, None).await?;
    let data = EventData::SignInsEnded { sign_ins: Some(ended), by_provider: None };
    let event = Event::new(data, caller.actor(), Some(id));
    let event = (ended > 0).then(|| event.named(user.name));
    app.commit(tx, event.as_slice()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a user's token, effective immediately.
#[utoipa::path(
    delete, path = "/users/{id}/tokens/{token}", tag = "users",
    params(("id" = UserId, Path), ("token" = TokenId, Path)),
    responses((status = 204)),
)]
pub async fn delete_token(
    State(app): State<App>,
    caller: Caller,
    PathParam((id, token)): PathParam<(UserId, TokenId)>,
) -> Result<StatusCode, ApiError> {
    require_replaceable_access(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    let name =
        store::credentials::delete_token(&mut tx, id, token).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let event = Event::new(EventData::TokenDeleted {}, caller.actor(), Some(id));
    app.commit(tx, &[event.about(token.0, name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! The caller's own API tokens.

use crate::{
    app::App,
    auth::{Caller, secret},
    events::Event,
    http::{
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
        recent_verification::RecentlyVerifiedCaller,
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::TimeDelta;
use seatkeeper_shared::{
    audit::EventData,
    ids::TokenId,
    problem::Code,
    validate,
    wire::account::{CreatedToken, NewToken, TokenView},
};

/// Lists the caller's API tokens.
#[utoipa::path(get, path = "/tokens", tag = "account", responses((status = 200, body = Vec<TokenView>)))]
pub async fn tokens(State(app): State<App>, caller: Caller) -> Result<Json<Vec<TokenView>>, ApiError> {
    Ok(Json(store::credentials::tokens_of(&app.db, caller.id).await?))
}

/// Creates an API token. The response is the only one that shows its secret.
#[utoipa::path(
    post, path = "/tokens", tag = "account",
    request_body = NewToken,
    responses((status = 201, body = CreatedToken)),
)]
pub async fn make_token(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    ValidJson(wanted): ValidJson<NewToken>,
) -> Result<(StatusCode, Json<CreatedToken>), ApiError> {
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let days = fields.check("days", validate::in_range(wanted.days, 1, 365));
    let (name, days) = fields.finish(name.zip(days))?;
    let (now, secret) = (app.clock.now(), app.random.secret());
    let expires_at = now + TimeDelta::days(days);
    let id = TokenId(app.random.id(now));
    let token = TokenView { id, name, created_at: now, expires_at, scope: wanted.scope, last_used_at: None };
    let mut tx = app.db.begin().await?;
    store::credentials::insert_token(&mut tx, caller.id, &token, &secret::hash(&secret)).await?;
    let data = EventData::CreatedToken { expires_at, scope: wanted.scope };
    let event = Event::new(data, caller.actor(), Some(caller.id));
    app.commit(tx, &[event.about(token.id.0, &token.name)]).await?;
    Ok((StatusCode::CREATED, Json(CreatedToken { token, secret })))
}

/// Deletes one of the caller's API tokens, effective immediately.
#[utoipa::path(
    delete, path = "/tokens/{id}", tag = "account",
    params(("id" = TokenId, Path)),
    responses((status = 204)),
)]
pub async fn delete_token(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<TokenId>,
) -> Result<StatusCode, ApiError> {
    let mut tx = app.db.begin().await?;
    let name = store::credentials::delete_token(&mut tx, caller.id, id).await?;
    let name = name.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let event = Event::new(EventData::TokenDeleted {}, caller.actor(), Some(caller.id));
    app.commit(tx, &[event.about(id.0, name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

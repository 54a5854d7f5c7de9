//! One's API tokens.

use crate::{
    app::App,
    auth::{Caller, RecentCaller, secret},
    events::Event,
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::TokenId,
    problem::Code,
    validate,
    wire::account::{NewToken, TokenMade, TokenView},
};
use serde_json::json;

/// My API tokens.
#[utoipa::path(get, path = "/tokens", tag = "account", responses((status = 200, body = Vec<TokenView>)))]
pub async fn tokens(State(app): State<App>, caller: Caller) -> Result<Json<Vec<TokenView>>, Fail> {
    Ok(Json(store::credentials::tokens_of(&app.db, caller.id).await?))
}

/// Makes an API token. Its secret is shown this once.
#[utoipa::path(post, path = "/tokens", tag = "account", request_body = NewToken, responses((status = 201, body = TokenMade)))]
pub async fn make_token(
    State(app): State<App>,
    caller: RecentCaller,
    Body(wanted): Body<NewToken>,
) -> Result<(StatusCode, Json<TokenMade>), Fail> {
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let days = fields.check("days", validate::within(wanted.days, 1, 365));
    let (name, days) = fields.all(name.zip(days))?;
    let (now, secret) = (app.clock.now(), app.dice.secret());
    let expires_at = now + TimeDelta::days(days);
    let id = TokenId(app.dice.id(now));
    let token = TokenView { id, name, created_at: now, expires_at, scope: wanted.scope, last_used_at: None };
    let mut tx = app.db.begin().await?;
    store::credentials::insert_token(&mut tx, caller.id, &token, &secret::hash(&secret)).await?;
    let event = Event::new(
        "token_made",
        caller.actor(),
        Some(caller.id),
        json!({ "expires_at": expires_at, "scope": wanted.scope }),
    );
    app.commit(tx, &[event.about(token.id.0, &token.name)]).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { token, secret })))
}

/// Deletes one of my API tokens; it is no longer accepted from then on.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "account", params(("id" = TokenId, Path)), responses((status = 204)))]
pub async fn delete_token(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<TokenId>,
) -> Result<StatusCode, Fail> {
    let mut tx = app.db.begin().await?;
    let name = store::credentials::delete_token(&mut tx, caller.id, id).await?;
    let name = name.ok_or_else(|| Fail::code(Code::NotFound))?;
    let event = Event::new("token_deleted", caller.actor(), Some(caller.id), json!({}));
    app.commit(tx, &[event.about(id.0, name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

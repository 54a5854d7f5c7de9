//! How other people get in: where they are signed in, their tokens, their second factor; and taking that away. Whoever may reset a
//! user's password may do this.

use super::users::whose_access;
use crate::{
    app::App,
    auth::Caller,
    events::Event,
    http::{extract::Named, problem::Fail},
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::{TokenId, UserId},
    problem::Code,
    wire::users::UserAccess,
};
use serde_json::json;

/// Where a user is signed in, his tokens without their secrets, and whether he has a second factor.
#[utoipa::path(get, path = "/users/{id}/access", tag = "users", params(("id" = UserId, Path)), responses((status = 200, body = UserAccess)))]
pub async fn access(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<UserId>,
) -> Result<Json<UserAccess>, Fail> {
    whose_access(&app, &caller, id).await?;
    let factor = store::second_factors::get(&app.db, id).await?;
    let passkeys = store::passkeys::of(&app.db, id).await?.len();
    Ok(Json(UserAccess {
        sign_ins: store::sign_ins::of(&app.db, id, app.clock.now(), caller.sign_in).await?,
        tokens: store::credentials::tokens_of(&app.db, id).await?,
        second_factor: factor.is_some_and(|factor| factor.confirmed),
        passkeys: i64::try_from(passkeys).unwrap_or(i64::MAX),
    }))
}

/// Signs a user out in all his browsers. His tokens stay.
#[utoipa::path(delete, path = "/users/{id}/sign-ins", tag = "users", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn sign_out(State(app): State<App>, caller: Caller, Named(id): Named<UserId>) -> Result<StatusCode, Fail> {
    let user = whose_access(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    let ended = store::sign_ins::end_others(&mut tx, id, None).await?;
    if ended > 0 {
        let event = Event::new("sign_ins_ended", caller.actor(), Some(id), json!({ "sign_ins": ended }));
        app.commit(tx, &[event.named(user.name)]).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a token of a user; it is no longer accepted from then on.
#[utoipa::path(delete, path = "/users/{id}/tokens/{token}", tag = "users", params(("id" = UserId, Path), ("token" = TokenId, Path)), responses((status = 204)))]
pub async fn delete_token(
    State(app): State<App>,
    caller: Caller,
    Named((id, token)): Named<(UserId, TokenId)>,
) -> Result<StatusCode, Fail> {
    whose_access(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    let name = store::credentials::delete_token(&mut tx, id, token).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let event = Event::new("token_deleted", caller.actor(), Some(id), json!({}));
    app.commit(tx, &[event.about(token.0, name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

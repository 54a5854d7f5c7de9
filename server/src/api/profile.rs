//! The caller's own password and browser sessions.

use super::account::account_settings;
use crate::{
    app::App,
    auth::{
        Caller, NewPassword,
        attempt_limit::{Attempt, AttemptedSecret},
    },
    events::Event,
    http::{
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    audit::EventData,
    ids::SignInId,
    problem::Code,
    validate,
    wire::account::{ChangePassword, SignInView},
};

/// Changes the caller's password and ends their other browser sessions. Requires the old password.
#[utoipa::path(post, path = "/me/password", tag = "account", request_body = ChangePassword, responses((status = 204)))]
pub async fn change_password(
    State(app): State<App>,
    caller: Caller,
    ValidJson(change): ValidJson<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    let mut fields = FieldErrors::default();
    let account = account_settings(&app).await?;
    let known = [caller.name.as_str(), &caller.email, &account.name];
    let new = fields.check("new", NewPassword::checked(&change.new, account.password_min, &known));
    let new = fields.finish(new)?;
    // Limited, so that passwords cannot be guessed at an unattended browser.
    let is_allowed =
        caller.address.is_none_or(|from| app.throttle.allow_password(from, &validate::email_key(&caller.email)));
    if !is_allowed {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let attempt =
        Attempt::signed_in(&app.journal, AttemptedSecret::Password(&validate::email_key(&caller.email))).await?;
    let old = store::users::password_by_email(&app.db, &caller.email).await?.and_then(|user| user.password_hash);
    if !app.passwords.verify(&attempt, &change.old, old.clone()).await? {
        return Err(ApiError::new(Code::WrongPassword));
    }
    let hash = app.passwords.hash(&new).await?;
    let mut tx = app.db.begin().await?;
    // A concurrent change may have replaced the old password.
    if store::users::lock_password(&mut tx, caller.id).await?.is_none_or(|now| now.password_hash != old) {
        return Err(ApiError::new(Code::WrongPassword));
    }
    attempt.refund(&mut tx).await?;
    store::credentials::set_password(&mut tx, caller.id, &hash).await?;
    store::browser_sessions::end_others(&mut tx, caller.id, caller.sign_in).await?;
    app.commit(tx, &[Event::new(EventData::PasswordChanged {}, caller.actor(), Some(caller.id))]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the caller's browser sessions, last used first.
#[utoipa::path(get, path = "/me/sign-ins", tag = "account", responses((status = 200, body = Vec<SignInView>)))]
pub async fn sign_ins(State(app): State<App>, caller: Caller) -> Result<Json<Vec<SignInView>>, ApiError> {
    Ok(Json(store::browser_sessions::of_user(&app.db, caller.id, app.clock.now(), caller.sign_in).await?))
}

/// Ends the caller's other browser sessions, and sign-ins that wait for a second factor.
#[utoipa::path(delete, path = "/me/sign-ins", tag = "account", responses((status = 204)))]
pub async fn end_other_sign_ins(State(app): State<App>, caller: Caller) -> Result<StatusCode, ApiError> {
    let mut tx = app.db.begin().await?;
    let ended = store::browser_sessions::end_others(&mut tx, caller.id, caller.sign_in).await?;
    let data = EventData::SignInsEnded { sign_ins: Some(ended), by_provider: None };
    let event = (ended > 0).then(|| Event::new(data, caller.actor(), Some(caller.id)));
    app.commit(tx, event.as_slice()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of the caller's browser sessions.
#[utoipa::path(
    delete, path = "/me/sign-ins/{id}", tag = "account",
    params(("id" = SignInId, Path)),
    responses((status = 204)),
)]
pub async fn end_sign_in(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SignInId>,
) -> Result<StatusCode, ApiError> {
    let mut tx = app.db.begin().await?;
    if !store::browser_sessions::end(&mut tx, caller.id, id).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    let data = EventData::SignInsEnded { sign_ins: Some(1), by_provider: None };
    let event = Event::new(data, caller.actor(), Some(caller.id));
    app.commit(tx, &[event]).await?;
    Ok(StatusCode::NO_CONTENT)
}

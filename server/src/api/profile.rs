//! One's own password, and where one is signed in.

use super::account::settings;
use crate::{
    app::App,
    auth::{
        Caller, NewPassword,
        tries::{Tried, Try},
    },
    events::Event,
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
    },
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    ids::SignInId,
    problem::Code,
    validate,
    wire::account::{ChangePassword, SignInView},
};
use serde_json::json;

/// Changes my password and signs me out in all my other browsers. It takes the old one.
#[utoipa::path(post, path = "/me/password", tag = "account", request_body = ChangePassword, responses((status = 204)))]
pub async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Body(change): Body<ChangePassword>,
) -> Result<StatusCode, Fail> {
    let mut fields = Fields::default();
    let account = settings(&app).await?;
    let known = [caller.name.as_str(), &caller.email, &account.name];
    let new = fields.check("new", NewPassword::checked(&change.new, account.password_min, &known));
    let new = fields.all(new)?;
    // Whoever found an open browser shall not be able to try passwords here.
    let free = caller.address.is_none_or(|from| app.throttle.allow(from, &validate::email_key(&caller.email)));
    if !free {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let tried = Try::signed_in(&app, Tried::Password(&validate::email_key(&caller.email))).await?;
    let old = store::users::secret_of(&app.db, &caller.email).await?.and_then(|user| user.password_hash);
    if !app.passwords.verify(&tried, &change.old, old.clone()).await? {
        return Err(Fail::code(Code::WrongPassword));
    }
    let hash = app.passwords.hash(&new).await?;
    let mut tx = app.db.begin().await?;
    // Of two who change it at once, the second has shown one that is old by now.
    if store::users::lock_secret(&mut tx, caller.id).await?.is_none_or(|now| now.password_hash != old) {
        return Err(Fail::code(Code::WrongPassword));
    }
    tried.was_right(&mut tx).await?;
    store::credentials::set_password(&mut tx, caller.id, &hash).await?;
    store::sign_ins::end_others(&mut tx, caller.id, caller.sign_in).await?;
    app.commit(tx, &[Event::new("password_changed", caller.actor(), Some(caller.id), json!({}))]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The browsers in which I am signed in, the last used first.
#[utoipa::path(get, path = "/me/sign-ins", tag = "account", responses((status = 200, body = Vec<SignInView>)))]
pub async fn sign_ins(State(app): State<App>, caller: Caller) -> Result<Json<Vec<SignInView>>, Fail> {
    Ok(Json(store::sign_ins::of(&app.db, caller.id, app.clock.now(), caller.sign_in).await?))
}

/// Signs me out in all my other browsers.
#[utoipa::path(delete, path = "/me/sign-ins", tag = "account", responses((status = 204)))]
pub async fn end_other_sign_ins(State(app): State<App>, caller: Caller) -> Result<StatusCode, Fail> {
    let mut tx = app.db.begin().await?;
    let ended = store::sign_ins::end_others(&mut tx, caller.id, caller.sign_in).await?;
    if ended > 0 {
        let facts = json!({ "sign_ins": ended });
        app.commit(tx, &[Event::new("sign_ins_ended", caller.actor(), Some(caller.id), facts)]).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Signs me out in one of my browsers.
#[utoipa::path(delete, path = "/me/sign-ins/{id}", tag = "account", params(("id" = SignInId, Path)), responses((status = 204)))]
pub async fn end_sign_in(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SignInId>,
) -> Result<StatusCode, Fail> {
    let mut tx = app.db.begin().await?;
    if !store::sign_ins::end(&mut tx, caller.id, id).await? {
        return Err(Fail::code(Code::NotFound));
    }
    let event = Event::new("sign_ins_ended", caller.actor(), Some(caller.id), json!({ "sign_ins": 1 }));
    app.commit(tx, &[event]).await?;
    Ok(StatusCode::NO_CONTENT)
}

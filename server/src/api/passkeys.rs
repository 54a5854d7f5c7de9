//! Passkeys: one's own, and signing in with one.

use super::account::{Came, let_in, may_do_without_a_provider, turned_away};
use crate::{
    app::App,
    auth::{
        Caller, RecentCaller,
        passkeys::{Made, Shown, Site, ask_for_any, ask_for_new},
    },
    events::Event,
    http::{
        client::Address,
        extract::{Body, Named},
        problem::{Fail, Fields},
    },
    store,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use axum_extra::extract::CookieJar;
use seatkeeper_shared::{
    ids::PasskeyId,
    people::UserStatus,
    problem::Code,
    validate,
    wire::{
        account::Me,
        passkeys::{NewPasskey, PasskeyOptions, PasskeySignIn, PasskeyView, RenamePasskey},
    },
};
use serde_json::json;

/// More than anybody needs.
const MOST: usize = 50;

/// My passkeys, the oldest first.
#[utoipa::path(get, path = "/me/passkeys", tag = "account", responses((status = 200, body = Vec<PasskeyView>)))]
pub async fn passkeys(State(app): State<App>, caller: Caller) -> Result<Json<Vec<PasskeyView>>, Fail> {
    Ok(Json(store::passkeys::of(&app.db, caller.id).await?))
}

/// What my browser has to be asked to make a passkey.
#[utoipa::path(post, path = "/me/passkeys/begin", tag = "account", responses((status = 200, body = PasskeyOptions)))]
pub async fn begin(
    State(app): State<App>,
    caller: RecentCaller,
    headers: HeaderMap,
) -> Result<Json<PasskeyOptions>, Fail> {
    let site = Site::of(&app, &headers)?;
    let known = store::passkeys::credentials_of(&app.db, caller.id).await?;
    let asked = ask_for_new(&site, caller.id, &caller.name, &caller.email, &known)?;
    let mut tx = app.db.begin().await?;
    store::passkeys::ask(&mut tx, Some(caller.id), &asked, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(PasskeyOptions { options: asked.options }))
}

/// Adds the passkey that my browser made.
#[utoipa::path(post, path = "/me/passkeys", tag = "account", request_body = NewPasskey, responses((status = 201, body = PasskeyView)))]
pub async fn add(
    State(app): State<App>,
    caller: RecentCaller,
    headers: HeaderMap,
    Body(given): Body<NewPasskey>,
) -> Result<(StatusCode, Json<PasskeyView>), Fail> {
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&given.name));
    let name = fields.all(name)?;
    let (now, site, made) = (app.clock.now(), Site::of(&app, &headers)?, Made::read(&given.credential)?);
    if store::passkeys::of(&app.db, caller.id).await?.len() >= MOST {
        return Err(Fail::code(Code::PasskeyRefused));
    }
    let mut tx = app.db.begin().await?;
    let asked = store::passkeys::asked(&mut tx, &made.challenge()?, now).await?;
    let state = asked.filter(|(user, _)| *user == Some(caller.id)).map(|(_, state)| state);
    let stored = made.check(&site, &state.ok_or_else(|| Fail::code(Code::PasskeyRefused))?)?;
    let passkey = PasskeyView { id: PasskeyId(app.dice.id(now)), name, created_at: now, last_used_at: None };
    store::passkeys::insert(&mut tx, caller.id, &passkey, &stored).await?;
    let event = Event::new("passkey_added", caller.actor(), Some(caller.id), json!({}));
    app.commit(tx, &[event.about(passkey.id.0, &passkey.name)]).await?;
    Ok((StatusCode::CREATED, Json(passkey)))
}

/// Gives one of my passkeys another name.
#[utoipa::path(patch, path = "/me/passkeys/{id}", tag = "account", params(("id" = PasskeyId, Path)), request_body = RenamePasskey, responses((status = 200, body = PasskeyView)))]
pub async fn rename(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<PasskeyId>,
    Body(given): Body<RenamePasskey>,
) -> Result<Json<PasskeyView>, Fail> {
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&given.name));
    let name = fields.all(name)?;
    let mut tx = app.db.begin().await?;
    let before = store::passkeys::lock(&mut tx, caller.id, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    if before.name != name {
        store::passkeys::rename(&mut tx, id, &name).await?;
        let facts = json!({ "changes": { "name": [before.name, name] } });
        let event = Event::new("passkey_renamed", caller.actor(), Some(caller.id), facts);
        app.commit(tx, &[event.about(id.0, &before.name)]).await?;
    }
    Ok(Json(PasskeyView { name, ..before }))
}

/// Removes one of my passkeys; nobody signs in with it any more.
#[utoipa::path(delete, path = "/me/passkeys/{id}", tag = "account", params(("id" = PasskeyId, Path)), responses((status = 204)))]
pub async fn remove(
    State(app): State<App>,
    caller: RecentCaller,
    Named(id): Named<PasskeyId>,
) -> Result<StatusCode, Fail> {
    let mut tx = app.db.begin().await?;
    let name = store::passkeys::remove(&mut tx, caller.id, id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let event = Event::new("passkey_removed", caller.actor(), Some(caller.id), json!({})).about(id.0, name);
    app.commit(tx, &[event]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a browser has to be asked to sign in with a passkey.
#[utoipa::path(post, path = "/sign-in/passkey/begin", tag = "account", security(()), responses((status = 200, body = PasskeyOptions)))]
pub async fn begin_sign_in(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
) -> Result<Json<PasskeyOptions>, Fail> {
    if !app.throttle.allow_from(address) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let asked = ask_for_any(&Site::of(&app, &headers)?)?;
    let mut tx = app.db.begin().await?;
    store::passkeys::ask(&mut tx, None, &asked, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(PasskeyOptions { options: asked.options }))
}

/// Signs in with a passkey. It takes no password and no second step.
#[utoipa::path(post, path = "/sign-in/passkey", tag = "account", security(()), request_body = PasskeySignIn, responses((status = 200, body = Me)))]
pub async fn sign_in(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    jar: CookieJar,
    Body(given): Body<PasskeySignIn>,
) -> Result<(CookieJar, Json<Me>), Fail> {
    if !app.throttle.allow_from(address) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let (now, site, shown) = (app.clock.now(), Site::of(&app, &headers)?, Shown::read(&given.credential)?);
    let refused = || Fail::code(Code::PasskeyRefused);
    let mut tx = app.db.begin().await?;
    let asked = store::passkeys::asked(&mut tx, &shown.challenge()?, now).await?;
    let whose = store::passkeys::held(&mut tx, &shown.credential()).await?.map(|held| held.user);
    // Used up by the first answer, good or not.
    tx.commit().await?;
    let (_, state) = asked.filter(|(user, _)| user.is_none()).ok_or_else(refused)?;
    let whose = whose.ok_or_else(refused)?;
    let free = may_do_without_a_provider(&app, whose).await?;
    let came = Came::of(&app, jar, address, &headers).await?;
    let mut tx = app.db.begin().await?;
    // He may be being suspended.
    drop(store::users::lock_secret(&mut tx, whose).await?);
    let held = store::passkeys::held(&mut tx, &shown.credential()).await?.ok_or_else(refused)?;
    let next = shown.check(&site, &state, held.user, &held.stored);
    let reason = match (&next, held.status) {
        (Ok(_), UserStatus::Active) => None,
        (Ok(_), UserStatus::Suspended) => Some("suspended"),
        (Err(_), _) => Some("wrong_passkey"),
    };
    if let Some(reason) = reason {
        drop(tx);
        turned_away(&app, address, &held.email, Some(held.user), reason).await?;
        return Err(refused());
    }
    if !free {
        drop(tx);
        turned_away(&app, address, &held.email, Some(held.user), "passwords_off").await?;
        return Err(Fail::code(Code::PasswordsOff));
    }
    store::passkeys::used(&mut tx, held.id, &next?, now).await?;
    let_in(&app, tx, came, (held.user, &held.name), json!({ "by": "passkey" })).await
}

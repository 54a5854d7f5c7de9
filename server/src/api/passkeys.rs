//! Passkeys: managing the caller's own, and signing in with one.

use super::account::{BrowserSignIn, complete_sign_in, may_use_local_sign_in, record_failed_sign_in};
use crate::{
    app::App,
    auth::{
        Caller,
        passkeys::{
            AuthenticationResponse, PasskeyError, RegistrationResponse, Site, start_authentication, start_registration,
        },
    },
    events::Event,
    http::{
        client_ip::ClientIp,
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
        recent_verification::RecentlyVerifiedCaller,
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
    audit::{EventData, SignInFailureReason, SignInMethod, changes::NameChanges},
    ids::PasskeyId,
    people::UserStatus,
    problem::Code,
    validate,
    wire::{
        account::Me,
        passkeys::{NewPasskey, PasskeyOptions, PasskeySignIn, PasskeyView, RenamePasskey},
    },
};

const MAX_PASSKEYS_PER_USER: usize = 50;

/// Lists the caller's passkeys, oldest first.
#[utoipa::path(get, path = "/me/passkeys", tag = "account", responses((status = 200, body = Vec<PasskeyView>)))]
pub async fn passkeys(State(app): State<App>, caller: Caller) -> Result<Json<Vec<PasskeyView>>, ApiError> {
    Ok(Json(store::passkeys::of_user(&app.db, caller.id).await?))
}

/// Starts the registration of a passkey, and returns the options for the browser.
#[utoipa::path(post, path = "/me/passkeys/begin", tag = "account", responses((status = 200, body = PasskeyOptions)))]
pub async fn begin(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    headers: HeaderMap,
) -> Result<Json<PasskeyOptions>, ApiError> {
    let site = Site::of(app.public_url.as_deref(), &headers)?;
    let known = store::passkeys::credentials_of(&app.db, caller.id).await?;
    let ceremony = start_registration(&site, caller.id, &caller.name, &caller.email, &known)?;
    let mut tx = app.db.begin().await?;
    store::passkeys::insert_challenge(&mut tx, Some(caller.id), &ceremony, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(PasskeyOptions { options: ceremony.options }))
}

/// Adds a passkey that the caller's browser created.
#[utoipa::path(
    post, path = "/me/passkeys", tag = "account",
    request_body = NewPasskey,
    responses((status = 201, body = PasskeyView)),
)]
pub async fn add(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    headers: HeaderMap,
    ValidJson(given): ValidJson<NewPasskey>,
) -> Result<(StatusCode, Json<PasskeyView>), ApiError> {
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&given.name));
    let name = fields.finish(name)?;
    let (now, site, response) = (
        app.clock.now(),
        Site::of(app.public_url.as_deref(), &headers)?,
        RegistrationResponse::parse(&given.credential)?,
    );
    if store::passkeys::of_user(&app.db, caller.id).await?.len() >= MAX_PASSKEYS_PER_USER {
        return Err(PasskeyError::Refused.into());
    }
    let mut tx = app.db.begin().await?;
    let ceremony = store::passkeys::take_challenge(&mut tx, &response.challenge()?, now).await?;
    let ceremony = ceremony.filter(|ceremony| ceremony.user == Some(caller.id)).ok_or(PasskeyError::Refused)?;
    let stored = response.verify(&site, &ceremony.state)?;
    let passkey = PasskeyView { id: PasskeyId(app.random.id(now)), name, created_at: now, last_used_at: None };
    store::passkeys::insert(&mut tx, caller.id, &passkey, &stored).await?;
    let event = Event::new(EventData::PasskeyAdded {}, caller.actor(), Some(caller.id));
    app.commit(tx, &[event.about(passkey.id.0, &passkey.name)]).await?;
    Ok((StatusCode::CREATED, Json(passkey)))
}

/// Renames one of the caller's passkeys.
#[utoipa::path(
    patch, path = "/me/passkeys/{id}", tag = "account",
    params(("id" = PasskeyId, Path)),
    request_body = RenamePasskey,
    responses((status = 200, body = PasskeyView)),
)]
pub async fn rename(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<PasskeyId>,
    ValidJson(given): ValidJson<RenamePasskey>,
) -> Result<Json<PasskeyView>, ApiError> {
    let mut fields = FieldErrors::default();
    let name = fields.check("name", validate::name(&given.name));
    let name = fields.finish(name)?;
    let mut tx = app.db.begin().await?;
    let before = store::passkeys::lock(&mut tx, caller.id, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    if before.name != name {
        store::passkeys::rename(&mut tx, id, &name).await?;
        let changes = NameChanges { name: Some((before.name.clone(), name.clone())) };
        let event = Event::new(EventData::PasskeyRenamed { changes }, caller.actor(), Some(caller.id));
        app.commit(tx, &[event.about(id.0, &before.name)]).await?;
    }
    Ok(Json(PasskeyView { name, ..before }))
}

/// Removes one of the caller's passkeys.
#[utoipa::path(
    delete, path = "/me/passkeys/{id}", tag = "account",
    params(("id" = PasskeyId, Path)),
    responses((status = 204)),
)]
pub async fn remove(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    PathParam(id): PathParam<PasskeyId>,
) -> Result<StatusCode, ApiError> {
    let mut tx = app.db.begin().await?;
    let name = store::passkeys::remove(&mut tx, caller.id, id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let event = Event::new(EventData::PasskeyRemoved {}, caller.actor(), Some(caller.id)).about(id.0, name);
    app.commit(tx, &[event]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts a sign-in with a passkey, and returns the options for the browser.
#[utoipa::path(
    post, path = "/sign-in/passkey/begin", tag = "account", security(()),
    responses((status = 200, body = PasskeyOptions)),
)]
pub async fn begin_sign_in(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    headers: HeaderMap,
) -> Result<Json<PasskeyOptions>, ApiError> {
    if !app.throttle.allow_network(address) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let ceremony = start_authentication(&Site::of(app.public_url.as_deref(), &headers)?)?;
    let mut tx = app.db.begin().await?;
    store::passkeys::insert_challenge(&mut tx, None, &ceremony, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(PasskeyOptions { options: ceremony.options }))
}

/// Signs in with a passkey. Neither a password nor a second factor is required.
#[utoipa::path(
    post, path = "/sign-in/passkey", tag = "account", security(()),
    request_body = PasskeySignIn,
    responses((status = 200, body = Me)),
)]
pub async fn sign_in(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    headers: HeaderMap,
    jar: CookieJar,
    ValidJson(given): ValidJson<PasskeySignIn>,
) -> Result<(CookieJar, Json<Me>), ApiError> {
    if !app.throttle.allow_network(address) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let (now, site, response) = (
        app.clock.now(),
        Site::of(app.public_url.as_deref(), &headers)?,
        AuthenticationResponse::parse(&given.credential)?,
    );
    let mut tx = app.db.begin().await?;
    let ceremony = store::passkeys::take_challenge(&mut tx, &response.challenge()?, now).await?;
    let user_id = store::passkeys::lock_by_credential(&mut tx, &response.credential_id()).await?.map(|held| held.user);
    // Each challenge can be used once, even if the verification fails.
    tx.commit().await?;
    let ceremony = ceremony.filter(|ceremony| ceremony.user.is_none()).ok_or(PasskeyError::Refused)?;
    let user_id = user_id.ok_or(PasskeyError::Refused)?;
    let is_allowed = may_use_local_sign_in(&app, user_id).await?;
    let browser = BrowserSignIn::of(&app, jar, address, &headers).await?;
    let mut tx = app.db.begin().await?;
    // Waits for a concurrent suspension of the user.
    drop(store::users::lock_password(&mut tx, user_id).await?);
    let held = store::passkeys::lock_by_credential(&mut tx, &response.credential_id()).await?;
    let held = held.ok_or(PasskeyError::Refused)?;
    let next = response.verify(&site, &ceremony.state, held.user, &held.stored);
    let reason = match (&next, held.status) {
        (Ok(_), UserStatus::Active) => None,
        (Ok(_), UserStatus::Suspended) => Some(SignInFailureReason::Suspended),
        (Err(_), _) => Some(SignInFailureReason::WrongPasskey),
    };
    if let Some(reason) = reason {
        drop(tx);
        record_failed_sign_in(&app, address, &held.email, Some(held.user), reason).await?;
        return Err(PasskeyError::Refused.into());
    }
    if !is_allowed {
        drop(tx);
        record_failed_sign_in(&app, address, &held.email, Some(held.user), SignInFailureReason::PasswordsOff).await?;
        return Err(ApiError::new(Code::PasswordsOff));
    }
    store::passkeys::set_used(&mut tx, held.id, &next?, now).await?;
    complete_sign_in(&app, tx, browser, (held.user, &held.name), Some(SignInMethod::Passkey)).await
}

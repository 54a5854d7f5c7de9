//! The second factor: signing in with it, setting it up, removing it, and removing that of another user.

use super::account::{BrowserSignIn, account_settings, complete_sign_in, record_failed_sign_in};
use crate::{
    app::App,
    auth::{
        Caller,
        attempt_limit::{Attempt, AttemptedSecret},
        second_factor, secret,
    },
    db::Tx,
    events::Event,
    http::{
        client_ip::ClientIp,
        cookies::Purpose,
        extract::{PathParam, ValidJson},
        problem::ApiError,
        recent_verification::RecentlyVerifiedCaller,
    },
    secrets::SecretLocation,
    store,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use axum_extra::extract::CookieJar;
use seatkeeper_shared::{
    audit::{EventData, SignInFailureReason},
    ids::UserId,
    people::UserStatus,
    problem::Code,
    validate,
    wire::{
        account::Me,
        second_factor::{ConfirmSecondFactor, Proof, RecoveryCodes, SecondFactorSetup, SecondFactorState, SecondStep},
    },
};

/// Completes a sign-in with an authenticator app's code or a recovery code. Each code can be used once.
#[utoipa::path(
    post, path = "/sign-in/second-factor", tag = "account", security(()),
    request_body = SecondStep,
    responses((status = 200, body = Me)),
)]
pub async fn second_step(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    headers: HeaderMap,
    jar: CookieJar,
    ValidJson(given): ValidJson<SecondStep>,
) -> Result<(CookieJar, Json<Me>), ApiError> {
    let (now, hash) = (app.clock.now(), secret::hash(&given.challenge));
    if !app.throttle.allow_password(address, &hash) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let mut tx = app.db.begin().await?;
    let user = store::second_factors::count_attempt(&mut tx, &hash, now).await?;
    tx.commit().await?;
    let user = user.filter(|user| user.status == UserStatus::Active).ok_or_else(|| ApiError::new(Code::SignInOver))?;
    if !app.throttle.allow_second_factor_code(user.id) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let attempt = Attempt::in_browser(
        &app.journal,
        AttemptedSecret::Code(user.id),
        &validate::email_key(&user.email),
        Purpose::Device.of(&app, &jar),
    )
    .await?;
    let factor = store::second_factors::get(&app.db, user.id).await?.filter(|factor| factor.confirmed);
    let factor = factor.ok_or_else(|| ApiError::new(Code::SignInOver))?;
    let browser = BrowserSignIn::of(&app, jar, address, &headers).await?;
    let mut tx = app.db.begin().await?;
    let current = store::users::lock_password(&mut tx, user.id).await?;
    current.filter(|user| user.status == UserStatus::Active).ok_or_else(|| ApiError::new(Code::SignInOver))?;
    let Some(by) = second_factor::use_code(&app.keyring, &mut tx, &attempt, user.id, &factor, &given.code, now).await?
    else {
        drop(tx);
        record_failed_sign_in(&app, address, &user.email, Some(user.id), SignInFailureReason::WrongCode).await?;
        return Err(ApiError::new(Code::WrongCode));
    };
    attempt.refund(&mut tx).await?;
    if !store::second_factors::use_challenge(&mut tx, &hash).await? {
        return Err(ApiError::new(Code::SignInOver));
    }
    complete_sign_in(&app, tx, browser, (user.id, &user.name), Some(by)).await
}

/// Whether the caller has a second factor.
#[utoipa::path(get, path = "/me/second-factor", tag = "account", responses((status = 200, body = SecondFactorState)))]
pub async fn state(State(app): State<App>, caller: Caller) -> Result<Json<SecondFactorState>, ApiError> {
    let factor = store::second_factors::get(&app.db, caller.id).await?.filter(|factor| factor.confirmed);
    Ok(Json(SecondFactorState { on: factor.is_some(), recovery_codes: factor.map_or(0, |factor| factor.codes) }))
}

/// Starts setting up a second factor, and returns the secret for an authenticator app. It takes effect when confirmed
/// with a code.
#[utoipa::path(post, path = "/me/second-factor", tag = "account", responses((status = 201, body = SecondFactorSetup)))]
pub async fn start(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
) -> Result<(StatusCode, Json<SecondFactorSetup>), ApiError> {
    let secret = second_factor::new_secret(&app.random);
    let sealed = app.seal_secret(&SecretLocation::CodeApp(caller.id), &secret)?;
    let account = account_settings(&app).await?.name;
    let mut tx = app.db.begin().await?;
    if !store::second_factors::start(&mut tx, caller.id, &sealed).await? {
        return Err(ApiError::new(Code::SecondFactorOn));
    }
    tx.commit().await?;
    let uri = second_factor::otpauth_uri(&secret, &account, &caller.email);
    let picture = second_factor::qr_code_svg(&uri);
    Ok((StatusCode::CREATED, Json(SecondFactorSetup { secret, uri, picture })))
}

/// Confirms the second factor with a code. The response is the only one that shows the recovery codes.
#[utoipa::path(
    post, path = "/me/second-factor/confirm", tag = "account",
    request_body = ConfirmSecondFactor,
    responses((status = 200, body = RecoveryCodes)),
)]
pub async fn confirm(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    ValidJson(given): ValidJson<ConfirmSecondFactor>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    if !app.throttle.allow_second_factor_code(caller.id) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let factor = store::second_factors::get(&app.db, caller.id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    if factor.confirmed {
        return Err(ApiError::new(Code::SecondFactorOn));
    }
    let now = app.clock.now();
    let secret = app.open_secret(&SecretLocation::CodeApp(caller.id), &factor.secret)?;
    let step =
        second_factor::matching_time_step(&secret, &given.code, now).ok_or_else(|| ApiError::new(Code::WrongCode))?;
    let mut tx = app.db.begin().await?;
    if !store::second_factors::confirm(&mut tx, caller.id, &factor.secret, now, step).await? {
        return Err(ApiError::new(Code::WrongCode));
    }
    let codes = replace_recovery_codes(&app, &mut tx, caller.id).await?;
    app.commit(tx, &[Event::new(EventData::SecondFactorSet {}, caller.actor(), Some(caller.id))]).await?;
    Ok(Json(codes))
}

/// Replaces the recovery codes. Requires the password or a code.
#[utoipa::path(
    post, path = "/me/second-factor/recovery-codes", tag = "account",
    request_body = Proof,
    responses((status = 200, body = RecoveryCodes)),
)]
pub async fn renew_codes(
    State(app): State<App>,
    caller: Caller,
    ValidJson(given): ValidJson<Proof>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let mut tx = begin_verified(&app, &caller, &given).await?;
    let codes = replace_recovery_codes(&app, &mut tx, caller.id).await?;
    app.commit(tx, &[Event::new(EventData::RecoveryCodesMade {}, caller.actor(), Some(caller.id))]).await?;
    Ok(Json(codes))
}

/// Removes the caller's second factor and recovery codes. Requires the password or a code.
#[utoipa::path(
    post, path = "/me/second-factor/remove", tag = "account",
    request_body = Proof,
    responses((status = 204)),
)]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    ValidJson(given): ValidJson<Proof>,
) -> Result<StatusCode, ApiError> {
    let mut tx = begin_verified(&app, &caller, &given).await?;
    if !store::second_factors::remove(&mut tx, caller.id).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    app.commit(tx, &[Event::new(EventData::SecondFactorRemoved { passkeys: None }, caller.actor(), Some(caller.id))])
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the second factor, recovery codes and passkeys of a user who lost them. For admins and managers, requires an
/// admin.
#[utoipa::path(
    delete, path = "/users/{id}/second-factor", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 204)),
)]
pub async fn remove_of(
    State(app): State<App>,
    caller: RecentlyVerifiedCaller,
    PathParam(id): PathParam<UserId>,
) -> Result<StatusCode, ApiError> {
    let user = super::users::require_replaceable_access(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    let had_app = store::second_factors::remove(&mut tx, id).await?;
    let passkeys = store::passkeys::remove_all(&mut tx, id).await?;
    if !had_app && passkeys == 0 {
        return Err(ApiError::new(Code::NotFound));
    }
    let data = EventData::SecondFactorRemoved { passkeys: Some(passkeys) };
    app.commit(tx, &[Event::new(data, caller.actor(), Some(id)).named(user.name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn replace_recovery_codes(app: &App, tx: &mut Tx, user: UserId) -> Result<RecoveryCodes, ApiError> {
    let recovery_codes = second_factor::new_recovery_codes(&app.random);
    let hashes: Vec<_> = recovery_codes.iter().map(|code| second_factor::recovery_hash(code)).collect();
    store::second_factors::set_codes(tx, user, &hashes).await?;
    Ok(RecoveryCodes { recovery_codes })
}

/// Begins a transaction after verifying the password or a code, which is used up in it. This prevents changes at an
/// unattended browser.
async fn begin_verified(app: &App, caller: &Caller, given: &Proof) -> Result<Tx, ApiError> {
    let is_allowed =
        caller.address.is_none_or(|from| app.throttle.allow_password(from, &validate::email_key(&caller.email)));
    if !is_allowed || !app.throttle.allow_second_factor_code(caller.id) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let factor = store::second_factors::get(&app.db, caller.id).await?.filter(|factor| factor.confirmed);
    let factor = factor.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let attempt = Attempt::by_proof(&app.journal, caller, given).await?;
    if let Some(password) = &given.password {
        let hash = store::users::password_by_email(&app.db, &caller.email).await?.and_then(|user| user.password_hash);
        if !app.passwords.verify(&attempt, password, hash).await? {
            return Err(ApiError::new(Code::WrongPassword));
        }
    }
    let mut tx = app.db.begin().await?;
    if let Proof { password: None, code: Some(code) } = given {
        let taken =
            second_factor::use_code(&app.keyring, &mut tx, &attempt, caller.id, &factor, code, app.clock.now()).await?;
        taken.ok_or_else(|| ApiError::new(Code::WrongCode))?;
    }
    attempt.refund(&mut tx).await?;
    Ok(tx)
}

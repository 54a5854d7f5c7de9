//! Step-up verification of the caller's identity, required before adding credentials.

use super::account::{may_use_local_sign_in, record_failed_sign_in};
use crate::{
    app::App,
    auth::{Caller, attempt_limit::Attempt, second_factor},
    http::{extract::ValidJson, problem::ApiError},
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    audit::SignInFailureReason,
    people::UserStatus,
    problem::Code,
    validate,
    wire::second_factor::{Proof, VerifyOptions},
};
use std::net::{IpAddr, Ipv4Addr};

/// Returns how the caller can verify their identity: by password, code, passkey, or by signing in again at a provider.
#[utoipa::path(get, path = "/me/verify", tag = "account", responses((status = 200, body = VerifyOptions)))]
pub async fn options(State(app): State<App>, caller: Caller) -> Result<Json<VerifyOptions>, ApiError> {
    let held = store::second_factors::of_user(&app.db, caller.id).await?;
    let has_password =
        store::users::password_by_email(&app.db, &caller.email).await?.is_some_and(|user| user.password_hash.is_some());
    let may_use_local = may_use_local_sign_in(&app, caller.id).await?;
    Ok(Json(VerifyOptions {
        password: has_password && may_use_local,
        code: held.code,
        passkey: held.passkey && may_use_local,
        providers: store::providers::offered(&app.db).await?,
    }))
}

/// Verifies the caller's identity by password or code. For ten minutes, they may then add credentials.
#[utoipa::path(post, path = "/me/verify", tag = "account", request_body = Proof, responses((status = 204)))]
pub async fn verify(
    State(app): State<App>,
    caller: Caller,
    ValidJson(given): ValidJson<Proof>,
) -> Result<StatusCode, ApiError> {
    let Some(sign_in) = caller.sign_in else { return Err(ApiError::new(Code::BrowserRequired)) };
    let from = caller.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    if !app.throttle.allow_password(from, &validate::email_key(&caller.email))
        || !app.throttle.allow_second_factor_code(caller.id)
    {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let attempt = Attempt::by_proof(&app.journal, &caller, &given).await?;
    let (now, mut wrong) = (app.clock.now(), None);
    let password = match &given.password {
        Some(password) => Some(verify_password(&app, &caller, &attempt, password).await?),
        None => None,
    };
    let factor = store::second_factors::get(&app.db, caller.id).await?.filter(|factor| factor.confirmed);
    let mut tx = app.db.begin().await?;
    let user = store::users::lock_password(&mut tx, caller.id).await?;
    let user = user.filter(|user| user.status == UserStatus::Active).ok_or_else(|| ApiError::new(Code::NotSignedIn))?;
    match (password, &given.code, factor) {
        // The password may have changed during the verification.
        (Some(Some(hash)), ..) if user.password_hash.as_deref() == Some(&*hash) => {}
        (Some(_), ..) => wrong = Some((SignInFailureReason::WrongPassword, Code::WrongPassword)),
        (None, Some(code), Some(factor)) => {
            if second_factor::use_code(&app.keyring, &mut tx, &attempt, caller.id, &factor, code, now).await?.is_none()
            {
                wrong = Some((SignInFailureReason::WrongCode, Code::WrongCode));
            }
        }
        (None, ..) => wrong = Some((SignInFailureReason::WrongCode, Code::WrongCode)),
    }
    if let Some((reason, code)) = wrong {
        drop(tx);
        record_failed_sign_in(&app, from, &caller.email, Some(caller.id), reason).await?;
        return Err(ApiError::new(code));
    }
    attempt.refund(&mut tx).await?;
    store::browser_sessions::set_verified(&mut tx, caller.id, sign_in, now).await?;
    tx.commit().await?;
    // The cached caller has the old verification time.
    app.caller_cache.invalidate_user(caller.id);
    Ok(StatusCode::NO_CONTENT)
}

/// Verifies the caller's password, and returns its stored hash if it matches.
async fn verify_password(
    app: &App,
    caller: &Caller,
    attempt: &Attempt,
    password: &str,
) -> Result<Option<String>, ApiError> {
    if !may_use_local_sign_in(app, caller.id).await? {
        return Err(ApiError::new(Code::PasswordsOff));
    }
    let hash = store::users::password_by_email(&app.db, &caller.email).await?.and_then(|user| user.password_hash);
    Ok(app.passwords.verify(attempt, password, hash.clone()).await?.then_some(hash).flatten())
}

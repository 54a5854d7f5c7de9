//! Showing again who one is, before one adds a way in.

use super::account::{may_do_without_a_provider, turned_away};
use crate::{
    app::App,
    auth::{Caller, second_factor, tries::Try},
    http::{extract::Body, problem::Fail},
    store,
};
use axum::{Json, extract::State, http::StatusCode};
use seatkeeper_shared::{
    people::UserStatus,
    problem::Code,
    validate,
    wire::second_factor::{Proof, VerifyOptions},
};
use std::net::{IpAddr, Ipv4Addr};

/// By what I can show who I am: my password, a code, a passkey, or by signing in anew by the provider by which I came.
#[utoipa::path(get, path = "/me/verify", tag = "account", responses((status = 200, body = VerifyOptions)))]
pub async fn options(State(app): State<App>, caller: Caller) -> Result<Json<VerifyOptions>, Fail> {
    let held = store::second_factors::held(&app.db, caller.id).await?;
    let has_password =
        store::users::secret_of(&app.db, &caller.email).await?.is_some_and(|user| user.password_hash.is_some());
    let free = may_do_without_a_provider(&app, caller.id).await?;
    Ok(Json(VerifyOptions {
        password: has_password && free,
        code: held.code,
        passkey: held.passkey && free,
        providers: store::providers::offered(&app.db).await?,
    }))
}

/// Shows by my password or a code who I am. For ten minutes I may then add ways in.
#[utoipa::path(post, path = "/me/verify", tag = "account", request_body = Proof, responses((status = 204)))]
pub async fn verify(State(app): State<App>, caller: Caller, Body(given): Body<Proof>) -> Result<StatusCode, Fail> {
    let Some(sign_in) = caller.sign_in else { return Err(Fail::code(Code::BrowserRequired)) };
    let from = caller.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    if !app.throttle.allow(from, &validate::email_key(&caller.email)) || !app.throttle.allow_code(caller.id) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let tried = Try::by_proof(&app, &caller, &given).await?;
    let (now, mut wrong) = (app.clock.now(), None);
    let password = match &given.password {
        Some(password) => Some(checked(&app, &caller, &tried, password).await?),
        None => None,
    };
    let factor = store::second_factors::get(&app.db, caller.id).await?.filter(|factor| factor.confirmed);
    let mut tx = app.db.begin().await?;
    let user = store::users::lock_secret(&mut tx, caller.id).await?;
    let user = user.filter(|user| user.status == UserStatus::Active).ok_or_else(|| Fail::code(Code::NotSignedIn))?;
    match (password, &given.code, factor) {
        // Checking it has taken its time: it may be another by now.
        (Some(Some(hash)), ..) if user.password_hash.as_deref() == Some(&*hash) => {}
        (Some(_), ..) => wrong = Some(("wrong_password", Code::WrongPassword)),
        (None, Some(code), Some(factor)) => {
            if second_factor::take(&app, &mut tx, &tried, caller.id, &factor, code, now).await?.is_none() {
                wrong = Some(("wrong_code", Code::WrongCode));
            }
        }
        (None, ..) => wrong = Some(("wrong_code", Code::WrongCode)),
    }
    if let Some((reason, code)) = wrong {
        drop(tx);
        turned_away(&app, from, &caller.email, Some(caller.id), reason).await?;
        return Err(Fail::code(code));
    }
    tried.was_right(&mut tx).await?;
    store::sign_ins::verified(&mut tx, caller.id, sign_in, now).await?;
    tx.commit().await?;
    // What is remembered of the caller says otherwise.
    app.bell.callers.forget(caller.id);
    Ok(StatusCode::NO_CONTENT)
}

/// The hash that this is the password of, if it is the caller's.
async fn checked(app: &App, caller: &Caller, tried: &Try, password: &str) -> Result<Option<String>, Fail> {
    if !may_do_without_a_provider(app, caller.id).await? {
        return Err(Fail::code(Code::PasswordsOff));
    }
    let hash = store::users::secret_of(&app.db, &caller.email).await?.and_then(|user| user.password_hash);
    Ok(app.passwords.verify(tried, password, hash.clone()).await?.then_some(hash).flatten())
}

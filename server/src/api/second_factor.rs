//! The second factor: the second step of signing in, setting one up and removing it, and removing that of somebody who lost it.

use super::account::{Came, let_in, settings, turned_away};
use crate::{
    app::App,
    auth::{
        Caller, RecentCaller, second_factor, secret,
        tries::{Tried, Try},
    },
    db::Tx,
    events::Event,
    http::{
        client::Address,
        extract::{Body, Named},
        problem::Fail,
    },
    secrets::Place,
    store,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use axum_extra::extract::CookieJar;
use seatkeeper_shared::{
    ids::UserId,
    people::UserStatus,
    problem::Code,
    validate,
    wire::{
        account::Me,
        second_factor::{ConfirmFactor, FactorStarted, FactorState, Proof, RecoveryCodes, SecondStep},
    },
};
use serde_json::json;

/// The second step of signing in: a code of the app, or a recovery code. Each is good once.
#[utoipa::path(post, path = "/sign-in/second-factor", tag = "account", security(()), request_body = SecondStep, responses((status = 200, body = Me)))]
pub async fn second_step(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    jar: CookieJar,
    Body(given): Body<SecondStep>,
) -> Result<(CookieJar, Json<Me>), Fail> {
    let (now, hash) = (app.clock.now(), secret::hash(&given.challenge));
    if !app.throttle.allow(address, &hash) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let mut tx = app.db.begin().await?;
    let user = store::second_factors::try_challenge(&mut tx, &hash, now).await?;
    tx.commit().await?;
    let user = user.filter(|user| user.status == UserStatus::Active).ok_or_else(|| Fail::code(Code::SignInOver))?;
    if !app.throttle.allow_code(user.id) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let tried = Try::in_browser(&app, Tried::Code(user.id), &validate::email_key(&user.email), &jar).await?;
    let factor = store::second_factors::get(&app.db, user.id).await?.filter(|factor| factor.confirmed);
    let factor = factor.ok_or_else(|| Fail::code(Code::SignInOver))?;
    let came = Came::of(&app, jar, address, &headers).await?;
    let mut tx = app.db.begin().await?;
    let still = store::users::lock_secret(&mut tx, user.id).await?;
    still.filter(|user| user.status == UserStatus::Active).ok_or_else(|| Fail::code(Code::SignInOver))?;
    let Some(by) = second_factor::take(&app, &mut tx, &tried, user.id, &factor, &given.code, now).await? else {
        drop(tx);
        turned_away(&app, address, &user.email, Some(user.id), "wrong_code").await?;
        return Err(Fail::code(Code::WrongCode));
    };
    tried.was_right(&mut tx).await?;
    if !store::second_factors::use_challenge(&mut tx, &hash).await? {
        return Err(Fail::code(Code::SignInOver));
    }
    let_in(&app, tx, came, (user.id, &user.name), json!({ "by": by })).await
}

/// Whether I have a second factor.
#[utoipa::path(get, path = "/me/second-factor", tag = "account", responses((status = 200, body = FactorState)))]
pub async fn state(State(app): State<App>, caller: Caller) -> Result<Json<FactorState>, Fail> {
    let factor = store::second_factors::get(&app.db, caller.id).await?.filter(|factor| factor.confirmed);
    Ok(Json(FactorState { on: factor.is_some(), recovery_codes: factor.map_or(0, |factor| factor.codes) }))
}

/// Gives me a secret for my app. It does not count before I have confirmed it with a code.
#[utoipa::path(post, path = "/me/second-factor", tag = "account", responses((status = 201, body = FactorStarted)))]
pub async fn start(State(app): State<App>, caller: RecentCaller) -> Result<(StatusCode, Json<FactorStarted>), Fail> {
    let secret = second_factor::fresh(&app);
    let sealed = app.seal_secret(&Place::CodeApp(caller.id), &secret)?;
    let account = settings(&app).await?.name;
    let mut tx = app.db.begin().await?;
    if !store::second_factors::start(&mut tx, caller.id, &sealed).await? {
        return Err(Fail::code(Code::SecondFactorOn));
    }
    tx.commit().await?;
    let uri = second_factor::uri(&secret, &account, &caller.email);
    let picture = second_factor::picture(&uri);
    Ok((StatusCode::CREATED, Json(FactorStarted { secret, uri, picture })))
}

/// Lets the secret count from now on, because my app shows the right code. The recovery codes are shown this once.
#[utoipa::path(post, path = "/me/second-factor/confirm", tag = "account", request_body = ConfirmFactor, responses((status = 200, body = RecoveryCodes)))]
pub async fn confirm(
    State(app): State<App>,
    caller: RecentCaller,
    Body(given): Body<ConfirmFactor>,
) -> Result<Json<RecoveryCodes>, Fail> {
    if !app.throttle.allow_code(caller.id) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let factor = store::second_factors::get(&app.db, caller.id).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    if factor.confirmed {
        return Err(Fail::code(Code::SecondFactorOn));
    }
    let now = app.clock.now();
    let secret = app.open_secret(&Place::CodeApp(caller.id), &factor.secret)?;
    let step = second_factor::step(&secret, &given.code, now).ok_or_else(|| Fail::code(Code::WrongCode))?;
    let mut tx = app.db.begin().await?;
    if !store::second_factors::confirm(&mut tx, caller.id, &factor.secret, now, step).await? {
        return Err(Fail::code(Code::WrongCode));
    }
    let codes = fresh_codes(&app, &mut tx, caller.id).await?;
    app.commit(tx, &[Event::new("second_factor_set", caller.actor(), Some(caller.id), json!({}))]).await?;
    Ok(Json(codes))
}

/// Gives me new recovery codes; those of before are void. It takes my password or a code.
#[utoipa::path(post, path = "/me/second-factor/recovery-codes", tag = "account", request_body = Proof, responses((status = 200, body = RecoveryCodes)))]
pub async fn renew_codes(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<Proof>,
) -> Result<Json<RecoveryCodes>, Fail> {
    let mut tx = proven(&app, &caller, &given).await?;
    let codes = fresh_codes(&app, &mut tx, caller.id).await?;
    app.commit(tx, &[Event::new("recovery_codes_made", caller.actor(), Some(caller.id), json!({}))]).await?;
    Ok(Json(codes))
}

/// Removes my second factor and its recovery codes. It takes my password or a code.
#[utoipa::path(post, path = "/me/second-factor/remove", tag = "account", request_body = Proof, responses((status = 204)))]
pub async fn remove(State(app): State<App>, caller: Caller, Body(given): Body<Proof>) -> Result<StatusCode, Fail> {
    let mut tx = proven(&app, &caller, &given).await?;
    if !store::second_factors::remove(&mut tx, caller.id).await? {
        return Err(Fail::code(Code::NotFound));
    }
    app.commit(tx, &[Event::new("second_factor_removed", caller.actor(), Some(caller.id), json!({}))]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the second factor, the recovery codes and the passkeys of somebody who lost them. For admins and managers it takes an
/// admin.
#[utoipa::path(delete, path = "/users/{id}/second-factor", tag = "users", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn remove_of(
    State(app): State<App>,
    caller: RecentCaller,
    Named(id): Named<UserId>,
) -> Result<StatusCode, Fail> {
    let user = super::users::whose_access(&app, &caller, id).await?;
    let mut tx = app.db.begin().await?;
    let had_app = store::second_factors::remove(&mut tx, id).await?;
    let passkeys = store::passkeys::remove_all(&mut tx, id).await?;
    if !had_app && passkeys == 0 {
        return Err(Fail::code(Code::NotFound));
    }
    let facts = json!({ "passkeys": passkeys });
    app.commit(tx, &[Event::new("second_factor_removed", caller.actor(), Some(id), facts).named(user.name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn fresh_codes(app: &App, tx: &mut Tx, user: UserId) -> Result<RecoveryCodes, Fail> {
    let recovery_codes = second_factor::recovery_codes(app);
    let hashes: Vec<_> = recovery_codes.iter().map(|code| second_factor::recovery_hash(code)).collect();
    store::second_factors::set_codes(tx, user, &hashes).await?;
    Ok(RecoveryCodes { recovery_codes })
}

/// A transaction for somebody with a second factor who showed that it is he, by his password or by a code, which is used up in it.
/// Whoever found an open browser knows neither.
async fn proven(app: &App, caller: &Caller, given: &Proof) -> Result<Tx, Fail> {
    let free = caller.address.is_none_or(|from| app.throttle.allow(from, &validate::email_key(&caller.email)));
    if !free || !app.throttle.allow_code(caller.id) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let factor = store::second_factors::get(&app.db, caller.id).await?.filter(|factor| factor.confirmed);
    let factor = factor.ok_or_else(|| Fail::code(Code::NotFound))?;
    let tried = Try::by_proof(app, caller, given).await?;
    if let Some(password) = &given.password {
        let hash = store::users::secret_of(&app.db, &caller.email).await?.and_then(|user| user.password_hash);
        if !app.passwords.verify(&tried, password, hash).await? {
            return Err(Fail::code(Code::WrongPassword));
        }
    }
    let mut tx = app.db.begin().await?;
    if let Proof { password: None, code: Some(code) } = given {
        let taken = second_factor::take(app, &mut tx, &tried, caller.id, &factor, code, app.clock.now()).await?;
        taken.ok_or_else(|| Fail::code(Code::WrongCode))?;
    }
    tried.was_right(&mut tx).await?;
    Ok(tx)
}

//! Setup, signing in and out, oneself, and one's tokens.

use crate::{
    app::App,
    auth::{
        Caller,
        caller::COOKIE,
        callers::Credential,
        secret::{self, Digest},
    },
    events::Event,
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
    },
    seats::{Actor, Door},
    store,
};
use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::{TokenId, UserId},
    people::{Role, Source, UserStatus},
    permissions::Rights,
    problem::Code,
    validate::{self, FieldError},
    wire::account::{AccountView, ChangeMe, Me, NewToken, Setup, SetupState, SignIn, TokenMade, TokenView},
};
use serde_json::json;
use std::net::SocketAddr;

/// How long a browser session lasts.
const SIGNED_IN: TimeDelta = TimeDelta::hours(12);

/// Whether the first admin is still missing, and whether whoever asks is signed in.
#[utoipa::path(get, path = "/setup", tag = "account", responses((status = 200, body = SetupState)))]
pub async fn setup_state(State(app): State<App>, caller: Result<Caller, Fail>) -> Result<Json<SetupState>, Fail> {
    let needed = store::account::get(&app.db).await?.is_none();
    Ok(Json(SetupState { needed, signed_in: caller.is_ok() }))
}

/// Creates the account and its first admin, and signs him in.
#[utoipa::path(post, path = "/setup", tag = "account", request_body = Setup, responses((status = 201, body = Me)))]
pub async fn set_up(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    jar: CookieJar,
    Body(setup): Body<Setup>,
) -> Result<(StatusCode, CookieJar, Json<Me>), Fail> {
    if store::account::get(&app.db).await?.is_some() {
        return Err(Fail::code(Code::AlreadySetUp));
    }
    if !secret::same(&setup.token, &app.setup_token) {
        return Err(Fail::code(Code::WrongSetupToken));
    }
    let (account, name, email) = checked(&setup)?;
    let now = app.clock.now();
    let hash = app.passwords.hash(&setup.password).await?;
    let rights = Rights { role: Role::Admin, billing_contact: true, ..Rights::agent() };
    let id = UserId(app.dice.id(now));
    let mut tx = app.db.begin().await?;
    if !store::account::insert(&mut tx, &account, now).await? {
        return Err(Fail::code(Code::AlreadySetUp));
    }
    let added = store::users::Added {
        id,
        name: &name,
        email: &email,
        rights: &rights,
        password_hash: &hash,
        source: Source::Manual,
    };
    store::users::insert(&mut tx, &added, now).await?;
    let (jar, cookie) = browser_session(&app, jar);
    store::credentials::insert_browser_session(&mut tx, &secret::stored(&cookie), id, now, now + SIGNED_IN).await?;
    let actor = somebody_at(peer).known_as(id, &name);
    let facts = json!({ "account": account.name, "time_zone": account.time_zone, "name": name, "email": email });
    app.commit(tx, &[Event::new("account_set_up", actor, Some(id), facts)]).await?;
    Ok((StatusCode::CREATED, jar, Json(Me { id, name, email, locale: None, rights, account })))
}

fn checked(setup: &Setup) -> Result<(AccountView, String, String), Fail> {
    let mut fields = Fields::default();
    let account = fields.check("account_name", validate::name(&setup.account_name));
    let name = fields.check("name", validate::name(&setup.name));
    let email = fields.check("email", validate::email(&setup.email));
    fields.check("password", validate::password(&setup.password));
    let zone = setup.time_zone.as_deref().unwrap_or("UTC");
    let zone = fields.check("time_zone", zone.parse::<chrono_tz::Tz>().map_err(|_| FieldError::Unknown));
    let values = account.zip(name).zip(email).zip(zone);
    let (((account, name), email), zone) = fields.all(values)?;
    Ok((AccountView { name: account, time_zone: zone.name().to_owned() }, name, email))
}

/// A cookie with a new secret, and the secret's digest.
fn browser_session(app: &App, jar: CookieJar) -> (CookieJar, Digest) {
    let secret = app.dice.secret();
    let digest = secret::digest(&secret);
    let secure = app.public_url.as_deref().is_some_and(|url| url.starts_with("https:"));
    let cookie = Cookie::build((COOKIE, secret))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .max_age(time::Duration::seconds(SIGNED_IN.num_seconds()));
    (jar.add(cookie), digest)
}

/// Signs in with e-mail and password.
#[utoipa::path(post, path = "/sign-in", tag = "account", request_body = SignIn, responses((status = 200, body = Me)))]
pub async fn sign_in(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    jar: CookieJar,
    Body(given): Body<SignIn>,
) -> Result<(CookieJar, Json<Me>), Fail> {
    if !app.throttle.allow(peer.ip(), &validate::email_key(&given.email)) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let found = store::users::secret_of(&app.db, &given.email).await?;
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let good = app.passwords.verify(&given.password, hash).await?;
    if let Some(reason) = why_not(found.as_ref(), good) {
        turned_away(&app, peer, &given.email, found.map(|user| user.id), reason).await?;
        return Err(Fail::code(Code::WrongCredentials));
    }
    let user = found.ok_or_else(|| Fail::code(Code::WrongCredentials))?;
    let now = app.clock.now();
    let (jar, cookie) = browser_session(&app, jar);
    let actor = somebody_at(peer).known_as(user.id, &user.name);
    let mut tx = app.db.begin().await?;
    store::credentials::insert_browser_session(&mut tx, &secret::stored(&cookie), user.id, now, now + SIGNED_IN)
        .await?;
    store::users::seen(&mut tx, user.id, now).await?;
    app.commit(tx, &[Event::new("signed_in", actor, Some(user.id), json!({}))]).await?;
    let known = store::credentials::caller(&app.db, &Credential::Cookie(cookie), now).await?;
    let known = known.ok_or_else(|| Fail::code(Code::WrongCredentials))?;
    Ok((jar, Json(me_of(&app, known.caller).await?)))
}

/// Somebody in a browser who has not said who he is.
fn somebody_at(peer: SocketAddr) -> Actor {
    Actor { id: None, name: None, door: Door::App, address: Some(peer.ip().to_canonical()) }
}

/// Why somebody is turned away. Only the log is told: whoever asks must not learn which e-mail addresses are known.
fn why_not(found: Option<&store::users::Secret>, good: bool) -> Option<&'static str> {
    match found {
        None => Some("unknown_email"),
        Some(_) if !good => Some("wrong_password"),
        Some(user) if user.status != UserStatus::Active => Some("suspended"),
        Some(_) => None,
    }
}

/// Writes down that somebody was turned away. What is no e-mail address is left out: it may be a password in the wrong field.
async fn turned_away(
    app: &App,
    peer: SocketAddr,
    email: &str,
    user: Option<UserId>,
    reason: &'static str,
) -> Result<(), Fail> {
    let event = Event::new("sign_in_failed", somebody_at(peer), user, json!({ "reason": reason }));
    let event = match validate::email(email) {
        Ok(email) => event.named(email),
        Err(_) => event,
    };
    let tx = app.db.begin().await?;
    Ok(app.commit(tx, &[event]).await?)
}

/// Ends the browser session. Doing it again does no harm.
#[utoipa::path(post, path = "/sign-out", tag = "account", responses((status = 204)))]
pub async fn sign_out(
    State(app): State<App>,
    caller: Result<Caller, Fail>,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), Fail> {
    if let (Some(cookie), Ok(caller)) = (jar.get(COOKIE), caller) {
        let mut tx = app.db.begin().await?;
        store::credentials::delete_browser_session(&mut tx, &secret::hash(cookie.value())).await?;
        app.commit(tx, &[Event::new("signed_out", caller.actor(), Some(caller.id), json!({}))]).await?;
    }
    let gone = Cookie::build((COOKIE, "")).path("/").http_only(true).same_site(SameSite::Strict);
    Ok((StatusCode::NO_CONTENT, jar.remove(gone)))
}

/// Who I am and what I may.
#[utoipa::path(get, path = "/me", tag = "account", responses((status = 200, body = Me)))]
pub async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, Fail> {
    Ok(Json(me_of(&app, caller).await?))
}

async fn me_of(app: &App, caller: Caller) -> Result<Me, Fail> {
    let account = store::account::get(&app.db).await?.ok_or_else(|| Fail::code(Code::NotFound))?;
    let Caller { id, name, email, locale, rights, .. } = caller;
    Ok(Me { id, name, email, locale, rights, account })
}

/// Changes my language.
#[utoipa::path(patch, path = "/me", tag = "account", request_body = ChangeMe, responses((status = 200, body = Me)))]
pub async fn change_me(
    State(app): State<App>,
    mut caller: Caller,
    Body(change): Body<ChangeMe>,
) -> Result<Json<Me>, Fail> {
    if let Some(locale) = change.locale.filter(|locale| caller.locale != Some(*locale)) {
        let mut tx = app.db.begin().await?;
        store::users::set_locale(&mut tx, caller.id, locale).await?;
        let facts = json!({ "changes": { "locale": [caller.locale, locale] } });
        app.commit(tx, &[Event::new("locale_changed", caller.actor(), Some(caller.id), facts)]).await?;
        caller.locale = Some(locale);
    }
    Ok(Json(me_of(&app, caller).await?))
}

/// My API tokens.
#[utoipa::path(get, path = "/tokens", tag = "account", responses((status = 200, body = Vec<TokenView>)))]
pub async fn tokens(State(app): State<App>, caller: Caller) -> Result<Json<Vec<TokenView>>, Fail> {
    Ok(Json(store::credentials::tokens_of(&app.db, caller.id).await?))
}

/// Makes an API token. Its secret is shown this once.
#[utoipa::path(post, path = "/tokens", tag = "account", request_body = NewToken, responses((status = 201, body = TokenMade)))]
pub async fn make_token(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<NewToken>,
) -> Result<(StatusCode, Json<TokenMade>), Fail> {
    let mut fields = Fields::default();
    let name = fields.check("name", validate::name(&wanted.name));
    let days = fields.check("days", validate::within(wanted.days, 1, 365));
    let (name, days) = fields.all(name.zip(days))?;
    let (now, secret) = (app.clock.now(), app.dice.secret());
    let expires_at = now + TimeDelta::days(days);
    let token = TokenView { id: TokenId(app.dice.id(now)), name, created_at: now, expires_at };
    let mut tx = app.db.begin().await?;
    store::credentials::insert_token(&mut tx, caller.id, &token, &secret::hash(&secret)).await?;
    let event = Event::new("token_made", caller.actor(), Some(caller.id), json!({ "expires_at": expires_at }));
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

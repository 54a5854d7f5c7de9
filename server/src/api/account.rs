//! Setup, signing in and out, and oneself.

use crate::{
    app::App,
    auth::{
        Caller, NewPassword,
        callers::Credential,
        second_factor,
        secret::{self, Digest},
        sign_in,
        tries::{self, Tried, Try},
    },
    db::Tx,
    events::Event,
    http::{
        browser,
        client::Address,
        cookies::Purpose,
        extract::Body,
        problem::{Fail, Fields},
    },
    seats::{Actor, Door},
    store::{self, credentials::Started},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use axum_extra::extract::CookieJar;
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::{SignInId, UserId},
    people::{Role, Source, UserStatus},
    permissions::Rights,
    problem::Code,
    validate::{self, FieldError},
    wire::{
        account::{AccountView, ChangeMe, Me, Setup, SetupState, SignIn},
        second_factor::{SecondFactorNeeded, SignedIn},
    },
};
use serde_json::json;
use std::net::IpAddr;

/// Whether the first admin is still missing, and whether whoever asks is signed in.
#[utoipa::path(get, path = "/setup", tag = "account", security(()), responses((status = 200, body = SetupState)))]
pub async fn setup_state(State(app): State<App>, caller: Result<Caller, Fail>) -> Result<Json<SetupState>, Fail> {
    let needed = store::account::get(&app.db).await?.is_none();
    Ok(Json(SetupState { needed, signed_in: caller.is_ok(), mails: app.mailer.is_some() }))
}

/// Creates the account and its first admin, and signs him in.
#[utoipa::path(post, path = "/setup", tag = "account", security(()), request_body = Setup, responses((status = 201, body = Me)))]
pub async fn set_up(
    State(app): State<App>,
    Address(address): Address,
    agent: HeaderMap,
    jar: CookieJar,
    Body(setup): Body<Setup>,
) -> Result<(StatusCode, CookieJar, Json<Me>), Fail> {
    if store::account::get(&app.db).await?.is_some() {
        return Err(Fail::code(Code::AlreadySetUp));
    }
    if !app.throttle.allow_setup(address) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    if !secret::same(&setup.token, &app.setup_token) {
        return Err(Fail::code(Code::WrongSetupToken));
    }
    let (account, name, email, password) = checked(&setup)?;
    let now = app.clock.now();
    let hash = app.passwords.hash(&password).await?;
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
        password_hash: Some(&hash),
        source: Source::Manual,
    };
    store::users::insert(&mut tx, &added, now).await?;
    let (jar, _, started) = browser_session(&app, jar, &account, address, &agent);
    let actor = somebody_at(address).known_as(id, &name);
    let facts = json!({ "account": account.name, "time_zone": account.time_zone, "name": name, "email": email });
    let events = sign_in::start(&mut tx, (id, actor), &started, ("account_set_up", facts), now).await?;
    app.commit(tx, &events).await?;
    Ok((
        StatusCode::CREATED,
        jar,
        Json(Me { id, name, email, locale: None, rights, account, needs_second_factor: false }),
    ))
}

fn checked(setup: &Setup) -> Result<(AccountView, String, String, NewPassword), Fail> {
    let mut fields = Fields::default();
    let account = fields.check("account_name", validate::name(&setup.account_name));
    let name = fields.check("name", validate::name(&setup.name));
    let email = fields.check("email", validate::email(&setup.email));
    let known = [setup.name.as_str(), &setup.email, &setup.account_name];
    let password = fields.check("password", NewPassword::checked(&setup.password, validate::MIN_PASSWORD, &known));
    let zone = setup.time_zone.as_deref().unwrap_or("UTC");
    let zone = fields.check("time_zone", zone.parse::<chrono_tz::Tz>().map_err(|_| FieldError::Unknown));
    let values = account.zip(name).zip(email).zip(zone).zip(password);
    let ((((account, name), email), zone), password) = fields.all(values)?;
    Ok((AccountView::new(account, zone.name().to_owned()), name, email, password))
}

/// A cookie with a new secret, the secret's digest, and what is stored of it.
pub(super) fn browser_session(
    app: &App,
    jar: CookieJar,
    account: &AccountView,
    address: IpAddr,
    headers: &HeaderMap,
) -> (CookieJar, Digest, Started) {
    let (secret, now) = (app.dice.secret(), app.clock.now());
    let digest = secret::digest(&secret);
    let lasts = TimeDelta::minutes(account.session_minutes);
    let mut cookie = Purpose::SignIn.cookie(app, secret);
    cookie.set_max_age(time::Duration::seconds(lasts.num_seconds()));
    let (jar, device) = tries::device(app, jar);
    let said = headers.get(header::USER_AGENT).and_then(|said| said.to_str().ok());
    let started = Started {
        id: SignInId(app.dice.id(now)),
        hash: secret::stored(&digest),
        browser: said.and_then(browser::named),
        address: address.to_string(),
        until: now + lasts,
        replaces: Purpose::SignIn.of(app, &jar).map(secret::hash),
        device,
    };
    (jar.add(cookie), digest, started)
}

/// Signs in with e-mail and password. With 202 one is not signed in yet: a second factor is needed, too.
#[utoipa::path(post, path = "/sign-in", tag = "account", security(()), request_body = SignIn, responses((status = 200, body = Me), (status = 202, body = SecondFactorNeeded)))]
pub async fn sign_in(
    State(app): State<App>,
    Address(address): Address,
    agent: HeaderMap,
    jar: CookieJar,
    Body(given): Body<SignIn>,
) -> Result<(StatusCode, CookieJar, Json<SignedIn>), Fail> {
    let key = validate::email_key(&given.email);
    if !app.throttle.allow(address, &key) {
        return Err(Fail::code(Code::TooManyRequests));
    }
    let tried = Try::in_browser(&app, Tried::Password(&key), &key, &jar).await?;
    let found = store::users::secret_of(&app.db, &given.email).await?;
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let good = app.passwords.verify(&tried, &given.password, hash).await?;
    if let Some(reason) = why_not(found.as_ref(), good) {
        turned_away(&app, address, &given.email, found.map(|user| user.id), reason).await?;
        return Err(Fail::code(Code::WrongCredentials));
    }
    let user = found.ok_or_else(|| Fail::code(Code::WrongCredentials))?;
    if !may_do_without_a_provider(&app, user.id).await? {
        turned_away(&app, address, &given.email, Some(user.id), "passwords_off").await?;
        return Err(Fail::code(Code::PasswordsOff));
    }
    let held = store::second_factors::held(&app.db, user.id).await?;
    let came = Came::of(&app, jar, address, &agent).await?;
    let mut tx = app.db.begin().await?;
    // Checking the password has taken its time.
    let now = store::users::lock_secret(&mut tx, user.id).await?;
    let same = now.as_ref().is_some_and(|now| now.password_hash == user.password_hash);
    if let Some(reason) = why_not(now.as_ref(), same) {
        drop(tx);
        turned_away(&app, address, &given.email, Some(user.id), reason).await?;
        return Err(Fail::code(Code::WrongCredentials));
    }
    tried.was_right(&mut tx).await?;
    if held.is_needed() {
        let needed = second_factor::ask(&app, tx, user.id, held).await?;
        return Ok((StatusCode::ACCEPTED, came.jar, Json(SignedIn::Half(needed))));
    }
    let (jar, Json(me)) = let_in(&app, tx, came, (user.id, &user.name), json!({})).await?;
    Ok((StatusCode::OK, jar, Json(SignedIn::Done(Box::new(me)))))
}

/// A browser that asks to be let in.
pub(super) struct Came<'a> {
    /// Its cookies.
    pub jar: CookieJar,
    /// From where.
    pub address: IpAddr,
    /// What it says of itself.
    pub headers: &'a HeaderMap,
    /// How long it may stay.
    account: AccountView,
}

impl<'a> Came<'a> {
    /// Asked before the transaction: whoever holds one connection must not wait for another.
    pub async fn of(app: &App, jar: CookieJar, address: IpAddr, headers: &'a HeaderMap) -> Result<Self, Fail> {
        Ok(Self { jar, address, headers, account: settings(app).await? })
    }
}

/// Signs somebody in who has shown all that it takes, in this transaction. The facts go into the log.
pub(super) async fn let_in(
    app: &App,
    mut tx: Tx,
    Came { jar, address, headers, account }: Came<'_>,
    (user, name): (UserId, &str),
    facts: serde_json::Value,
) -> Result<(CookieJar, Json<Me>), Fail> {
    let now = app.clock.now();
    let (jar, cookie, started) = browser_session(app, jar, &account, address, headers);
    let actor = somebody_at(address).known_as(user, name);
    let events = sign_in::start(&mut tx, (user, actor), &started, ("signed_in", facts), now).await?;
    store::users::seen(&mut tx, user, now).await?;
    app.commit(tx, &events).await?;
    let known = store::credentials::caller(&app.db, &Credential::Cookie(cookie), now).await?;
    let known = known.ok_or_else(|| Fail::code(Code::WrongCredentials))?;
    Ok((jar, Json(me_of(app, known.caller).await?)))
}

/// Somebody in a browser who has not said who he is.
pub(super) fn somebody_at(address: IpAddr) -> Actor {
    Actor { id: None, name: None, door: Door::App, address: Some(address) }
}

/// Whether a user may sign in with a password or a passkey. Where passwords are off, that is the emergency access; if that does not work, because
/// he is no active admin any more, all admins may: nobody must be locked out of his own server.
pub(super) async fn may_do_without_a_provider(app: &App, user: UserId) -> Result<bool, Fail> {
    let rules = store::providers::rules(&app.db).await?;
    match rules.emergency {
        _ if !rules.providers_only => Ok(true),
        Some(emergency) if emergency.works => Ok(emergency.id == user),
        _ => Ok(store::providers::role(&app.db, user).await? == Some(Role::Admin)),
    }
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
pub(super) async fn turned_away(
    app: &App,
    address: IpAddr,
    email: &str,
    user: Option<UserId>,
    reason: &'static str,
) -> Result<(), Fail> {
    let event = Event::new("sign_in_failed", somebody_at(address), user, json!({ "reason": reason }));
    let event = match validate::email(email) {
        Ok(email) => event.named(email),
        Err(_) => event,
    };
    let tx = app.db.begin().await?;
    Ok(app.commit(tx, &[event]).await?)
}

/// Ends the browser session. Doing it again does no harm.
#[utoipa::path(post, path = "/sign-out", tag = "account", security(()), responses((status = 204)))]
pub async fn sign_out(
    State(app): State<App>,
    caller: Result<Caller, Fail>,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), Fail> {
    if let (Some(cookie), Ok(caller)) = (Purpose::SignIn.of(&app, &jar), caller) {
        let mut tx = app.db.begin().await?;
        let whose = store::credentials::delete_browser_session(&mut tx, &secret::hash(cookie)).await?;
        if whose.is_some() {
            app.commit(tx, &[Event::new("signed_out", caller.actor(), whose, json!({}))]).await?;
        }
    }
    let gone = Purpose::SignIn.cookie(&app, String::new());
    Ok((StatusCode::NO_CONTENT, jar.remove(gone)))
}

/// Who I am and what I may.
#[utoipa::path(get, path = "/me", tag = "account", responses((status = 200, body = Me)))]
pub async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, Fail> {
    Ok(Json(me_of(&app, caller).await?))
}

async fn me_of(app: &App, caller: Caller) -> Result<Me, Fail> {
    let account = settings(app).await?;
    let Caller { id, name, email, locale, rights, needs_second_factor, .. } = caller;
    Ok(Me { id, name, email, locale, rights, account, needs_second_factor })
}

/// The account with its settings.
pub(super) async fn settings(app: &App) -> Result<AccountView, Fail> {
    store::account::get(&app.db).await?.ok_or_else(|| Fail::code(Code::NotFound))
}

/// Changes my name and my language.
#[utoipa::path(patch, path = "/me", tag = "account", request_body = ChangeMe, responses((status = 200, body = Me)))]
pub async fn change_me(
    State(app): State<App>,
    mut caller: Caller,
    Body(change): Body<ChangeMe>,
) -> Result<Json<Me>, Fail> {
    let mut fields = Fields::default();
    let name = change.name.as_deref().map(|name| fields.check("name", validate::name(name)));
    let name = fields.all(Some(name.flatten()))?.filter(|name| *name != caller.name);
    let locale = change.locale.filter(|locale| caller.locale != Some(*locale));
    let (actor, mut events) = (caller.actor(), Vec::new());
    let mut tx = app.db.begin().await?;
    if let Some(name) = name {
        store::users::set_name(&mut tx, caller.id, &name).await?;
        let facts = json!({ "changes": { "name": [caller.name, name] } });
        events.push(Event::new("user_changed", actor.clone(), Some(caller.id), facts).named(&caller.name));
        caller.name = name;
    }
    if let Some(locale) = locale {
        store::users::set_locale(&mut tx, caller.id, locale).await?;
        let facts = json!({ "changes": { "locale": [caller.locale, locale] } });
        events.push(Event::new("locale_changed", actor, Some(caller.id), facts));
        caller.locale = Some(locale);
    }
    if events.is_empty() {
        drop(tx);
    } else {
        app.commit(tx, &events).await?;
    }
    Ok(Json(me_of(&app, caller).await?))
}

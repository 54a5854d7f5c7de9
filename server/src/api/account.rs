//! Setup, sign-in with a password, sign-out, and the caller's own account.

use crate::{
    app::App,
    auth::{
        Caller, NewPassword,
        attempt_limit::{Attempt, AttemptedSecret},
        second_factor,
        secret::{self, Digest},
        sign_in,
    },
    caller::Credential,
    db::Tx,
    events::Event,
    http::{
        client_ip::ClientIp,
        cookies::Purpose,
        extract::ValidJson,
        problem::{ApiError, FieldErrors},
        user_agent,
    },
    seats::Actor,
    store::{self, credentials::NewBrowserSession, users::EditableUser},
    user_changes,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use axum_extra::extract::CookieJar;
use chrono::TimeDelta;
use seatkeeper_shared::{
    audit::{EventData, Origin, SignInFailureReason, SignInMethod, changes::LocaleChanges},
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
use std::net::IpAddr;

/// Whether the account must still be set up, and whether the caller is signed in.
#[utoipa::path(get, path = "/setup", tag = "account", security(()), responses((status = 200, body = SetupState)))]
pub async fn setup_state(
    State(app): State<App>,
    caller: Result<Caller, ApiError>,
) -> Result<Json<SetupState>, ApiError> {
    let needed = store::account::get(&app.db).await?.is_none();
    Ok(Json(SetupState { needed, signed_in: caller.is_ok(), mails: app.password_links.mailer.is_some() }))
}

/// Creates the account and its first admin, and signs the admin in.
#[utoipa::path(
    post, path = "/setup", tag = "account", security(()),
    request_body = Setup,
    responses((status = 201, body = Me)),
)]
pub async fn set_up(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    headers: HeaderMap,
    jar: CookieJar,
    ValidJson(setup): ValidJson<Setup>,
) -> Result<(StatusCode, CookieJar, Json<Me>), ApiError> {
    if store::account::get(&app.db).await?.is_some() {
        return Err(ApiError::new(Code::AlreadySetUp));
    }
    if !app.throttle.allow_setup_token(address) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    if !secret::constant_time_eq(&setup.token, &app.setup_token) {
        return Err(ApiError::new(Code::WrongSetupToken));
    }
    let (account, name, email, password) = validate_setup(&setup)?;
    let now = app.clock.now();
    let hash = app.passwords.hash(&password).await?;
    let rights = Rights { role: Role::Admin, billing_contact: true, ..Rights::agent() };
    let id = UserId(app.random.id(now));
    let mut tx = app.db.begin().await?;
    if !store::account::insert(&mut tx, &account, now).await? {
        return Err(ApiError::new(Code::AlreadySetUp));
    }
    let added = store::users::UserToAdd {
        id,
        name: &name,
        email: &email,
        rights: &rights,
        status: UserStatus::Active,
        password_hash: Some(&hash),
        source: Source::Manual,
    };
    store::users::insert(&mut tx, &added, now).await?;
    let (jar, _, started) = new_browser_session(&app, jar, &account, address, &headers);
    let actor = anonymous_actor(address).identified_as(id, &name);
    let (of, time_zone) = (account.name.clone(), account.time_zone.clone());
    let data = EventData::AccountSetUp { account: of, time_zone, name: name.clone(), email: email.clone() };
    let events = sign_in::start(&mut tx, (id, actor), &started, data, now).await?;
    app.commit(tx, &events).await?;
    Ok((
        StatusCode::CREATED,
        jar,
        Json(Me { id, name, email, locale: None, rights, account, needs_second_factor: false }),
    ))
}

fn validate_setup(setup: &Setup) -> Result<(AccountView, String, String, NewPassword), ApiError> {
    let mut fields = FieldErrors::default();
    let account = fields.check("account_name", validate::name(&setup.account_name));
    let name = fields.check("name", validate::name(&setup.name));
    let email = fields.check("email", validate::email(&setup.email));
    let known = [setup.name.as_str(), &setup.email, &setup.account_name];
    let password =
        fields.check("password", NewPassword::checked(&setup.password, validate::DEFAULT_PASSWORD_MIN, &known));
    let zone = setup.time_zone.as_deref().unwrap_or("UTC");
    let zone = fields.check("time_zone", zone.parse::<chrono_tz::Tz>().map_err(|_| FieldError::Unknown));
    let values = account.zip(name).zip(email).zip(zone).zip(password);
    let ((((account, name), email), zone), password) = fields.finish(values)?;
    Ok((AccountView::new(account, zone.name().to_owned()), name, email, password))
}

/// Creates a session secret. Returns the cookies with it, its digest, and the session to store.
pub(super) fn new_browser_session(
    app: &App,
    jar: CookieJar,
    account: &AccountView,
    address: IpAddr,
    headers: &HeaderMap,
) -> (CookieJar, Digest, NewBrowserSession) {
    let (secret, now) = (app.random.secret(), app.clock.now());
    let digest = secret::digest(&secret);
    let lasts = TimeDelta::minutes(account.session_minutes);
    let mut cookie = Purpose::SignIn.cookie(app, secret);
    cookie.set_max_age(time::Duration::seconds(lasts.num_seconds()));
    let (jar, device) = crate::http::cookies::device_cookie(app, jar);
    let user_agent_text = headers.get(header::USER_AGENT).and_then(|user_agent_text| user_agent_text.to_str().ok());
    let started = NewBrowserSession {
        id: SignInId(app.random.id(now)),
        hash: secret::encode_digest(&digest),
        browser: user_agent_text.and_then(user_agent::browser_and_system),
        address: address.to_string(),
        expires_at: now + lasts,
        replaces: Purpose::SignIn.of(app, &jar).map(secret::hash),
        device,
    };
    (jar.add(cookie), digest, started)
}

/// Signs in with e-mail address and password. After a 202 response, a second factor is required.
#[utoipa::path(
    post, path = "/sign-in", tag = "account", security(()),
    request_body = SignIn,
    responses((status = 200, body = Me), (status = 202, body = SecondFactorNeeded)),
)]
pub async fn sign_in(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    headers: HeaderMap,
    jar: CookieJar,
    ValidJson(given): ValidJson<SignIn>,
) -> Result<(StatusCode, CookieJar, Json<SignedIn>), ApiError> {
    let key = validate::email_key(&given.email);
    if !app.throttle.allow_password(address, &key) {
        return Err(ApiError::new(Code::TooManyRequests));
    }
    let attempt =
        Attempt::in_browser(&app.journal, AttemptedSecret::Password(&key), &key, Purpose::Device.of(&app, &jar))
            .await?;
    let found = store::users::password_by_email(&app.db, &given.email).await?;
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let password_matches = app.passwords.verify(&attempt, &given.password, hash).await?;
    if let Some(reason) = refusal_reason(found.as_ref(), password_matches) {
        record_failed_sign_in(&app, address, &given.email, found.map(|user| user.id), reason).await?;
        return Err(ApiError::new(Code::WrongCredentials));
    }
    let user = found.ok_or_else(|| ApiError::new(Code::WrongCredentials))?;
    if !may_use_local_sign_in(&app, user.id).await? {
        record_failed_sign_in(&app, address, &given.email, Some(user.id), SignInFailureReason::PasswordsOff).await?;
        return Err(ApiError::new(Code::PasswordsOff));
    }
    let held = store::second_factors::of_user(&app.db, user.id).await?;
    let browser = BrowserSignIn::of(&app, jar, address, &headers).await?;
    let mut tx = app.db.begin().await?;
    // The user may have changed while the password was verified.
    let now = store::users::lock_password(&mut tx, user.id).await?;
    let same = now.as_ref().is_some_and(|now| now.password_hash == user.password_hash);
    if let Some(reason) = refusal_reason(now.as_ref(), same) {
        drop(tx);
        record_failed_sign_in(&app, address, &given.email, Some(user.id), reason).await?;
        return Err(ApiError::new(Code::WrongCredentials));
    }
    attempt.refund(&mut tx).await?;
    if held.is_needed() {
        let needed = second_factor::create_challenge((&app.random, app.clock.now()), tx, user.id, held).await?;
        return Ok((StatusCode::ACCEPTED, browser.jar, Json(SignedIn::NeedsSecondFactor(needed))));
    }
    let (jar, Json(me)) = complete_sign_in(&app, tx, browser, (user.id, &user.name), None).await?;
    Ok((StatusCode::OK, jar, Json(SignedIn::Done(Box::new(me)))))
}

pub(super) struct BrowserSignIn<'a> {
    pub jar: CookieJar,
    pub address: IpAddr,
    pub headers: &'a HeaderMap,
    account: AccountView,
}

impl<'a> BrowserSignIn<'a> {
    /// Reads the account. Call it before a transaction, so that no connection is held while waiting for another.
    pub async fn of(app: &App, jar: CookieJar, address: IpAddr, headers: &'a HeaderMap) -> Result<Self, ApiError> {
        Ok(Self { jar, address, headers, account: account_settings(app).await? })
    }
}

/// Signs in a user who passed all checks, and commits the transaction. `by` is `None` if a password was enough.
pub(super) async fn complete_sign_in(
    app: &App,
    mut tx: Tx,
    BrowserSignIn { jar, address, headers, account }: BrowserSignIn<'_>,
    (user, name): (UserId, &str),
    by: Option<SignInMethod>,
) -> Result<(CookieJar, Json<Me>), ApiError> {
    let now = app.clock.now();
    let (jar, cookie, started) = new_browser_session(app, jar, &account, address, headers);
    let actor = anonymous_actor(address).identified_as(user, name);
    let data = EventData::SignedIn { by, provider: None };
    let events = sign_in::start(&mut tx, (user, actor), &started, data, now).await?;
    store::users::set_last_active(&mut tx, user, now).await?;
    app.commit(tx, &events).await?;
    let entry = store::credentials::caller(&app.db, &Credential::Cookie(cookie), now).await?;
    let entry = entry.ok_or_else(|| ApiError::new(Code::WrongCredentials))?;
    Ok((jar, Json(to_me(app, entry.caller).await?)))
}

/// The actor of requests by a browser that is not signed in.
pub(super) fn anonymous_actor(address: IpAddr) -> Actor {
    Actor { id: None, name: None, origin: Origin::App, address: Some(address) }
}

/// Whether a user may sign in with a password or a passkey. Where only providers are allowed, only the emergency admin
/// may. If that user is not an active admin any more, all admins may, so that no organisation is locked out of its
/// server.
pub(super) async fn may_use_local_sign_in(app: &App, user: UserId) -> Result<bool, ApiError> {
    let rules = store::providers::rules(&app.db).await?;
    match rules.emergency {
        _ if !rules.providers_only => Ok(true),
        Some(emergency) if emergency.works => Ok(emergency.id == user),
        _ => Ok(store::providers::role(&app.db, user).await? == Some(Role::Admin)),
    }
}

/// Why a sign-in is refused. Only for the audit log: the response must not reveal which e-mail addresses exist.
fn refusal_reason(found: Option<&store::users::PasswordUser>, password_matches: bool) -> Option<SignInFailureReason> {
    match found {
        None => Some(SignInFailureReason::UnknownEmail),
        Some(_) if !password_matches => Some(SignInFailureReason::WrongPassword),
        Some(user) if user.status != UserStatus::Active => Some(SignInFailureReason::Suspended),
        Some(_) => None,
    }
}

/// Records a refused sign-in in the audit log. Text that is not an e-mail address is left out: it may be a password in
/// the wrong field.
pub(super) async fn record_failed_sign_in(
    app: &App,
    address: IpAddr,
    email: &str,
    user: Option<UserId>,
    reason: SignInFailureReason,
) -> Result<(), ApiError> {
    let data =
        EventData::SignInFailed { reason, provider: None, finding: None, claim: None, setting: None, detail: None };
    let event = Event::new(data, anonymous_actor(address), user);
    let event = match validate::email(email) {
        Ok(email) => event.named(email),
        Err(_) => event,
    };
    let tx = app.db.begin().await?;
    Ok(app.commit(tx, &[event]).await?)
}

/// Ends the browser session. Idempotent.
#[utoipa::path(post, path = "/sign-out", tag = "account", security(()), responses((status = 204)))]
pub async fn sign_out(
    State(app): State<App>,
    caller: Result<Caller, ApiError>,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), ApiError> {
    if let (Some(cookie), Ok(caller)) = (Purpose::SignIn.of(&app, &jar), caller) {
        let mut tx = app.db.begin().await?;
        let whose = store::credentials::delete_browser_session(&mut tx, &secret::hash(cookie)).await?;
        if whose.is_some() {
            app.commit(tx, &[Event::new(EventData::SignedOut { replaced_by_sign_in: None }, caller.actor(), whose)])
                .await?;
        }
    }
    let gone = Purpose::SignIn.cookie(&app, String::new());
    Ok((StatusCode::NO_CONTENT, jar.remove(gone)))
}

/// The caller with their rights, and the account.
#[utoipa::path(get, path = "/me", tag = "account", responses((status = 200, body = Me)))]
pub async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, ApiError> {
    Ok(Json(to_me(&app, caller).await?))
}

async fn to_me(app: &App, caller: Caller) -> Result<Me, ApiError> {
    let account = account_settings(app).await?;
    let Caller { id, name, email, locale, rights, needs_second_factor, .. } = caller;
    Ok(Me { id, name, email, locale, rights, account, needs_second_factor })
}

/// The account's settings, or `not_found` before setup.
pub(super) async fn account_settings(app: &App) -> Result<AccountView, ApiError> {
    store::account::get(&app.db).await?.ok_or_else(|| ApiError::new(Code::NotFound))
}

/// Changes the caller's name and language.
#[utoipa::path(patch, path = "/me", tag = "account", request_body = ChangeMe, responses((status = 200, body = Me)))]
pub async fn change_me(
    State(app): State<App>,
    mut caller: Caller,
    ValidJson(change): ValidJson<ChangeMe>,
) -> Result<Json<Me>, ApiError> {
    let mut fields = FieldErrors::default();
    let name = change.name.as_deref().map(|name| fields.check("name", validate::name(name)));
    let name = fields.finish(Some(name.flatten()))?.filter(|name| *name != caller.name);
    let locale = change.locale.filter(|locale| caller.locale != Some(*locale));
    let (actor, mut events) = (caller.actor(), Vec::new());
    let mut tx = app.db.begin().await?;
    if let Some(name) = name {
        let user = user_changes::lock_only(&mut tx, caller.id).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
        let change = user.changed_to(EditableUser { name: name.clone(), ..user.before.clone() }, &actor);
        events.extend(user.make(&mut tx, change, app.clock.now()).await?);
        caller.name = name;
    }
    if let Some(locale) = locale {
        store::users::set_locale(&mut tx, caller.id, locale).await?;
        let changes = LocaleChanges { locale: Some((caller.locale, Some(locale))) };
        events.push(Event::new(EventData::LocaleChanged { changes }, actor, Some(caller.id)));
        caller.locale = Some(locale);
    }
    if events.is_empty() {
        drop(tx);
    } else {
        app.commit(tx, &events).await?;
    }
    Ok(Json(to_me(&app, caller).await?))
}

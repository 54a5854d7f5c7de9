//! The authenticated caller of a route, extracted from the session cookie or the bearer token.

use super::{caller_cache::Credential, secret};
use crate::{
    app::App,
    http::{client_ip, cookies::Purpose, problem::ApiError},
    seats::{Actor, Origin, RemovableUsers},
    store,
};
use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};
use axum_extra::extract::CookieJar;
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{SignInId, UserId},
    people::Locale,
    permissions::{Action, Rights, may},
    problem::Code,
    scope::Scope,
};
use std::{net::IpAddr, time::Instant};

/// An authenticated user, with the credential's restrictions.
#[derive(Clone, Debug)]
pub struct Caller {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub locale: Option<Locale>,
    pub rights: Rights,
    /// Which interface the request came through.
    pub origin: Origin,
    /// The client's IP address.
    pub address: Option<IpAddr>,
    /// The browser session, if the request has a session cookie.
    pub sign_in: Option<SignInId>,
    /// When the user last verified their identity by password, code, passkey or provider. Always `None` for tokens.
    pub verified_at: Option<DateTime<Utc>>,
    /// What the token may be used for.
    pub scope: Scope,
    /// Whether the user is in a browser and must set up a second factor before doing anything else.
    pub needs_second_factor: bool,
}

impl Caller {
    pub fn may(&self, action: Action) -> bool {
        may(&self.rights, action)
    }

    /// Checks that the caller may perform an action.
    ///
    /// # Errors
    /// Returns `forbidden` if the caller may not.
    pub fn require(&self, action: Action) -> Result<(), ApiError> {
        if self.may(action) { Ok(()) } else { Err(ApiError::new(Code::Forbidden)) }
    }

    /// Which users this caller may suspend and delete, given `manage_users`.
    pub fn removable_users(&self) -> RemovableUsers {
        if self.may(Action::ManageRoles) { RemovableUsers::Anybody } else { RemovableUsers::Agents }
    }

    /// The caller as the actor of audit log entries.
    pub fn actor(&self) -> Actor {
        Actor { id: Some(self.id), name: Some(self.name.clone()), origin: self.origin, address: self.address }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let admission = Admission::of(app, parts).ok_or_else(|| ApiError::new(Code::NotSignedIn))?;
        let caller = match (authenticate(app, admission.credential).await?, cookie(app, parts)) {
            // An application behind the gate may send bearer tokens of its own. Then the cookie identifies the user.
            (None, Some(cookie)) if is_gate_route(parts) => authenticate(app, cookie).await?,
            (caller, _) => caller,
        };
        let caller = caller.ok_or_else(|| ApiError::new(Code::NotSignedIn))?;
        admission.authorize(&caller)?;
        Ok(Self { address: client_ip::address(&app.trusted_proxies, parts), ..caller })
    }
}

/// Looks up the user of a credential, in the cache or in the database.
async fn authenticate(app: &App, credential: Credential) -> Result<Option<Caller>, ApiError> {
    let now = app.clock.now();
    let generation = match app.caller_cache.get(&credential, now, Instant::now()) {
        Ok(caller) => return Ok(Some(caller)),
        Err(generation) => generation,
    };
    let Some(entry) = store::credentials::caller(&app.db, &credential, now).await? else { return Ok(None) };
    app.last_used.record(credential, entry.last_used_at, now);
    app.caller_cache.insert(generation, credential, entry.clone());
    Ok(Some(entry.caller))
}

/// Whether this is a forward-auth request of a reverse proxy, or a keep-alive ping of an application behind it.
fn is_gate_route(parts: &Parts) -> bool {
    parts.extensions.get::<MatchedPath>().is_some_and(|path| path.as_str().starts_with("/gate/"))
}

/// What the authorization of a request depends on: its credential, method and route. A stream keeps it and repeats the
/// check by the same rules for as long as it is open.
#[derive(Clone, Debug)]
pub struct Admission {
    pub credential: Credential,
    is_safe: bool,
    route: Option<MatchedPath>,
}

impl Admission {
    /// The admission of this request, or `None` if the request has no credential.
    pub fn of(app: &App, parts: &Parts) -> Option<Self> {
        let route = parts.extensions.get::<MatchedPath>().cloned();
        Some(Self { credential: credential(app, parts)?, is_safe: parts.method.is_safe(), route })
    }

    /// The admission of a read that every signed-in user may perform.
    pub fn for_read(credential: Credential) -> Self {
        Self { credential, is_safe: true, route: None }
    }

    /// Checks the token's scope and the second factor requirement. Every handler gets its caller through this check.
    ///
    /// # Errors
    /// Returns `out_of_scope` if the token may not be used for this route, and `second_factor_required` if the user
    /// must set up a second factor first.
    pub fn authorize(&self, caller: &Caller) -> Result<(), ApiError> {
        let path = self.path();
        // Passing the gate takes a seat, even with a safe method.
        if !caller.scope.admits(self.is_safe && !path.starts_with("/gate/"), path) {
            return Err(ApiError::new(Code::OutOfScope));
        }
        if caller.needs_second_factor && !is_allowed_without_second_factor(path) {
            return Err(ApiError::new(Code::SecondFactorRequired));
        }
        Ok(())
    }

    /// The route's path relative to the API's base; an empty path for routes outside the API and the gate.
    fn path(&self) -> &str {
        let path = self.route.as_ref().map(MatchedPath::as_str).unwrap_or_default();
        match path.strip_prefix("/api/v1") {
            Some(below) => below,
            None if path.starts_with("/gate/") => path,
            None => "",
        }
    }
}

impl FromRequestParts<App> for Admission {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Self::of(app, parts).ok_or_else(|| ApiError::new(Code::NotSignedIn))
    }
}

/// Whether a user who must set up a second factor first may use this route: their own account, and signing out.
fn is_allowed_without_second_factor(path: &str) -> bool {
    path == "/me" || path.starts_with("/me/") || path == "/setup" || path == "/sign-out"
}

/// The bearer token if there is one, otherwise the session cookie.
fn credential(app: &App, parts: &Parts) -> Option<Credential> {
    if let Some(token) = bearer(parts) {
        return Some(Credential::Token(secret::digest(token)));
    }
    cookie(app, parts)
}

fn cookie(app: &App, parts: &Parts) -> Option<Credential> {
    let jar = CookieJar::from_headers(&parts.headers);
    Some(Credential::Cookie(secret::digest(Purpose::SignIn.of(app, &jar)?)))
}

/// The secret in the `Authorization: Bearer …` header (RFC 6750).
pub fn bearer(parts: &Parts) -> Option<&str> {
    let header = parts.headers.get(axum::http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

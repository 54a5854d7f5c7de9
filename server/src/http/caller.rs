//! Extracts the caller of a route from the session cookie or the bearer token.

use super::{client_ip, cookies::Purpose, problem::ApiError};
use crate::{
    app::App,
    auth::{StreamGuard, admission::Admission, secret},
    caller::{Caller, Credential},
    store,
};
use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{HeaderMap, request::Parts},
};
use axum_extra::extract::CookieJar;
use seatkeeper_shared::problem::Code;

/// The admission of this request, or `None` if the request has no credential.
fn admission(app: &App, parts: &Parts) -> Option<Admission> {
    let route = parts.extensions.get::<MatchedPath>().cloned();
    Some(Admission::new(credential(app, parts)?, parts.method.is_safe(), route))
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let admission = admission(app, parts).ok_or_else(|| ApiError::new(Code::NotSignedIn))?;
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
    let generation = match app.caller_cache.get(&credential, now, app.clock.instant()) {
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

impl FromRequestParts<App> for Admission {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        admission(app, parts).ok_or_else(|| ApiError::new(Code::NotSignedIn))
    }
}

/// The bearer token if there is one, otherwise the session cookie.
fn credential(app: &App, parts: &Parts) -> Option<Credential> {
    if let Some(token) = bearer(&parts.headers) {
        return Some(Credential::Token(secret::digest(token)));
    }
    cookie(app, parts)
}

fn cookie(app: &App, parts: &Parts) -> Option<Credential> {
    let jar = CookieJar::from_headers(&parts.headers);
    Some(Credential::Cookie(secret::digest(Purpose::SignIn.of(app, &jar)?)))
}

/// The secret in the `Authorization: Bearer …` header (RFC 6750).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(axum::http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

impl FromRequestParts<App> for StreamGuard {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let admission = Admission::from_request_parts(parts, app).await?;
        let address = client_ip::address(&app.trusted_proxies, parts);
        Ok(Self::open((&app.streams, &app.db), &app.last_used, admission, address).await?)
    }
}

//! The caller of a route: taken from the cookie or the bearer token, so that no handler runs for a stranger.

use super::{callers::Credential, secret};
use crate::{
    app::App,
    http::{client, cookies::Purpose, problem::Fail},
    seats::{Actor, Door, Whom},
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

/// Who is asking.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// The chosen language.
    pub locale: Option<Locale>,
    /// What he may do.
    pub rights: Rights,
    /// Through which door he came.
    pub door: Door,
    /// From which address.
    pub address: Option<IpAddr>,
    /// The browser's sign-in, if he came with its cookie.
    pub sign_in: Option<SignInId>,
    /// When they last showed who they are, by password, code, passkey or provider; programs never do.
    pub verified_at: Option<DateTime<Utc>>,
    /// What his token may be used for.
    pub scope: Scope,
    /// Whether he came with a cookie and has to set up a second factor before anything else.
    pub needs_second_factor: bool,
}

impl Caller {
    /// Whether he may do this.
    pub fn may(&self, action: Action) -> bool {
        may(&self.rights, action)
    }

    /// Goes on only if he may do this.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn must(&self, action: Action) -> Result<(), Fail> {
        if self.may(action) { Ok(()) } else { Err(Fail::code(Code::Forbidden)) }
    }

    /// Whom this caller may suspend and delete, if anybody.
    pub fn whom(&self) -> Whom {
        if self.may(Action::ManageRoles) { Whom::Anybody } else { Whom::Agents }
    }

    /// For the log.
    pub fn actor(&self) -> Actor {
        Actor { id: Some(self.id), name: Some(self.name.clone()), door: self.door, address: self.address }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fail> {
        let admission = Admission::of(app, parts).ok_or_else(|| Fail::code(Code::NotSignedIn))?;
        let caller = match (known(app, admission.credential).await?, cookie(app, parts)) {
            // What an application behind the gate has its scripts send is no token of ours: then the cookie says who it is.
            (None, Some(cookie)) if is_at_gate(parts) => known(app, cookie).await?,
            (caller, _) => caller,
        };
        let caller = caller.ok_or_else(|| Fail::code(Code::NotSignedIn))?;
        admission.admit(&caller)?;
        Ok(Self { address: client::address(&app.trusted_proxies, parts), ..caller })
    }
}

/// The user with this credential.
async fn known(app: &App, credential: Credential) -> Result<Option<Caller>, Fail> {
    let now = app.clock.now();
    let ticket = match app.bell.callers.get(&credential, now, Instant::now()) {
        Ok(caller) => return Ok(Some(caller)),
        Err(ticket) => ticket,
    };
    let Some(known) = store::credentials::caller(&app.db, &credential, now).await? else { return Ok(None) };
    app.uses.note(credential, known.last_used_at, now);
    app.bell.callers.keep(ticket, credential, known.clone());
    Ok(Some(known.caller))
}

/// Whether a proxy asks about a request to an application behind it, or a page of one says that it is open.
fn is_at_gate(parts: &Parts) -> bool {
    parts.extensions.get::<MatchedPath>().is_some_and(|path| path.as_str().starts_with("/gate/"))
}

/// What decides whether a request is let in: the credential it shows, and what it is for. A stream keeps it, so that it can be asked
/// again, by the same rules, whether that request would be let in now.
#[derive(Clone, Debug)]
pub struct Admission {
    /// What the request shows to say who it comes from.
    pub credential: Credential,
    is_safe: bool,
    route: Option<MatchedPath>,
}

impl Admission {
    /// That of this request; nothing if it shows no credential.
    pub fn of(app: &App, parts: &Parts) -> Option<Self> {
        let route = parts.extensions.get::<MatchedPath>().cloned();
        Some(Self { credential: credential(app, parts)?, is_safe: parts.method.is_safe(), route })
    }

    /// That of a read that anybody who is signed in may do.
    pub fn to_read(credential: Credential) -> Self {
        Self { credential, is_safe: true, route: None }
    }

    /// Goes on only if whoever has the credential is let in with this request. Here, because no handler gets a caller in another way.
    ///
    /// # Errors
    /// `out_of_scope`, `second_factor_required`.
    pub fn admit(&self, caller: &Caller) -> Result<(), Fail> {
        let path = self.path();
        // Whoever passes the gate takes a seat, whatever the method says.
        if !caller.scope.admits(self.is_safe && !path.starts_with("/gate/"), path) {
            return Err(Fail::code(Code::OutOfScope));
        }
        if caller.needs_second_factor && !is_on_the_way(path) {
            return Err(Fail::code(Code::SecondFactorRequired));
        }
        Ok(())
    }

    /// The path of the route, below the base.
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
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fail> {
        Self::of(app, parts).ok_or_else(|| Fail::code(Code::NotSignedIn))
    }
}

/// Whether this is open to somebody who has to set up a second factor first: what is their own, and the way out.
fn is_on_the_way(path: &str) -> bool {
    path == "/me" || path.starts_with("/me/") || path == "/setup" || path == "/sign-out"
}

/// What the request shows: the token if there is one, else the cookie.
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

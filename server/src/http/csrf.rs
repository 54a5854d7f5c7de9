//! CSRF protection: writes by browsers must come from this server's own pages, by the `Origin` header.

use super::{cookies::Purpose, problem::ApiError};
use crate::{app::App, http::caller::bearer};
use axum::{
    extract::Request,
    http::{HeaderMap, header},
};
use axum_extra::extract::CookieJar;
use seatkeeper_shared::problem::Code;

/// Refuses writes from pages of other origins. Requests with a bearer token are exempt. Removes the credentials of a
/// provider's callback, which comes from another origin.
///
/// # Errors
/// Returns `wrong_origin` for a write from another page.
pub fn check_origin(app: &App, request: &mut Request) -> Result<(), ApiError> {
    if request.method().is_safe() {
        return Ok(());
    }
    if is_provider_callback(request.uri().path()) {
        remove_credentials(request);
        return Ok(());
    }
    let headers = request.headers();
    let is_allowed = bearer(headers).is_some()
        || match headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
            Some(origin) => is_own_origin(app, origin, headers),
            None => Purpose::SignIn.of(app, &CookieJar::from_headers(headers)).is_none(),
        };
    if is_allowed { Ok(()) } else { Err(ApiError::new(Code::WrongOrigin)) }
}

/// Whether this is the OpenID Connect callback, to which providers send forms from their own site.
fn is_provider_callback(path: &str) -> bool {
    let id = path.strip_prefix("/auth/oidc/").and_then(|rest| rest.strip_suffix("/callback"));
    id.is_some_and(|id| !id.contains('/'))
}

/// Removes all credentials, so that the handler has no caller.
fn remove_credentials(request: &mut Request) {
    for name in [header::COOKIE, header::AUTHORIZATION] {
        request.headers_mut().remove(name);
    }
}

/// Whether an origin is this server's: the public URL's origin; and without HTTPS also the requested host, because the
/// server may be reached by several names. The scheme must match: a page loaded by HTTP may have been tampered with on
/// the way.
fn is_own_origin(app: &App, origin: &str, headers: &HeaderMap) -> bool {
    let is_public_origin =
        app.public_url.as_deref().is_some_and(|own| own.trim_end_matches('/').eq_ignore_ascii_case(origin));
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_requested_host = || origin.strip_prefix("http://").is_some_and(|from| from.eq_ignore_ascii_case(host()));
    is_public_origin || (!app.is_https() && is_requested_host())
}

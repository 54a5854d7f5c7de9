//! What every request passes: the origin check on writes, and the headers that tell browsers what to allow.

use super::{cookies::Purpose, problem::Fail};
use crate::{app::App, auth::caller::bearer};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use seatkeeper_shared::problem::Code;

/// A write that a browser sends must come from our own pages. Programs with a token are no browsers.
pub async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    if is_sent_by_other_sites(request.uri().path()) {
        return next.run(for_nobody(request)).await;
    }
    let (parts, body) = request.into_parts();
    let good = bearer(&parts).is_some()
        || match parts.headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
            Some(origin) => is_own(&app, origin, &parts.headers),
            None => Purpose::SignIn.of(&app, &CookieJar::from_headers(&parts.headers)).is_none(),
        };
    if good { next.run(Request::from_parts(parts, body)).await } else { Fail::code(Code::WrongOrigin).into_response() }
}

/// Whether other sites send browsers to us with a form there: a provider of sign-ins with its answer.
fn is_sent_by_other_sites(path: &str) -> bool {
    let id = path.strip_prefix("/auth/oidc/").and_then(|rest| rest.strip_suffix("/callback"));
    id.is_some_and(|id| !id.contains('/'))
}

/// The request without anything that says who is asking: whatever answers it acts for nobody.
fn for_nobody(mut request: Request) -> Request {
    for name in [header::COOKIE, header::AUTHORIZATION] {
        request.headers_mut().remove(name);
    }
    request
}

/// Whether pages of this origin are ours: those at the public address; and without HTTPS those of the host that was asked, as nobody
/// can tell there whose they are. The scheme counts, since what comes by HTTP may be anybody's on the way.
fn is_own(app: &App, origin: &str, headers: &HeaderMap) -> bool {
    let is_public = app.public_url.as_deref().is_some_and(|own| own.trim_end_matches('/').eq_ignore_ascii_case(origin));
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_asked = || origin.strip_prefix("http://").is_some_and(|from| from.eq_ignore_ascii_case(host()));
    is_public || (!app.is_https() && is_asked())
}

/// For how long browsers come by HTTPS only, once they were told.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What a response may load and do that is no page of its own: nothing, also if somebody opens or frames it by itself.
const NOT_A_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// Headers for all responses, also those that no route makes.
pub fn add_headers(headers: &mut HeaderMap, is_https: bool) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOT_A_PAGE);
    // What the API says is of this moment and of this caller.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

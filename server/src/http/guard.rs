//! What every request passes: the origin check on writes, and the headers that tell browsers what to allow.

use super::problem::Fail;
use crate::{
    app::App,
    auth::caller::{COOKIE, bearer},
};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
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
    let (parts, body) = request.into_parts();
    let with_cookie = CookieJar::from_headers(&parts.headers).get(COOKIE).is_some();
    let good = bearer(&parts).is_some()
        || match parts.headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
            Some(origin) => {
                let host = parts.headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
                origin.split_once("://").is_some_and(|(_, from)| from == host)
                    || app.public_url.as_deref().is_some_and(|own| own.trim_end_matches('/') == origin)
            }
            None => !with_cookie,
        };
    if good { next.run(Request::from_parts(parts, body)).await } else { Fail::code(Code::WrongOrigin).into_response() }
}

/// Headers for all answers.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What the API says is of this moment and of this caller.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

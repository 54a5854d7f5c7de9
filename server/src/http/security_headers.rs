//! Security headers for every response.

use axum::http::{HeaderMap, HeaderValue, header};

const HSTS_ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The policy for responses that are not pages: load nothing, also if they are opened or framed directly.
const DEFAULT_CONTENT_SECURITY_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// Adds the headers. Applies to every response, including those that no route produces.
pub fn add(headers: &mut HeaderMap, is_https: bool) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS_ONE_YEAR);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(DEFAULT_CONTENT_SECURITY_POLICY);
    // API responses are specific to the caller and the moment.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

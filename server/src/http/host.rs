//! Validates the `Host` header: every request must name its host exactly once.
//!
//! If there were several, a proxy and this server could choose different ones, so such requests are refused.

use super::problem::ApiError;
use axum::http::{
    HeaderValue, Uri,
    header::HOST,
    request::Parts,
    uri::{Authority, PathAndQuery},
};
use seatkeeper_shared::problem::Code;

/// Checks the `Host` header. A URI in absolute form (RFC 9112 §3.2.2) must name the same host; it is converted to
/// origin form, so that routing need not handle it.
///
/// # Errors
/// Returns `bad_request` if the header is missing, repeated or malformed, or if the URI names another host.
pub fn check(parts: &mut Parts) -> Result<(), ApiError> {
    let bad = |detail: &str| ApiError::with_detail(Code::BadRequest, detail);
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host,
        (None, _) => return Err(bad("The header Host is missing.")),
        (Some(_), Some(_)) => return Err(bad("There is more than one header Host.")),
    };
    if !is_authority(host) {
        return Err(bad("The header Host must be a host, or a host and a port."));
    }
    let Some(authority) = parts.uri.authority() else { return Ok(()) };
    if !authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()) {
        return Err(bad("The address and the header Host name different hosts."));
    }
    let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    parts.uri = Uri::from(path);
    Ok(())
}

/// Whether a header is a host with an optional port, without user information.
fn is_authority(host: &HeaderValue) -> bool {
    !host.as_bytes().contains(&b'@') && Authority::try_from(host.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    /// The URI after the check, if the request is accepted.
    fn checked_uri(uri: &str, hosts: &[&str]) -> Option<String> {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        check(&mut parts).ok().map(|()| parts.uri.to_string())
    }

    #[test]
    fn exactly_one_valid_host_header_is_required() {
        assert_eq!(checked_uri("/a?b", &["seats.example.org"]).as_deref(), Some("/a?b"));
        assert_eq!(checked_uri("/", &["[::1]:8080"]).as_deref(), Some("/"));
        for hosts in [&[][..], &["a", "a"], &["a", "b"], &[""], &["a b"], &["user@a"], &["a/b"], &["a,b c"]] {
            assert_eq!(checked_uri("/", hosts), None, "{hosts:?}");
        }
    }

    #[test]
    fn an_absolute_uri_must_name_the_same_host() {
        assert_eq!(checked_uri("http://Seats.example.org/a?b", &["seats.example.org"]).as_deref(), Some("/a?b"));
        assert_eq!(checked_uri("http://seats.example.org", &["seats.example.org"]).as_deref(), Some("/"));
        assert_eq!(checked_uri("http://seats.example.org/", &["evil.example"]), None);
        assert_eq!(checked_uri("http://user@seats.example.org/", &["seats.example.org"]), None);
        assert_eq!(checked_uri("http://seats.example.org/", &[]), None);
    }
}

//! For which host a request is: every request says so, once, and in one way.
//!
//! What stands in two places can be read in two ways, by a proxy and by us; so it is refused instead of choosing one.

use super::problem::Fail;
use axum::http::{
    HeaderValue, Uri,
    header::HOST,
    request::Parts,
    uri::{Authority, PathAndQuery},
};
use seatkeeper_shared::problem::Code;

/// Lets a request on that names one host. An address in absolute form (RFC 9112 §3.2.2) must name the same one, and becomes an
/// ordinary one, so that nothing behind has to know of it.
///
/// # Errors
/// `bad_request`.
pub fn check(parts: &mut Parts) -> Result<(), Fail> {
    let bad = |detail: &str| Fail::detail(Code::BadRequest, detail);
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host,
        (None, _) => return Err(bad("A request names the host that it is for, in the header Host.")),
        (Some(_), Some(_)) => return Err(bad("A request has one header Host, not several.")),
    };
    if !is_authority(host) {
        return Err(bad("The header Host is not a host, or a host and a port."));
    }
    let Some(authority) = parts.uri.authority() else { return Ok(()) };
    if !authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()) {
        return Err(bad("The address and the header Host name different hosts."));
    }
    let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    parts.uri = Uri::from(path);
    Ok(())
}

/// A host with or without a port, and nobody's name in front of it.
fn is_authority(host: &HeaderValue) -> bool {
    !host.as_bytes().contains(&b'@') && Authority::try_from(host.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    /// The address that a request is left with, if it may go on.
    fn left(uri: &str, hosts: &[&str]) -> Option<String> {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        check(&mut parts).ok().map(|()| parts.uri.to_string())
    }

    #[test]
    fn one_host_is_named_once() {
        assert_eq!(left("/a?b", &["seats.example.org"]).as_deref(), Some("/a?b"));
        assert_eq!(left("/", &["[::1]:8080"]).as_deref(), Some("/"));
        for hosts in [&[][..], &["a", "a"], &["a", "b"], &[""], &["a b"], &["user@a"], &["a/b"], &["a,b c"]] {
            assert_eq!(left("/", hosts), None, "{hosts:?}");
        }
    }

    #[test]
    fn an_absolute_address_names_the_same_host() {
        assert_eq!(left("http://Seats.example.org/a?b", &["seats.example.org"]).as_deref(), Some("/a?b"));
        assert_eq!(left("http://seats.example.org", &["seats.example.org"]).as_deref(), Some("/"));
        assert_eq!(left("http://seats.example.org/", &["evil.example"]), None);
        assert_eq!(left("http://user@seats.example.org/", &["seats.example.org"]), None);
        assert_eq!(left("http://seats.example.org/", &[]), None);
    }
}

//! Parses the URL of an application from proxy headers, which may contain any bytes.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

/// The longest path with query that is kept whole, in encoded bytes. It is percent-encoded again into the URL of the
/// waiting page, which is sent in a header; nginx reads at most 4 KB of headers.
const MAX_URL_BYTES: usize = 1_200;

/// Characters to encode in a URL; `%` is not among them, because most URLs are encoded already.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// An HTTP URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host and port, as in the `Origin` header.
    pub origin: String,
    /// Path and query; begins with a slash.
    path_and_query: String,
}

impl Address {
    /// The URL, without its query or even its path if it is too long.
    pub fn shortened(&self) -> String {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        let fits = |rest: &&str| crate::normalize::percent_encode(rest).len() <= MAX_URL_BYTES;
        let rest = [self.path_and_query.as_str(), path].into_iter().find(fits).unwrap_or("/");
        format!("{}{rest}", self.origin)
    }
}

/// Parses an absolute URL.
pub fn parse(whole: &[u8]) -> Option<Address> {
    let colon = whole.windows(3).position(|part| part == b"://")?;
    let (scheme, rest) = (whole.get(..colon)?, whole.get(colon + 3..)?);
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    join(scheme, host, rest)
}

/// Builds a URL from its parts; returns `None` for a scheme other than HTTP or WebSocket, or an invalid host.
pub fn join(scheme: &[u8], host: &[u8], rest: &[u8]) -> Option<Address> {
    // Traefik sends the WebSocket schemes; the application's pages use the HTTP ones.
    let (scheme, port) = match scheme.to_ascii_lowercase().as_slice() {
        b"https" | b"wss" => ("https", ":443"),
        b"http" | b"ws" => ("http", ":80"),
        _ => return None,
    };
    let host = std::str::from_utf8(host).ok()?.to_ascii_lowercase();
    let is_host_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_host_char) {
        return None;
    }
    let host = host.strip_suffix(port).unwrap_or(&host);
    let fragment = rest.iter().position(|byte| *byte == b'#').unwrap_or(rest.len());
    let rest = percent_encode(rest.get(..fragment)?, ENCODED).to_string();
    let rest = match rest.chars().next() {
        Some('/') => rest,
        Some('?') => format!("/{rest}"),
        _ => "/".to_owned(),
    };
    Some(Address { origin: format!("{scheme}://{host}"), path_and_query: rest })
}

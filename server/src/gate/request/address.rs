//! The address of an application, made of what a proxy tells in headers: any bytes.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

/// The longest address that is kept whole. It is encoded once more into the address of the waiting page, which stands in a
/// header; nginx reads no more than 4 KB of them.
const MAX_URL_BYTES: usize = 1_200;

/// What must not stand in an address as it is; `%` stays, because most of it is encoded already.
const ODD: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// An address of the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host and port, as browsers write them in `Origin`.
    pub origin: String,
    /// What follows; begins with a slash.
    rest: String,
}

impl Address {
    /// The address; without its query, or without its path too, if it is too long.
    pub fn shortened(&self) -> String {
        let path = self.rest.split('?').next().unwrap_or_default();
        let fits = |rest: &&str| crate::text::encoded(rest).len() <= MAX_URL_BYTES;
        let rest = [self.rest.as_str(), path].into_iter().find(fits).unwrap_or("/");
        format!("{}{rest}", self.origin)
    }
}

/// Reads a whole address.
pub fn parse(whole: &[u8]) -> Option<Address> {
    let colon = whole.windows(3).position(|part| part == b"://")?;
    let (scheme, rest) = (whole.get(..colon)?, whole.get(colon + 3..)?);
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    join(scheme, host, rest)
}

/// Puts an address together; nothing if the scheme is none of the web's, or if the host is no host.
pub fn join(scheme: &[u8], host: &[u8], rest: &[u8]) -> Option<Address> {
    // Traefik tells the schemes of WebSockets; pages of the same application have the others.
    let (scheme, port) = match scheme.to_ascii_lowercase().as_slice() {
        b"https" | b"wss" => ("https", ":443"),
        b"http" | b"ws" => ("http", ":80"),
        _ => return None,
    };
    let host = std::str::from_utf8(host).ok()?.to_ascii_lowercase();
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(sign) {
        return None;
    }
    let host = host.strip_suffix(port).unwrap_or(&host);
    let fragment = rest.iter().position(|byte| *byte == b'#').unwrap_or(rest.len());
    let rest = percent_encode(rest.get(..fragment)?, ODD).to_string();
    let rest = match rest.chars().next() {
        Some('/') => rest,
        Some('?') => format!("/{rest}"),
        _ => "/".to_owned(),
    };
    Some(Address { origin: format!("{scheme}://{host}"), rest })
}

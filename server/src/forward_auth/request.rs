//! The original request as the proxy describes it in headers: its method, its purpose and its URL.

mod address;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use std::borrow::Cow;

/// Headers with the original method: our nginx configuration sets the first, Caddy and Traefik always set the second.
const METHOD_HEADERS: [&str; 2] = ["x-original-method", "x-forwarded-method"];
/// Headers by which some frameworks let a request override its method.
const METHOD_OVERRIDE_HEADERS: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];
/// Further headers that no browser sends with a preflight.
const NON_PREFLIGHT_HEADERS: [&str; 3] = ["cookie", "authorization", "transfer-encoding"];
/// The prefix of all headers that Seatkeeper sends to applications.
const OWN_HEADER_PREFIX: &str = "x-seatkeeper";

/// The original request that the proxy received.
#[derive(Clone, Copy, Debug)]
pub struct ForwardedRequest<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
}

/// Where the user returns to once they have a seat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReturnAddress {
    /// The URL, if the proxy sent it. Not validated yet: that happens before the redirect.
    pub url: Option<String>,
    /// The original request had a body, which is lost.
    pub unsent: bool,
}

impl<'a> ForwardedRequest<'a> {
    /// Reads the original request from the proxy's subrequest.
    pub fn new(method: &'a Method, headers: &'a HeaderMap) -> Self {
        Self { method, headers }
    }

    /// Whether this is a CORS preflight (Fetch standard, §4.8), which browsers send without credentials.
    ///
    /// A client can send the method headers too. So all of them must agree, and they count only if the proxy is known
    /// to overwrite one of them (`from_proxy`).
    pub fn is_preflight(&self, from_proxy: bool) -> bool {
        let has = |name: &str| self.headers.contains_key(name);
        let has_method_header = METHOD_HEADERS.iter().any(|name| self.spellings_of(name).next().is_some());
        let options = self.methods().all(|method| method == "OPTIONS") && self.methods().next().is_some();
        let unexpected = METHOD_OVERRIDE_HEADERS
            .iter()
            .chain(&NON_PREFLIGHT_HEADERS)
            .any(|name| self.spellings_of(name).next().is_some())
            || self.spellings_of("content-length").any(|length| length != "0")
            || self.names().any(|(_, canonical)| canonical.starts_with(OWN_HEADER_PREFIX));
        let is_trusted = from_proxy || !has_method_header;
        options && is_trusted && has("origin") && has("access-control-request-method") && !unexpected
    }

    /// Whether the response is not shown to the user: HEAD, OPTIONS, or a page that the browser prefetches. A client
    /// that claims this wrongly only forgoes the seat it could have had.
    pub fn is_prefetch(&self) -> bool {
        let prefetch =
            |name: &str, word: &str| self.text(name).is_some_and(|value| value.to_ascii_lowercase().contains(word));
        self.methods().any(|method| matches!(method, "HEAD" | "OPTIONS"))
            || prefetch("sec-purpose", "prefetch")
            || prefetch("purpose", "prefetch")
            || prefetch("x-moz", "prefetch")
            || prefetch("x-purpose", "preview")
    }

    /// Whether a browser shows the response as a page, so that a redirect works. Scripts, images and WebSockets cannot
    /// follow one usefully.
    pub fn is_navigation(&self) -> bool {
        let mode = self.text("sec-fetch-mode");
        match self.text("sec-fetch-dest") {
            Some(destination) => {
                mode.is_none_or(|mode| mode == "navigate") && matches!(destination, "document" | "iframe" | "frame")
            }
            None if mode.is_some() => mode == Some("navigate"),
            // Old browsers send no fetch metadata, and no browser does without TLS.
            None => self.accepts_pages() && self.text("x-requested-with").is_none() && self.text("upgrade").is_none(),
        }
    }

    /// Where to return to. A submitted form cannot be sent again: then it is the page with the form if the browser sent
    /// a referrer, and otherwise the application's start page.
    pub fn return_address(&self) -> ReturnAddress {
        let unsent = self.methods().any(|method| !matches!(method, "GET" | "HEAD" | "OPTIONS"));
        let Some(target) = self.target() else { return ReturnAddress { url: None, unsent } };
        let url = match unsent {
            false => target.shortened(),
            true => {
                let form = self.bytes("referer").and_then(address::parse).filter(|form| form.origin == target.origin);
                form.map_or_else(|| format!("{}/", target.origin), |form| form.shortened())
            }
        };
        ReturnAddress { url: Some(url), unsent }
    }

    /// The name of a header that an application could mistake for one of ours. No proxy overwrites all spellings.
    pub fn lookalike(&self) -> Option<&'a str> {
        let mut names = self.names();
        names
            .find(|(name, canonical)| name != canonical && canonical.starts_with(OWN_HEADER_PREFIX))
            .map(|(name, _)| name)
    }

    /// The names of the headers as sent, each with its canonical name.
    fn names(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        self.headers.keys().map(|name| (name.as_str(), canonical_name(name.as_str())))
    }

    /// The values of all headers that an application could read by this canonical name.
    fn spellings_of<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a HeaderValue> + use<'a, 'n> {
        self.headers.iter().filter(move |(sent, _)| canonical_name(sent.as_str()) == name).map(|(_, value)| value)
    }

    fn target(&self) -> Option<address::Address> {
        if let Some(whole) = self.bytes("x-original-url") {
            return address::parse(whole);
        }
        let first = |name| Some(self.bytes(name)?.split(|byte| *byte == b',').next()?.trim_ascii());
        let (scheme, host) = (first("x-forwarded-proto")?, first("x-forwarded-host")?);
        address::join(scheme, host, self.bytes("x-forwarded-uri").unwrap_or(b"/"))
    }

    /// The methods named by the headers; all are equal unless a client sent one of them.
    fn methods(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (request, own) = (*self, self.method.as_str());
        let named = METHOD_HEADERS
            .into_iter()
            .flat_map(move |name| request.spellings_of(name).map(|value| value.to_str().unwrap_or("?")));
        // Proxies use GET for all subrequests; one that does not names the method this way.
        named.chain(Some(own).filter(|own| *own != "GET"))
    }

    fn accepts_pages(&self) -> bool {
        let accept = self.text(header::ACCEPT.as_str()).unwrap_or_default();
        accept.split(',').any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let page = parts.next().is_some_and(|kind| matches!(kind, "text/html" | "application/xhtml+xml"));
            page && !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
        })
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        Some(self.headers.get(name)?.as_bytes())
    }
}

/// The name of a header with a hyphen for each character that is neither a letter nor a digit. CGI and WSGI replace
/// these characters with `_`, so that `X_Seatkeeper_User` and `X-Seatkeeper-User` become the same variable.
fn canonical_name(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"))
    }
}

#[cfg(test)]
mod tests;

//! The request that came to the proxy, as far as the proxy tells it: its method, what it is for, and where it wanted to go.

mod address;

use axum::http::{HeaderMap, Method, header};

/// Both headers in which proxies tell the method; nginx is told to use the first, Caddy and Traefik always set the second.
const METHODS: [&str; 2] = ["x-original-method", "x-forwarded-method"];
/// Headers in which some frameworks read another method than the request has.
const OVERRIDES: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];
/// What the names of all headers that we send to applications begin with.
const OWN_HEADERS: &str = "x-seatkeeper";

/// The request that came to the proxy.
#[derive(Clone, Copy, Debug)]
pub struct ForwardedRequest<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
}

/// Where somebody goes once there is a seat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReturnAddress {
    /// The address, if the proxy told it. It is not checked yet: that is done when somebody is sent there.
    pub url: Option<String>,
    /// The request had a body, which is lost.
    pub unsent: bool,
}

impl<'a> ForwardedRequest<'a> {
    /// What a proxy says with these headers when it asks with this method.
    pub fn new(method: &'a Method, headers: &'a HeaderMap) -> Self {
        Self { method, headers }
    }

    /// Whether this is a CORS preflight (Fetch standard, §4.8), which browsers send without credentials.
    ///
    /// A client can send the headers that tell the method, too. So all of them must agree, and they count only if the proxy
    /// is known to overwrite one (`told_by_proxy`).
    pub fn is_preflight(&self, told_by_proxy: bool) -> bool {
        let has = |name: &str| self.headers.contains_key(name);
        let told = METHODS.iter().any(|name| has(name));
        let options = self.methods().all(|method| method == "OPTIONS") && self.methods().next().is_some();
        let odd = OVERRIDES.iter().any(|name| has(name))
            || has("cookie")
            || has("authorization")
            || has("transfer-encoding")
            || self.text("content-length").is_some_and(|length| length != "0")
            || self.headers.keys().any(|name| name.as_str().starts_with(OWN_HEADERS));
        let believed = told_by_proxy || !told;
        options && believed && has("origin") && has("access-control-request-method") && !odd
    }

    /// Whether nobody looks at what this request brings: HEAD, OPTIONS, or a page that is fetched in case somebody opens it.
    /// A client that says so without need only gives up the seat that it could have had.
    pub fn is_look_ahead(&self) -> bool {
        let prefetch =
            |name: &str, word: &str| self.text(name).is_some_and(|value| value.to_ascii_lowercase().contains(word));
        self.methods().any(|method| matches!(method, "HEAD" | "OPTIONS"))
            || prefetch("sec-purpose", "prefetch")
            || prefetch("purpose", "prefetch")
            || prefetch("x-moz", "prefetch")
            || prefetch("x-purpose", "preview")
    }

    /// Whether a browser shows the answer as a page, so that it can be sent to another one. Scripts, images and WebSockets
    /// would not know what to do with that.
    pub fn is_navigation(&self) -> bool {
        let mode = self.text("sec-fetch-mode");
        match self.text("sec-fetch-dest") {
            Some(destination) => {
                mode.is_none_or(|mode| mode == "navigate") && matches!(destination, "document" | "iframe" | "frame")
            }
            None if mode.is_some() => mode == Some("navigate"),
            // Old browsers, and all of them where the application is reached without TLS, do not say.
            None => self.accepts_pages() && self.text("x-requested-with").is_none() && self.text("upgrade").is_none(),
        }
    }

    /// Where to go back to. What a form sent cannot be sent again: then it is the page with the form if the browser tells it,
    /// else the first page of the application.
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

    /// The name of a header that an application could take for one of ours: CGI and WSGI make `_` of every other sign, so that
    /// `X_Seatkeeper_User` and `X-Seatkeeper-User` become the same variable. No proxy overwrites all spellings.
    pub fn lookalike(&self) -> Option<&'a str> {
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let hyphens = |name: &str| name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let mut names = self.headers.keys().map(|name| name.as_str());
        names.find(|name| !plain(name) && hyphens(name).starts_with(OWN_HEADERS))
    }

    fn target(&self) -> Option<address::Address> {
        if let Some(whole) = self.bytes("x-original-url") {
            return address::parse(whole);
        }
        let first = |name| Some(self.bytes(name)?.split(|byte| *byte == b',').next()?.trim_ascii());
        let (scheme, host) = (first("x-forwarded-proto")?, first("x-forwarded-host")?);
        address::join(scheme, host, self.bytes("x-forwarded-uri").unwrap_or(b"/"))
    }

    /// The methods that are told; all are the same unless a client sent one of the headers.
    fn methods(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (headers, own) = (self.headers, self.method.as_str());
        let told =
            METHODS.into_iter().flat_map(|name| headers.get_all(name).iter().map(|told| told.to_str().unwrap_or("?")));
        // Proxies ask with GET for all methods; one that does not tells the method by this.
        told.chain(Some(own).filter(|own| *own != "GET"))
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

#[cfg(test)]
mod tests;

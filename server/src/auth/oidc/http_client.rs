//! HTTP requests to a provider. An admin enters its address, and its metadata names further endpoints. So requests use
//! HTTPS only, go to public addresses only (see [`crate::egress`]), follow no redirects, and limit the time and size of
//! responses.

use crate::egress::{BlockedAddress, Egress, RequestError};
use openidconnect::{
    HttpRequest, HttpResponse,
    url::{Host, Url},
};
use seatkeeper_shared::{
    validate::{FieldError, MAX_NAME_CHARS},
    wire::providers::{Finding, FindingCode},
};

/// The largest response that is read. The key sets of large providers have about 20 KiB.
const MAX_RESPONSE_BYTES: usize = 512 * 1024;
/// Admins often enter the address of the discovery document instead of the issuer.
const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// Why a request to a provider was not sent, or why it failed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Requests to this address are not allowed.
    #[error("{0} does not use HTTPS, or is on this machine")]
    Insecure(String),
    /// The address is not public.
    #[error("{0}")]
    Private(#[from] BlockedAddress),
    /// The response is a redirect.
    #[error("the provider redirects to {0}")]
    Redirects(String),
    /// The response is too large.
    #[error("the response is larger than {MAX_RESPONSE_BYTES} bytes")]
    TooLarge,
    /// The request failed.
    #[error("{0}")]
    Failed(reqwest::Error),
    /// The request could not be built.
    #[error("the request cannot be built: {0}")]
    NoRequest(String),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        BlockedAddress::of(&error).map_or(Self::Failed(error), Self::Private)
    }
}

impl From<RequestError> for FetchError {
    fn from(why: RequestError) -> Self {
        match why {
            RequestError::Blocked(blocked) => Self::Private(blocked),
            RequestError::NoTls => Self::NoRequest(why.to_string()),
        }
    }
}

impl From<&FetchError> for Finding {
    fn from(error: &FetchError) -> Self {
        let (code, detail) = match error {
            FetchError::Insecure(url) => (FindingCode::Insecure, Some(url.clone())),
            FetchError::Private(blocked) if blocked.host == blocked.address.to_string() => {
                (FindingCode::PrivateAddress, Some(blocked.host.clone()))
            }
            FetchError::Private(blocked) => {
                (FindingCode::PrivateAddress, Some(format!("{} ({})", blocked.host, blocked.address)))
            }
            FetchError::Redirects(to) => (FindingCode::Redirects, Some(to.clone())),
            FetchError::TooLarge => (FindingCode::TooLarge, None),
            FetchError::Failed(error) if error.is_timeout() => (FindingCode::TimedOut, None),
            FetchError::Failed(error) => (FindingCode::Unreachable, Some(root_cause(error))),
            FetchError::NoRequest(why) => (FindingCode::Unreachable, Some(why.clone())),
        };
        Self::new(code, detail)
    }
}

/// The innermost cause, which is the most specific one: "connection refused", "certificate has expired".
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// An HTTP client for the endpoints of one provider.
#[derive(Clone, Debug)]
pub struct ProviderHttpClient {
    egress: Egress,
    /// Whether the issuer is on this machine.
    is_local_issuer: bool,
}

impl ProviderHttpClient {
    pub fn new(egress: Egress, issuer: &str) -> Self {
        Self { egress, is_local_issuer: Url::parse(issuer).is_ok_and(|url| is_local(&url)) }
    }

    /// Whether requests to this address of the provider are allowed. It must use HTTPS, and may be on this machine only
    /// if the issuer is, too; otherwise a provider could direct requests to our own machine.
    pub fn is_allowed(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => self.is_local_issuer || !is_local(url),
            "http" => self.is_local_issuer && is_local(url),
            _ => false,
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn send(self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let (parts, body) = request.into_parts();
        let address = parts.uri.to_string();
        let url = Url::parse(&address).ok().filter(|url| self.is_allowed(url));
        let url = url.ok_or(FetchError::Insecure(address))?;
        let request = self.egress.request(parts.method, &url)?.headers(parts.headers).body(body);
        let mut upstream = request.send().await?;
        if upstream.status().is_redirection() {
            let to = upstream.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok());
            return Err(FetchError::Redirects(to.unwrap_or_default().to_owned()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = upstream.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_RESPONSE_BYTES {
                return Err(FetchError::TooLarge);
            }
        }
        let mut response = HttpResponse::new(bytes);
        *response.status_mut() = upstream.status();
        *response.headers_mut() = std::mem::take(upstream.headers_mut());
        Ok(response)
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        Some(Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

/// Whether a host name is localhost (RFC 6761 §6.3), also with a trailing dot.
fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Parses an issuer as entered by an admin.
///
/// # Errors
/// Returns an error if it uses neither HTTPS nor a loopback address, or has parts that an issuer must not have (OpenID
/// Connect Discovery 1.0 §3: no query, no fragment).
pub fn issuer(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let text = text.strip_suffix(DISCOVERY_PATH).unwrap_or(text);
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    if text.chars().count() > 2 * MAX_NAME_CHARS {
        return Err(FieldError::TooLong { max: 2 * MAX_NAME_CHARS });
    }
    let url = Url::parse(text).map_err(|_| FieldError::Url)?;
    let safe = url.scheme() == "https" || url.scheme() == "http" && is_local(&url);
    let bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if safe && bare && url.has_host() { Ok(text.to_owned()) } else { Err(FieldError::Url) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(issuer: &str, url: &str) -> bool {
        ProviderHttpClient::new(Egress::new(Vec::new(), &[]), issuer).is_allowed(&Url::parse(url).expect("an address"))
    }

    #[test]
    fn issuers_use_https_or_a_loopback_address() {
        for good in
            ["https://login.example.org", "https://a.example/realms/x/", "http://127.0.0.1:9000", "http://localhost/x"]
        {
            assert_eq!(issuer(good).as_deref(), Ok(good));
        }
        assert_eq!(issuer(" https://a.example/.well-known/openid-configuration ").as_deref(), Ok("https://a.example"));
        for bad in [
            "http://login.example.org",
            "ftp://a.example",
            "https://a.example?x=1",
            "https://u:p@a.example",
            "example.org",
        ] {
            assert_eq!(issuer(bad), Err(FieldError::Url), "{bad}");
        }
        assert_eq!(issuer(" "), Err(FieldError::Required));
    }

    #[test]
    fn a_remote_provider_cannot_direct_requests_to_this_machine() {
        assert!(is_allowed("https://a.example", "https://keys.a.example/jwks"));
        for inside in [
            "http://127.0.0.1/x",
            "https://127.0.0.1/x",
            "https://[::1]/",
            "https://localhost/",
            "https://localhost./",
            "file:///etc/passwd",
        ] {
            assert!(!is_allowed("https://a.example", inside), "{inside}");
        }
        assert!(!is_allowed("https://a.example", "http://a.example/jwks"));
        assert!(
            is_allowed("http://127.0.0.1:1", "http://localhost:2/x")
                && !is_allowed("http://127.0.0.1:1", "http://a.example/")
        );
    }
}

//! Requests to a provider. An admin says where it is, and it says itself where its endpoints are; so nothing but
//! HTTPS is asked, nothing that is not public (see [`crate::egress`]), no redirect is followed, and no answer is read
//! for long or without end.

use crate::egress::{BlockedAddress, Egress, NotAsked};
use openidconnect::{
    HttpRequest, HttpResponse,
    url::{Host, Url},
};
use seatkeeper_shared::{
    validate::{FieldError, MAX_NAME},
    wire::providers::{Finding, FindingCode},
};
/// The most that is read of an answer: the keys of large providers have some 20 KiB.
const MOST: usize = 512 * 1024;
/// What people copy instead of the issuer.
const DOCUMENT: &str = "/.well-known/openid-configuration";

/// Why a provider was not asked, or what went wrong when it was.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Its address may not be asked.
    #[error("{0} is not HTTPS, or on this machine")]
    Insecure(String),
    /// It is at an address that is not public.
    #[error("{0}")]
    Private(#[from] BlockedAddress),
    /// It sends to another address.
    #[error("it sends to {0}")]
    Redirects(String),
    /// Its answer is too large.
    #[error("its answer is larger than {MOST} bytes")]
    TooLarge,
    /// Anything else on the way.
    #[error("{0}")]
    Failed(reqwest::Error),
    /// What was to be sent cannot be.
    #[error("no request: {0}")]
    NoRequest(String),
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        BlockedAddress::of(&error).map_or(Self::Failed(error), Self::Private)
    }
}

impl From<NotAsked> for FetchError {
    fn from(why: NotAsked) -> Self {
        match why {
            NotAsked::Blocked(blocked) => Self::Private(blocked),
            NotAsked::NoTls => Self::NoRequest(why.to_string()),
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
            FetchError::Failed(error) => (FindingCode::Unreachable, Some(root_of(error))),
            FetchError::NoRequest(why) => (FindingCode::Unreachable, Some(why.clone())),
        };
        Self::new(code, detail)
    }
}

/// The innermost cause, which says most: "connection refused", "certificate has expired".
fn root_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Asks one provider.
#[derive(Clone, Debug)]
pub struct Fetch {
    egress: Egress,
    /// The issuer itself is on this machine.
    local: bool,
}

impl Fetch {
    /// For the provider with this issuer.
    pub fn new(egress: Egress, issuer: &str) -> Self {
        Self { egress, local: Url::parse(issuer).is_ok_and(|url| is_local(&url)) }
    }

    /// Whether this address of the provider may be asked: HTTPS; on this machine only if the issuer is there, too, or a provider
    /// could have us ask our own machine.
    pub fn may_ask(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => self.local || !is_local(url),
            "http" => self.local && is_local(url),
            _ => false,
        }
    }

    /// Asks.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn ask(self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let (parts, body) = request.into_parts();
        let address = parts.uri.to_string();
        let url = Url::parse(&address).ok().filter(|url| self.may_ask(url));
        let url = url.ok_or(FetchError::Insecure(address))?;
        let request = self.egress.request(parts.method, &url)?.headers(parts.headers).body(body);
        let mut answer = request.send().await?;
        if answer.status().is_redirection() {
            let to = answer.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok());
            return Err(FetchError::Redirects(to.unwrap_or_default().to_owned()));
        }
        let mut read = Vec::new();
        while let Some(part) = answer.chunk().await? {
            read.extend_from_slice(&part);
            if read.len() > MOST {
                return Err(FetchError::TooLarge);
            }
        }
        let mut response = HttpResponse::new(read);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
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

/// Whether a name is this machine by RFC 6761 §6.3, also with a dot at its end.
fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// An issuer as an admin enters it.
///
/// # Errors
/// Not HTTPS and not on this machine, or more than an issuer has (OpenID Connect Discovery 1.0 §3: no query, no fragment).
pub fn issuer(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let text = text.strip_suffix(DOCUMENT).unwrap_or(text);
    if text.is_empty() {
        return Err(FieldError::Required);
    }
    if text.chars().count() > 2 * MAX_NAME {
        return Err(FieldError::TooLong { max: 2 * MAX_NAME });
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

    fn may(issuer: &str, url: &str) -> bool {
        Fetch::new(Egress::new(Vec::new()), issuer).may_ask(&Url::parse(url).expect("an address"))
    }

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
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
    fn no_provider_has_us_ask_this_machine() {
        assert!(may("https://a.example", "https://keys.a.example/jwks"));
        for inside in [
            "http://127.0.0.1/x",
            "https://127.0.0.1/x",
            "https://[::1]/",
            "https://localhost/",
            "https://localhost./",
            "file:///etc/passwd",
        ] {
            assert!(!may("https://a.example", inside), "{inside}");
        }
        assert!(!may("https://a.example", "http://a.example/jwks"));
        assert!(may("http://127.0.0.1:1", "http://localhost:2/x") && !may("http://127.0.0.1:1", "http://a.example/"));
    }
}

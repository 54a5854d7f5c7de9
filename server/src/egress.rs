//! Outgoing HTTP requests to URLs that users enter, protected against server-side request forgery. The only HTTP client
//! of the server is built here.
//!
//! An admin, or the response of a provider, could make the server request what only the server can reach: its own host,
//! the internal network, the metadata service of a cloud. So it connects only to public addresses and to those that the
//! operator allows. The check covers the address of the actual connection: names are resolved here, and the checked
//! addresses are passed to the connector, so DNS rebinding has no effect. Redirects are not followed.

mod addresses;

pub use addresses::{AllowedAddress, is_public};

use futures_util::future::BoxFuture;
use openidconnect::url::{Host, Url};
use reqwest::{
    Method, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The environment variables that configure proxies. The proxies themselves may have private addresses.
pub const PROXY_VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The server refuses to connect to this address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is {address}, which is not a public address; allow it with --allow-private-addresses")]
pub struct BlockedAddress {
    pub host: String,
    pub address: IpAddr,
}

impl BlockedAddress {
    /// The blocked address among the causes of a failed request, if any.
    pub fn of(error: &reqwest::Error) -> Option<Self> {
        let mut cause: Option<&dyn Error> = Some(error);
        while let Some(inner) = cause {
            if let Some(blocked) = inner.downcast_ref::<Self>() {
                return Some(blocked.clone());
            }
            cause = inner.source();
        }
        None
    }
}

/// The HTTP client. Clones share the connection pool.
#[derive(Clone, Debug)]
pub struct Egress {
    /// `None` if TLS is not available on this machine.
    http: Option<reqwest::Client>,
    guard: GuardedResolver,
}

impl Egress {
    /// A client that connects to public addresses, to `allowed` ones, and to `proxies`, the values of
    /// [`PROXY_VARIABLES`].
    pub fn new(allowed: Vec<AllowedAddress>, proxies: &[String]) -> Self {
        let proxies = proxies.iter().filter_map(|proxy| host_of(proxy)).map(AllowedAddress::Host);
        let guard = GuardedResolver { allowed: allowed.into_iter().chain(proxies).collect(), lookup: Arc::new(lookup) };
        Self { http: client(guard.clone()), guard }
    }

    /// Starts a request. A host name is resolved and checked when the request is sent.
    ///
    /// # Errors
    /// Returns an error if the URL's host is a blocked IP address, or if TLS is not available on this machine.
    pub fn request(&self, method: Method, url: &Url) -> Result<RequestBuilder, RequestError> {
        // An IP address is never passed to the resolver. The URL parser also recognizes other spellings (`0x7f.1`,
        // `127.0.0.1.`).
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) | None => None,
        };
        if let Some(address) = address {
            self.guard.check(&address.to_string(), address)?;
        }
        let http = self.http.as_ref().ok_or(RequestError::NoTls)?;
        Ok(http.request(method, url.as_str()))
    }

    /// The reason why a request to this URL would be blocked; `None` if it would not, or if the host cannot be
    /// resolved.
    pub async fn blocks(&self, url: &Url) -> Option<BlockedAddress> {
        match self.request(Method::GET, url) {
            Err(RequestError::Blocked(blocked)) => return Some(blocked),
            Err(RequestError::NoTls) => return None,
            Ok(_) => {}
        }
        let error = self.guard.resolved(url.domain()?).await.err()?;
        error.downcast::<BlockedAddress>().ok().map(|blocked| *blocked)
    }
}

/// Why a request was not started.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error(transparent)]
    Blocked(#[from] BlockedAddress),
    /// For example because there are no root certificates.
    #[error("TLS cannot be used on this machine")]
    NoTls,
}

#[expect(clippy::disallowed_methods, reason = "the only place that builds a client")]
fn client(guard: GuardedResolver) -> Option<reqwest::Client> {
    let built = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .dns_resolver(Arc::new(guard))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .user_agent("Seatkeeper")
        .build();
    built.inspect_err(|error| tracing::error!(%error, "TLS is not available; outgoing requests are disabled")).ok()
}

fn host_of(proxy: &str) -> Option<String> {
    let url = if proxy.contains("://") { Url::parse(proxy) } else { Url::parse(&format!("http://{proxy}")) };
    Some(url.ok()?.host_str()?.to_ascii_lowercase())
}

type Lookup = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

fn lookup(host: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
    Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
}

/// Resolves host names and blocks addresses that are neither public nor allowed.
#[derive(Clone)]
struct GuardedResolver {
    allowed: Arc<[AllowedAddress]>,
    lookup: Arc<Lookup>,
}

impl std::fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuardedResolver").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl GuardedResolver {
    fn check(&self, host: &str, address: IpAddr) -> Result<(), BlockedAddress> {
        if is_public(address) || self.allowed.iter().any(|allowed| allowed.covers(host, address)) {
            return Ok(());
        }
        Err(BlockedAddress { host: host.to_owned(), address })
    }

    /// The addresses of a host that the server may connect to.
    async fn resolved(&self, host: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let (mut good, mut blocked) = (Vec::new(), None);
        for found in (self.lookup)(host.trim_end_matches('.').to_owned()).await? {
            match self.check(host, found.ip()) {
                Ok(()) => good.push(found),
                Err(error) => blocked = Some(error),
            }
        }
        match blocked {
            Some(error) if good.is_empty() => Err(error.into()),
            _ => Ok(good),
        }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move { Ok(Box::new(guard.resolved(name.as_str()).await?.into_iter()) as Addrs) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn guard(allowed: &[&str], answers: &'static [&'static [&'static str]]) -> GuardedResolver {
        let asked = AtomicUsize::new(0);
        let lookup = move |_| -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
            let answer = answers[asked.fetch_add(1, Ordering::Relaxed) % answers.len()];
            let all = answer.iter().map(|ip| SocketAddr::new(ip.parse().expect("an address"), 0)).collect();
            Box::pin(async move { Ok(all) })
        };
        let allowed = allowed.iter().map(|one| one.parse().expect("an allowed address")).collect();
        GuardedResolver { allowed, lookup: Arc::new(lookup) }
    }

    #[tokio::test]
    async fn dns_rebinding_is_blocked() {
        let guard = guard(&[], &[&["93.184.216.34"], &["127.0.0.1"], &["169.254.169.254", "93.184.216.34"]]);
        let name = || "rebinding.example".parse::<Name>().expect("a name");
        let first: Vec<_> = guard.resolve(name()).await.expect("a public address").collect();
        assert_eq!(first[0].ip().to_string(), "93.184.216.34");
        let Err(error) = guard.resolve(name()).await else { panic!("this machine") };
        assert!(error.to_string().contains("rebinding.example is 127.0.0.1"), "{error}");
        assert!(error.to_string().contains("--allow-private-addresses"), "{error}");
        let mixed: Vec<_> = guard.resolve(name()).await.expect("one of them is public").collect();
        assert_eq!(mixed, [SocketAddr::new("93.184.216.34".parse().expect("an address"), 0)]);
    }

    #[tokio::test]
    async fn only_allowed_names_and_networks_are_allowed() {
        let answers: &[&[&str]] = &[&["10.0.3.7"]];
        assert!(guard(&["10.0.3.0/24"], answers).resolved("keycloak.internal").await.is_ok());
        assert!(guard(&["Keycloak.Internal"], answers).resolved("keycloak.internal.").await.is_ok());
        assert!(guard(&["10.0.3.8", "10.0.4.0/24", "internal"], answers).resolved("keycloak.internal").await.is_err());
    }

    #[tokio::test]
    async fn no_spelling_of_a_private_address_is_requested() {
        let egress = Egress::new(Vec::new(), &[]);
        for inside in [
            "http://127.0.0.1/",
            "http://127.0.0.1./",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://127.1/",
            "http://0/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[fe80::1]/",
            "http://[fd00::1]/",
            "http://169.254.169.254/latest/meta-data/",
            "https://10.0.0.1/",
            "https://100.64.0.1/",
            "http://①②⑦.0.0.1/",
        ] {
            let url = Url::parse(inside).expect("an address");
            let asked = egress.request(Method::GET, &url);
            assert!(matches!(asked, Err(RequestError::Blocked(_))), "{inside}");
        }
        for name in ["http://localhost:1/", "http://localhost.:1/"] {
            let request =
                egress.request(Method::GET, &Url::parse(name).expect("an address")).expect("a name is resolved later");
            let error = request.send().await.expect_err("this machine");
            assert!(BlockedAddress::of(&error).is_some(), "{name}: {error:?}");
        }
        let allowed = Egress::new(vec!["127.0.0.0/8".parse().expect("a network")], &[]);
        assert!(allowed.request(Method::GET, &Url::parse("http://127.0.0.1:1/").expect("an address")).is_ok());
        let proxied = Egress::new(Vec::new(), &["http://user:secret@proxy.internal:3128".to_owned()]);
        assert_eq!(proxied.guard.allowed.len(), 1, "the proxy may have a private address");
    }
}

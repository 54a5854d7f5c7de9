//! Determines the client's IP address behind reverse proxies.
//!
//! Only trusted proxies' `X-Forwarded-For` headers are used, because any client can send the header.

use super::problem::ApiError;
use crate::app::App;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;
use seatkeeper_shared::problem::Code;
use std::net::{IpAddr, SocketAddr};

/// Each proxy appends the address of its client to this header.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Extracts the client's IP address.
#[derive(Clone, Copy, Debug)]
pub struct ClientIp(pub IpAddr);

impl FromRequestParts<App> for ClientIp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        address(&app.trusted_proxies, parts).map(Self).ok_or_else(|| ApiError::new(Code::Internal))
    }
}

/// The client's address: the peer of the connection, or the client that trusted proxies name.
pub fn address(trusted: &[IpNet], parts: &Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(client_behind_proxies(trusted, peer.ip().to_canonical(), &parts.headers))
}

/// Follows the header from its end, as long as the proxies are trusted. Earlier entries may be forged.
fn client_behind_proxies(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    let values: Vec<_> =
        headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        if !is_trusted(&client) {
            break;
        }
        // An unreadable entry: the proxy is the last known address.
        let Some(before) = parse_hop(hop.trim()) else { break };
        client = before;
    }
    client
}

/// Parses an address; some proxies add the port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Parses a network in CIDR notation, or a single address.
///
/// # Errors
/// Returns an error if the text is neither.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| one()).map_err(|_| "give an address, or a network such as 10.0.0.0/8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// The client of a request from `peer` with these header values; 10.0.0.0/8 and ::1 are trusted.
    fn client(peer: &str, values: &[&str]) -> String {
        let trusted: Vec<_> = ["10.0.0.0/8", "::1"].iter().map(|text| parse_network(text).unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
        }
        client_behind_proxies(&trusted, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn trusted_proxies_forward_the_client_address() {
        assert_eq!(client("10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["203.0.113.7, 10.0.0.2"]), "203.0.113.7", "through two proxies");
        assert_eq!(client("10.0.0.1", &["203.0.113.7", "10.0.0.2"]), "203.0.113.7", "in separate headers");
        assert_eq!(client("10.0.0.1", &["203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["::ffff:203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.9"]), "10.0.0.9", "a client in the same network");
    }

    #[test]
    fn untrusted_clients_cannot_forge_their_address() {
        assert_eq!(client("203.0.113.7", &["198.51.100.1"]), "203.0.113.7", "not a proxy");
        assert_eq!(
            client("203.0.113.7", &["198.51.100.1, 10.0.0.1"]),
            "203.0.113.7",
            "an entry with a proxy's address does not help"
        );
        // The proxy appends the client's address to the header that the client sent.
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.3", "198.51.100.1, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, nonsense"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn networks_and_addresses_are_parsed() {
        for good in ["10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1"] {
            assert!(parse_network(good).is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "proxy.example.org", "10.0.0"] {
            assert!(parse_network(bad).is_err(), "{bad}");
        }
    }
}

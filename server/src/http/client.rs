//! Where a request comes from, also through proxies.
//!
//! What a request says of its own way is only believed of proxies that the operator trusts: anybody can write a header.

use super::problem::Fail;
use crate::app::App;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;
use seatkeeper_shared::problem::Code;
use std::net::{IpAddr, SocketAddr};

/// The header in which each proxy adds the address that it was asked from, at the end.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of whoever sent a request, for handlers.
#[derive(Clone, Copy, Debug)]
pub struct Address(pub IpAddr);

impl FromRequestParts<App> for Address {
    type Rejection = Fail;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fail> {
        address(&app.trusted_proxies, parts).map(Self).ok_or_else(|| Fail::code(Code::Internal))
    }
}

/// The address of whoever sent a request: the other end of its connection, or whom trusted proxies there say that they speak for.
pub fn address(trusted: &[IpNet], parts: &Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(behind(trusted, peer.ip().to_canonical(), &parts.headers))
}

/// Goes back along the proxies as far as they are trusted. What stands before the last of them, somebody else wrote.
fn behind(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(&client) {
            break;
        }
        // A proxy that does not say whom it speaks for is the last one known.
        let Some(before) = read(hop.trim()) else { break };
        client = before;
    }
    client
}

/// An address, of which some proxies also tell the port.
fn read(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Whom an address belongs to: of IPv6 its first 48 bits, since whoever has one address there has very many.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6((u128::from(six) & (u128::MAX << 80)).into()),
        four => four,
    }
}

/// A network as operators write it: `10.0.0.0/8`, or one address.
///
/// # Errors
/// It is neither.
pub fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| one()).map_err(|_| "give an address, or a network such as 10.0.0.0/8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// Whom a request comes from that arrives from `peer` with these lines of the header; 10.x.x.x and ::1 are trusted.
    fn client(peer: &str, lines: &[&str]) -> String {
        let trusted: Vec<_> = ["10.0.0.0/8", "::1"].iter().map(|text| network(text).unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        behind(&trusted, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_trusted_proxy_says_whom_it_speaks_for() {
        assert_eq!(client("10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["203.0.113.7, 10.0.0.2"]), "203.0.113.7", "through two");
        assert_eq!(client("10.0.0.1", &["203.0.113.7", "10.0.0.2"]), "203.0.113.7", "in a line each");
        assert_eq!(client("10.0.0.1", &["203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["::ffff:203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.9"]), "10.0.0.9", "somebody in the same network");
    }

    #[test]
    fn a_stranger_cannot_forge_it() {
        assert_eq!(client("203.0.113.7", &["198.51.100.1"]), "203.0.113.7", "he is no proxy");
        assert_eq!(client("203.0.113.7", &["198.51.100.1, 10.0.0.1"]), "203.0.113.7", "nor does he become one");
        // The proxy adds him after whatever he wrote himself.
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.3", "198.51.100.1, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, nonsense"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn networks_are_read_as_operators_write_them() {
        for good in ["10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1"] {
            assert!(network(good).is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "proxy.example.org", "10.0.0"] {
            assert!(network(bad).is_err(), "{bad}");
        }
    }
}

//! Which IP addresses are public, and which others the operator allows.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A non-public host or network that the operator allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedAddress {
    /// A host name, whatever address it resolves to.
    Host(String),
    Network(IpNet),
}

impl AllowedAddress {
    /// Whether it allows connecting to this host at this address.
    pub fn covers(&self, host: &str, address: IpAddr) -> bool {
        match self {
            Self::Host(name) => host.trim_end_matches('.').eq_ignore_ascii_case(name),
            Self::Network(network) => network.contains(&address) || network.contains(&address.to_canonical()),
        }
    }
}

impl FromStr for AllowedAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.into()));
        }
        let is_allowed_char = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
        if text.is_empty() || !text.chars().all(is_allowed_char) || text.contains("..") {
            return Err("is not a host, an IP address or a network such as 10.0.3.0/24".to_owned());
        }
        Ok(Self::Host(text.trim_end_matches('.').to_ascii_lowercase()))
    }
}

/// The special-purpose blocks of IPv4 (IANA registry, RFC 6890): none contains a public server.
const SPECIAL_V4: [(Ipv4Addr, u8); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The special-purpose blocks within 2000::/3, the only block of IPv6 that contains public servers.
const SPECIAL_V6: [(Ipv6Addr, u8); 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address is public: not loopback, link-local, private, multicast or reserved, nor an IPv6 address that
/// embeds such an IPv4 address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|(start, bits)| Ipv4Net::new(*start, *bits).is_ok_and(|block| block.contains(&address)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        // IPv4-mapped (RFC 4291 §2.5.5.2) and NAT64 with the well-known prefix (RFC 6052).
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => return is_public_v4(v4(g, h)),
        // 6to4 (RFC 3056).
        (0x2002, high, low, ..) => return is_public_v4(v4(high, low)),
        _ => {}
    }
    a & 0xe000 == 0x2000
        && !SPECIAL_V6
            .iter()
            .any(|(start, bits)| Ipv6Net::new(*start, *bits).is_ok_and(|block| block.contains(&address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_purpose_addresses_are_not_public() {
        for public in [
            "93.184.216.34",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "2606:4700::1111",
            "2a00::1",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:0.0.0.0",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "4000::1",
        ] {
            assert!(!is_public(private.parse().expect("an address")), "{private}");
        }
    }

    #[test]
    fn hosts_addresses_and_networks_can_be_allowed() {
        let host = |name: &str| Ok(AllowedAddress::Host(name.to_owned()));
        assert_eq!("Keycloak.internal.".parse(), host("keycloak.internal"));
        assert_eq!(
            "10.0.3.7/24".parse::<AllowedAddress>(),
            Ok(AllowedAddress::Network("10.0.3.0/24".parse().expect("a network")))
        );
        assert_eq!("::1".parse::<AllowedAddress>(), Ok(AllowedAddress::Network("::1/128".parse().expect("a network"))));
        for bad in ["", "10.0.3.0/33", "https://keycloak", "a b", "a..b", "*"] {
            assert!(bad.parse::<AllowedAddress>().is_err(), "{bad}");
        }
        let all: AllowedAddress = "127.0.0.0/8".parse().expect("a network");
        assert!(all.covers("x", "::ffff:127.0.0.1".parse().expect("an address")));
    }
}

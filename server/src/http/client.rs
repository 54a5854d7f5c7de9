//! Where a request comes from.

use axum::{extract::ConnectInfo, http::request::Parts};
use std::net::{IpAddr, SocketAddr};

/// The address of whoever sent a request: the other end of its connection. This is the one place that would have to know of a
/// trusted proxy in front; what a client says about itself (`X-Forwarded-For`) is not believed.
pub fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip().to_canonical())
}

//! Binds the listening sockets.

use anyhow::Context as _;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// The length of the accept queue; the system may allow less.
const BACKLOG: u32 = 4_096;
/// How long data may stay unacknowledged before a peer is considered lost.
const PEER_TIMEOUT: Duration = Duration::from_secs(120);

/// The sockets of one `--listen` option.
#[derive(Debug)]
pub struct BoundListeners {
    /// One for each address.
    pub listeners: Vec<TcpListener>,
    /// The host and port for display, as in a URL.
    pub host: String,
}

/// Listens on an address, or on all addresses of a name, with a port.
///
/// # Errors
/// Returns an error if the text is malformed, or if an address cannot be used.
pub async fn listen_at(text: &str) -> anyhow::Result<BoundListeners> {
    let name = text.rsplit_once(':').filter(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok());
    let (name, _) = name.with_context(|| {
        format!(
            "--listen {text} names no address and port; give for example 127.0.0.1:8080, [::]:8080 or localhost:8080"
        )
    })?;
    let cannot = || format!("cannot listen on {text}");
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut unavailable = None;
    for mut address in lookup_host(text).await.with_context(cannot)? {
        if let (0, Some(first)) = (address.port(), listeners.first()) {
            address.set_port(first.local_addr().with_context(cannot)?.port());
        }
        match listen(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_unavailable_address(&error) => unavailable = Some(error),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot listen on {}", display_address(text, address)));
            }
        }
    }
    let Some(first) = listeners.first() else {
        return Err(unavailable.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())).with_context(cannot);
    };
    let local = first.local_addr().with_context(cannot)?;
    let is_name = name.trim_matches(['[', ']']).parse::<IpAddr>().is_err();
    let host = if is_name { format!("{name}:{}", local.port()) } else { local.to_string() };
    Ok(BoundListeners { listeners, host })
}

/// The option's value, with the resolved address if that differs.
fn display_address(text: &str, address: SocketAddr) -> String {
    let address = address.to_string();
    if address == text { address } else { format!("{text} ({address})") }
}

/// Whether this machine does not have the address, such as `::1` without IPv6. The name's other addresses may still
/// work.
fn is_unavailable_address(error: &io::Error) -> bool {
    use nix::errno::Errno;
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(errno, Some(Errno::EADDRNOTAVAIL | Errno::EAFNOSUPPORT))
}

/// Listens with a long accept queue: after a restart all clients reconnect at once, and those that do not fit into the
/// usual queue of 128 are delayed by a second or refused.
///
/// # Errors
/// Returns an error if the address cannot be used.
pub fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Otherwise the address of a server that was just stopped could not be used for a minute.
    socket.set_reuseaddr(true)?;
    detect_lost_peers(&socket)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// Detects peers that lost their network without closing the connection. On Linux, connections inherit these options
/// from the listening socket, so they need no system call each.
#[cfg(target_os = "linux")]
fn detect_lost_peers(socket: &TcpSocket) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    let milliseconds = u32::try_from(PEER_TIMEOUT.as_millis()).unwrap_or(u32::MAX);
    let seconds = milliseconds / 1_000;
    setsockopt(socket, sockopt::KeepAlive, &true)?;
    setsockopt(socket, sockopt::TcpKeepIdle, &(seconds / 2))?;
    setsockopt(socket, sockopt::TcpKeepInterval, &(seconds / 8))?;
    Ok(setsockopt(socket, sockopt::TcpUserTimeout, &milliseconds)?)
}

#[cfg(not(target_os = "linux"))]
fn detect_lost_peers(socket: &TcpSocket) -> io::Result<()> {
    socket.set_keepalive(true)
}

// Other systems allow fewer.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use seatkeeper_shared::error_chain::error_chain;
    use tokio::{net::TcpStream, time::timeout};

    #[tokio::test]
    async fn hundreds_of_simultaneous_connections_are_accepted_without_retry() {
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a free port");
        let here = listener.local_addr().expect("an address");
        // No connection is accepted yet. One that does not fit into the queue would be retried after a second.
        let connecting = timeout(Duration::from_millis(900), join_all((0..300).map(|_| TcpStream::connect(here))));
        assert!(connecting.await.expect("no connection is delayed").iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn a_name_is_bound_at_all_its_addresses_with_one_port() {
        let at = listen_at("localhost:0").await.expect("every machine has localhost");
        let ports: Vec<_> = at.listeners.iter().map(|one| one.local_addr().expect("an address").port()).collect();
        assert!(ports.windows(2).all(|two| two[0] == two[1]), "{ports:?}");
        assert_eq!(at.host, format!("localhost:{}", ports[0]));
        TcpStream::connect(&at.host).await.expect("it listens");
        let ipv6 = listen_at("[::]:0").await.map(|at| at.host);
        assert!(
            ipv6.is_err() || ipv6.is_ok_and(|host| host.starts_with("[::]:")),
            "where there is no IPv6, it says so"
        );
    }

    #[tokio::test]
    async fn errors_name_the_address_and_the_reason_once() {
        let taken = listen_at("127.0.0.1:0").await.expect("a free port");
        let message = error_chain(&*listen_at(&taken.host).await.expect_err("the address is in use"));
        assert_eq!(message, format!("cannot listen on {}: Address already in use (os error 98)", taken.host));
        let message = error_chain(&*listen_at("192.0.2.1:8080").await.expect_err("not an address of this machine"));
        assert_eq!(message, "cannot listen on 192.0.2.1:8080: Cannot assign requested address (os error 99)");
        for bad in ["8080", ":8080", "localhost", "localhost:", "localhost:http", "127.0.0.1:70000", "::"] {
            let message = error_chain(&*listen_at(bad).await.expect_err("not an address"));
            assert!(message.starts_with(&format!("--listen {bad} names no address and port; give")), "{message}");
        }
    }
}

//! Where the server listens.

use anyhow::Context as _;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// How many may have connected before they are first looked at; the system may allow fewer.
const BACKLOG: u32 = 4_096;
/// After how long without an acknowledgement the other end is taken for gone.
const GONE_AFTER: Duration = Duration::from_secs(120);

/// The sockets of one `--listen`.
#[derive(Debug)]
pub struct Listening {
    /// One for each address.
    pub listeners: Vec<TcpListener>,
    /// The host and port as people type them.
    pub host: String,
}

/// Listens at an address or a name with a port: at all addresses that the name stands for.
///
/// # Errors
/// It is no such thing, or cannot be used.
pub async fn listen_at(text: &str) -> anyhow::Result<Listening> {
    let name = text.rsplit_once(':').filter(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok());
    let (name, _) = name.with_context(|| {
        format!(
            "--listen {text} names no address and port; give for example 127.0.0.1:8080, [::]:8080 or localhost:8080"
        )
    })?;
    let cannot = || format!("cannot listen on {text}");
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut absent = None;
    for mut address in lookup_host(text).await.with_context(cannot)? {
        if let (0, Some(first)) = (address.port(), listeners.first()) {
            address.set_port(first.local_addr().with_context(cannot)?.port());
        }
        match listen(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_absent(&error) => absent = Some(error),
            Err(error) => return Err(error).with_context(|| format!("cannot listen on {}", named(text, address))),
        }
    }
    let Some(first) = listeners.first() else {
        return Err(absent.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())).with_context(cannot);
    };
    let local = first.local_addr().with_context(cannot)?;
    let is_name = name.trim_matches(['[', ']']).parse::<IpAddr>().is_err();
    let host = if is_name { format!("{name}:{}", local.port()) } else { local.to_string() };
    Ok(Listening { listeners, host })
}

/// What was asked for, and the address that it stands for if that is another.
fn named(text: &str, address: SocketAddr) -> String {
    let address = address.to_string();
    if address == text { address } else { format!("{text} ({address})") }
}

/// Whether this machine has no such address, as `::1` where there is no IPv6: a name's other addresses may do.
fn is_absent(error: &io::Error) -> bool {
    use nix::errno::Errno;
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(errno, Some(Errno::EADDRNOTAVAIL | Errno::EAFNOSUPPORT))
}

/// Listens so that many can knock at once, as all clients do after a restart: whom the usual queue of 128 has no room for waits for
/// a second or is sent away.
///
/// # Errors
/// The address cannot be used.
pub fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Else the address of a server that was just stopped could not be used for a minute.
    socket.set_reuseaddr(true)?;
    notice_who_is_gone(&socket)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// A viewer who was cut off from the network answers nothing, nor says goodbye. On Linux connections take this over from the
/// socket that they came through, so it costs nothing for each.
#[cfg(target_os = "linux")]
fn notice_who_is_gone(socket: &TcpSocket) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    let milliseconds = u32::try_from(GONE_AFTER.as_millis()).unwrap_or(u32::MAX);
    let seconds = milliseconds / 1_000;
    setsockopt(socket, sockopt::KeepAlive, &true)?;
    setsockopt(socket, sockopt::TcpKeepIdle, &(seconds / 2))?;
    setsockopt(socket, sockopt::TcpKeepInterval, &(seconds / 8))?;
    Ok(setsockopt(socket, sockopt::TcpUserTimeout, &milliseconds)?)
}

#[cfg(not(target_os = "linux"))]
fn notice_who_is_gone(socket: &TcpSocket) -> io::Result<()> {
    socket.set_keepalive(true)
}

// Other systems allow fewer.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use seatkeeper_shared::causes::causes;
    use tokio::{net::TcpStream, time::timeout};

    #[tokio::test]
    async fn hundreds_who_knock_at_once_need_not_knock_again() {
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a free port");
        let here = listener.local_addr().expect("an address");
        // Nobody is looked at yet. Whom there is no room for would try again after a second.
        let knocking = timeout(Duration::from_millis(900), join_all((0..300).map(|_| TcpStream::connect(here))));
        assert!(knocking.await.expect("nobody waits").iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn a_name_stands_for_all_its_addresses_with_one_port() {
        let at = listen_at("localhost:0").await.expect("every machine is localhost");
        let ports: Vec<_> = at.listeners.iter().map(|one| one.local_addr().expect("an address").port()).collect();
        assert!(ports.windows(2).all(|two| two[0] == two[1]), "{ports:?}");
        assert_eq!(at.host, format!("localhost:{}", ports[0]));
        TcpStream::connect(&at.host).await.expect("it listens");
        let six = listen_at("[::]:0").await.map(|at| at.host);
        assert!(six.is_err() || six.is_ok_and(|host| host.starts_with("[::]:")), "where there is no IPv6, it says so");
    }

    #[tokio::test]
    async fn what_cannot_be_listened_on_is_named_with_the_reason_once() {
        let taken = listen_at("127.0.0.1:0").await.expect("a free port");
        let said = causes(&*listen_at(&taken.host).await.expect_err("it is taken"));
        assert_eq!(said, format!("cannot listen on {}: Address already in use (os error 98)", taken.host));
        let said = causes(&*listen_at("192.0.2.1:8080").await.expect_err("it is not ours"));
        assert_eq!(said, "cannot listen on 192.0.2.1:8080: Cannot assign requested address (os error 99)");
        for bad in ["8080", ":8080", "localhost", "localhost:", "localhost:http", "127.0.0.1:70000", "::"] {
            let said = causes(&*listen_at(bad).await.expect_err("no address"));
            assert!(said.starts_with(&format!("--listen {bad} names no address and port; give")), "{said}");
        }
    }
}

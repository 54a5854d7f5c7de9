//! Where the server listens.

use std::{io, net::SocketAddr};
use tokio::net::{TcpListener, TcpSocket};

/// How many may have connected before they are first looked at; the system may allow fewer.
const KNOCKING: u32 = 4_096;

/// Listens so that many can knock at once, as all clients do after a restart: whom the usual queue of 128 has no room for waits for
/// a second or is sent away.
///
/// # Errors
/// The address cannot be used.
pub fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Else the address of a server that was just stopped could not be used for a minute.
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(KNOCKING)
}

// Other systems allow fewer.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::time::Duration;
    use tokio::{net::TcpStream, time::timeout};

    #[tokio::test]
    async fn hundreds_who_knock_at_once_need_not_knock_again() {
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a free port");
        let here = listener.local_addr().expect("an address");
        // Nobody is looked at yet. Whom there is no room for would try again after a second.
        let knocking = timeout(Duration::from_millis(900), join_all((0..300).map(|_| TcpStream::connect(here))));
        assert!(knocking.await.expect("nobody waits").iter().all(Result::is_ok));
    }
}

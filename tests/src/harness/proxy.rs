//! A TCP proxy that distributes connections to servers round robin, and can cut all of them at once.

use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

/// How long a server may take to accept a connection before the next one is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// A running proxy. Dropping it cuts its connections.
pub struct Proxy {
    pub address: SocketAddr,
    cuts: Arc<watch::Sender<u64>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy for these servers.
    pub async fn start(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let cuts = Arc::new(watch::Sender::new(0));
        let accepting = tokio::spawn(accept(listener, servers, cuts.clone()));
        Self { address, cuts, accepting }
    }

    /// Cuts all connections, even in the middle of a response.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, servers: Vec<SocketAddr>, cuts: Arc<watch::Sender<u64>>) {
    for first in (0..servers.len()).cycle() {
        // Too many open files, for example: the client retries.
        let Ok((client, _)) = listener.accept().await else { continue };
        let in_turn: Vec<_> = servers.iter().cycle().skip(first).take(servers.len()).copied().collect();
        tokio::spawn(forward(client, in_turn, cuts.subscribe()));
    }
}

/// Forwards bytes until one side closes or the connection is cut. Closes it at once if no server accepts.
async fn forward(mut client: TcpStream, servers: Vec<SocketAddr>, mut cut: watch::Receiver<u64>) {
    for server in servers {
        let Ok(Ok(mut server)) = timeout(CONNECT_TIMEOUT, TcpStream::connect(server)).await else { continue };
        // Without Nagle's algorithm, which would delay small responses.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => {}
            _ = cut.changed() => {}
        }
        return;
    }
}

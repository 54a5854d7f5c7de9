//! A small proxy for TCP: each connection goes to the next server that takes it, and all can be cut at once.

use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

/// How long a server may take to accept a connection before the next one is tried.
const PATIENCE: Duration = Duration::from_millis(500);

/// A running proxy. Its connections end with it.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    cuts: Arc<watch::Sender<u64>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts to pass connections on to these servers in turn.
    pub async fn start(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let cuts = Arc::new(watch::Sender::new(0));
        let accepting = tokio::spawn(accept(listener, servers, cuts.clone()));
        Self { address, cuts, accepting }
    }

    /// Cuts all connections, in the middle of whatever they carry.
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
        // Too many open files, for example: whoever asked asks again.
        let Ok((client, _)) = listener.accept().await else { continue };
        let in_turn: Vec<_> = servers.iter().cycle().skip(first).take(servers.len()).copied().collect();
        tokio::spawn(pass_on(client, in_turn, cuts.subscribe()));
    }
}

/// Passes bytes on until one side has had enough or the connection is cut. Without a server it is closed at once.
async fn pass_on(mut client: TcpStream, servers: Vec<SocketAddr>, mut cut: watch::Receiver<u64>) {
    for server in servers {
        let Ok(Ok(mut server)) = timeout(PATIENCE, TcpStream::connect(server)).await else { continue };
        // Small answers must not wait for company.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => {}
            _ = cut.changed() => {}
        }
        return;
    }
}

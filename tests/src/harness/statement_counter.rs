//! A proxy in front of PostgreSQL that counts the statements that a server executes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The code of the message that begins a session, among those without a type (PostgreSQL documentation, "Message
/// Formats").
const START_UP: u32 = 196_608;

/// A running proxy.
pub struct StatementCounter {
    /// The value of `--database` for the server whose statements are counted.
    pub database: String,
    count: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl StatementCounter {
    /// Starts a proxy for the database at this address.
    pub async fn start(database: &str) -> Self {
        let (before, name) = database.rsplit_once('/').expect("an address with a database");
        let (user, server) = before.rsplit_once('@').expect("an address with a user");
        let server: SocketAddr = server.parse().expect("an address of the cluster");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let count = Arc::new(AtomicUsize::new(0));
        let accepting = tokio::spawn(accept(listener, server, count.clone()));
        Self { database: format!("{user}@{address}/{name}"), count, accepting }
    }

    /// How many statements were executed so far, with those that begin and end transactions.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

impl Drop for StatementCounter {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, count: Arc<AtomicUsize>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        tokio::spawn(forward(client, server, count.clone()));
    }
}

/// Forwards bytes until one side closes.
async fn forward(client: TcpStream, server: SocketAddr, count: Arc<AtomicUsize>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    // Without Nagle's algorithm, which would delay small messages.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let requests = async {
        let (mut messages, mut buffer) = (Messages::default(), vec![0; 64 << 10]);
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            count.fetch_add(messages.count_statements(&buffer[..read]), Ordering::Relaxed);
            if to_server.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = requests => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
}

/// The messages of a client, read piece by piece.
#[derive(Default)]
struct Messages {
    /// Whether the session has begun: from then on, each message begins with its type.
    begun: bool,
    /// The beginning of the current message.
    head: Vec<u8>,
    /// How many bytes of the current message follow its head.
    rest: usize,
}

impl Messages {
    /// How many statements these bytes execute.
    fn count_statements(&mut self, mut bytes: &[u8]) -> usize {
        let mut statements = 0;
        while let Some((first, after)) = bytes.split_first() {
            if self.rest > 0 {
                let (of_message, next) = bytes.split_at(self.rest.min(bytes.len()));
                self.rest -= of_message.len();
                bytes = next;
                continue;
            }
            self.head.push(*first);
            bytes = after;
            match (self.begun, self.head.as_slice()) {
                (true, &[kind, a, b, c, d]) => {
                    // Execute, and a query that is not prepared.
                    statements += usize::from(kind == b'E' || kind == b'Q');
                    self.rest = u32::from_be_bytes([a, b, c, d]) as usize - 4;
                    self.head.clear();
                }
                (false, &[a, b, c, d, e, f, g, h]) => {
                    self.begun = u32::from_be_bytes([e, f, g, h]) == START_UP;
                    self.rest = u32::from_be_bytes([a, b, c, d]) as usize - 8;
                    self.head.clear();
                }
                _ => {}
            }
        }
        statements
    }
}

//! Serves HTTP/1.1 so that nobody can keep others out with connections that they open and do not use.
//!
//! Every connection is a task that notes in one number what it is doing (`state.rs`). A single reaper reads those numbers and closes
//! what takes too long, so that a request arms no timer and takes no lock; only a body that is late does (`body.rs`). Who may
//! connect is decided when a connection is accepted (`registry.rs`): by address, and in all.

mod body;
mod io;
pub mod limits;
mod raw;
mod registry;
mod requests;
mod state;

pub use self::limits::Limits;
use self::{
    io::Watched,
    registry::{Refused, Registry, Slot},
    requests::{DrawFailure, Requests},
    state::Connection,
};
use axum::Router;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

/// How often the reaper looks for connections that take too long, and by how much their times may be off.
const REAP_INTERVAL: Duration = Duration::from_millis(250);
/// How long nothing is accepted after the system had no room for another connection.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);
/// There is at most one warning of a kind in this time.
const WARNING_INTERVAL_MS: u64 = 60_000;
/// The longest request head, and how much of a response is gathered before it is sent.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// What is served, to whom, and how patiently.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The service.
    pub router: Router,
    /// How failures look that no route makes.
    pub draw_failure: DrawFailure,
    /// Caps and timeouts.
    pub limits: Limits,
    /// Proxies: their connections carry many people's requests, so the cap per address does not hold for them.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Whether browsers reach us by HTTPS, and are told to come by nothing else.
    pub is_https: bool,
}

/// Serves until `stop` is ready; responses that are under way may take `last_answers` more.
pub async fn serve(listeners: Vec<TcpListener>, edge: Edge, stop: impl Future<Output = ()>, last_answers: Duration) {
    let server = Arc::new(Server::new(edge));
    let mut tasks = JoinSet::new();
    tasks.spawn(reap(server.registry.clone()));
    for listener in listeners {
        tasks.spawn(accept(listener, server.clone()));
    }
    stop.await;
    drop(tasks);
    // The live feed of a viewer never ends by itself.
    let _ = timeout(last_answers, server.registry.drain()).await;
    server.registry.close_all();
}

/// What the tasks of one server share.
struct Server {
    requests: Arc<Requests>,
    registry: Arc<Registry>,
    trusted_proxies: Arc<[IpNet]>,
    http: http1::Builder,
    not_accepted: WarnSeldom,
    all_used: WarnSeldom,
    address_used: WarnSeldom,
}

impl Server {
    fn new(edge: Edge) -> Self {
        let mut http = http1::Builder::new();
        // The reaper's work.
        http.header_read_timeout(None).max_buf_size(MAX_BUFFER_BYTES);
        let registry = Arc::new(Registry::new(edge.limits.clone()));
        let routes = (edge.router, edge.draw_failure);
        let requests = Requests::new(routes, edge.limits.body_timeout, edge.is_https, registry.clone());
        let (not_accepted, all_used, address_used) = Default::default();
        Self {
            requests: Arc::new(requests),
            registry,
            trusted_proxies: edge.trusted_proxies,
            http,
            not_accepted,
            all_used,
            address_used,
        }
    }

    /// Serves a connection, or sends it away.
    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let address = peer.ip().to_canonical();
        let is_trusted = self.trusted_proxies.iter().any(|network| network.contains(&address));
        let connection = Arc::new(Connection::new(peer, is_trusted, self.registry.clock()));
        match self.registry.admit(&connection) {
            Ok(slot) => {
                let id = slot.id();
                let task = tokio::spawn(converse(self.clone(), stream, connection, slot));
                self.registry.attach(id, task.abort_handle());
            }
            Err(refused) => self.turn_away(&stream, refused, peer),
        }
    }

    /// Says why, as far as that takes no waiting.
    fn turn_away(&self, stream: &TcpStream, refused: Refused, peer: SocketAddr) {
        let _ = stream.try_write(&raw::refusal(refused, self.requests.is_https()));
        let now = self.registry.now_ms();
        match refused {
            Refused::AllUsed if self.all_used.is_due(now) => {
                tracing::warn!(
                    limit = self.registry.limits().connections,
                    "all connections are in use (--max-connections)"
                );
            }
            Refused::AddressUsed if self.address_used.is_due(now) => {
                let limit = self.registry.limits().per_address;
                tracing::warn!(
                    address = %peer.ip().to_canonical(),
                    limit,
                    "too many connections from one address; if it is a proxy, name it in --trusted-proxies"
                );
            }
            Refused::AllUsed | Refused::AddressUsed => {}
        }
    }
}

/// Accepts for as long as it lives.
async fn accept(listener: TcpListener, server: Arc<Server>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => server.admit(stream, peer),
            Err(error) if is_of_the_client(error.kind()) => {}
            Err(error) => {
                server.registry.evict();
                if server.not_accepted.is_due(server.registry.now_ms()) {
                    tracing::error!(%error, "connections cannot be accepted");
                }
                sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}

/// Whether the client was gone before it was accepted.
fn is_of_the_client(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

/// Serves one connection to its end. Its slot is free when its socket is closed.
async fn converse(server: Arc<Server>, stream: TcpStream, connection: Arc<Connection>, slot: Slot) {
    let _slot = slot;
    // Small responses and events must not wait for the acknowledgement of what was sent before.
    let _ = stream.set_nodelay(true);
    let requests = &server.requests;
    let watched = TokioIo::new(Watched::new(stream, connection.clone(), requests.is_https()));
    let service = service_fn(|request| requests.clone().answer(connection.clone(), request));
    if let Err(error) = server.http.serve_connection(watched, service).await {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Closes what takes too long, for as long as it lives.
async fn reap(registry: Arc<Registry>) {
    let mut ticks = interval(REAP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        registry.reap();
    }
}

/// Lets one warning of its kind through and then none for a while.
#[derive(Debug, Default)]
struct WarnSeldom(AtomicU64);

impl WarnSeldom {
    fn is_due(&self, now_ms: u64) -> bool {
        let next = self.0.load(Ordering::Relaxed);
        let due = now_ms >= next;
        due && self.0.compare_exchange(next, now_ms + WARNING_INTERVAL_MS, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

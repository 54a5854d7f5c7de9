//! An HTTP/1.1 server that idle and slow connections cannot exhaust.
//!
//! Each connection is a task that records its phase in one atomic number (`state.rs`). A single reaper task reads these
//! numbers and closes connections that take too long, so that a request needs neither a timer nor a lock; only a slow
//! request body arms a timer (`body.rs`). Limits per address and in total are enforced when a connection is accepted
//! (`registry.rs`).

mod body;
mod io;
pub mod limits;
mod raw;
mod registry;
mod requests;
mod state;

pub use self::limits::Limits;
use self::{
    io::MonitoredStream,
    registry::{AdmitError, ConnectionRegistry, ConnectionSlot},
    requests::{Answer, RenderError, RequestHandler},
    state::Connection,
};
use crate::monotonic::MonotonicClock;
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

/// How often the reaper runs; also the accuracy of its timeouts.
const REAP_INTERVAL: Duration = Duration::from_millis(250);
/// How long to wait before accepting again after `accept` failed.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);
/// The minimum time between two warnings of a kind.
const WARNING_INTERVAL_MS: u64 = 60_000;
/// The maximum size of a request head, and of the write buffer.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// The configuration of the HTTP server.
#[derive(Clone)]
pub struct ServerConfig {
    /// Answers requests.
    pub answer: Answer,
    /// Renders errors that occur outside of routes.
    pub render_error: RenderError,
    pub limits: Limits,
    /// Their connections carry requests of many clients, so the limit per address does not apply to them.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Whether the public URL uses HTTPS; then responses have an HSTS header.
    pub is_https: bool,
    /// Measures how long connections take.
    pub monotonic: MonotonicClock,
}

/// Serves until `stop` is ready. Responses in progress may take `drain_timeout` more.
#[expect(clippy::disallowed_methods, reason = "this set of tasks stops them")]
pub async fn serve(
    listeners: Vec<TcpListener>,
    config: ServerConfig,
    stop: impl Future<Output = ()>,
    drain_timeout: Duration,
) {
    let server = Arc::new(Server::new(config));
    let mut tasks = JoinSet::new();
    tasks.spawn(reap(server.registry.clone()));
    for listener in listeners {
        tasks.spawn(accept(listener, server.clone()));
    }
    stop.await;
    drop(tasks);
    // Live feeds never end by themselves.
    let _ = timeout(drain_timeout, server.registry.drain()).await;
    server.registry.close_all();
}

/// The shared state of the server's tasks.
struct Server {
    requests: Arc<RequestHandler>,
    registry: Arc<ConnectionRegistry>,
    trusted_proxies: Arc<[IpNet]>,
    http: http1::Builder,
    accept_warning: RateLimitedWarning,
    limit_warning: RateLimitedWarning,
    address_limit_warning: RateLimitedWarning,
}

impl Server {
    fn new(config: ServerConfig) -> Self {
        let mut http = http1::Builder::new();
        // The reaper enforces the header timeout.
        http.header_read_timeout(None).max_buf_size(MAX_BUFFER_BYTES);
        let registry = Arc::new(ConnectionRegistry::new(config.limits.clone(), config.monotonic));
        let routes = (config.answer, config.render_error);
        let requests = RequestHandler::new(routes, config.limits.body_timeout, config.is_https, registry.clone());
        let (accept_warning, limit_warning, address_limit_warning) = Default::default();
        Self {
            requests: Arc::new(requests),
            registry,
            trusted_proxies: config.trusted_proxies,
            http,
            accept_warning,
            limit_warning,
            address_limit_warning,
        }
    }

    /// Serves a connection, or rejects it.
    #[expect(clippy::disallowed_methods, reason = "the registry ends it")]
    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let address = peer.ip().to_canonical();
        let is_trusted = self.trusted_proxies.iter().any(|network| network.contains(&address));
        let connection = Arc::new(Connection::new(peer, is_trusted, self.registry.clock()));
        match self.registry.admit(&connection) {
            Ok(slot) => {
                let id = slot.id();
                let task = tokio::spawn(serve_connection(self.clone(), stream, connection, slot));
                self.registry.attach(id, task.abort_handle());
            }
            Err(error) => self.reject(&stream, error, peer),
        }
    }

    /// Sends the reason, as far as it fits into the socket buffer.
    fn reject(&self, stream: &TcpStream, error: AdmitError, peer: SocketAddr) {
        let _ = stream.try_write(&raw::refusal(error, self.requests.is_https()));
        let now = self.registry.now_ms();
        match error {
            AdmitError::LimitReached if self.limit_warning.is_due(now) => {
                tracing::warn!(
                    limit = self.registry.limits().connections,
                    "connection limit reached (--max-connections)"
                );
            }
            AdmitError::AddressLimitReached if self.address_limit_warning.is_due(now) => {
                let limit = self.registry.limits().per_address;
                tracing::warn!(
                    address = %peer.ip().to_canonical(),
                    limit,
                    "connection limit per address reached; if it is a proxy, add it to --trusted-proxies"
                );
            }
            AdmitError::LimitReached | AdmitError::AddressLimitReached => {}
        }
    }
}

/// Accepts connections, forever.
async fn accept(listener: TcpListener, server: Arc<Server>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => server.admit(stream, peer),
            Err(error) if is_client_error(error.kind()) => {}
            Err(error) => {
                server.registry.evict();
                if server.accept_warning.is_due(server.registry.now_ms()) {
                    tracing::error!(%error, "accepting connections failed");
                }
                sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}

/// Whether the client closed the connection before it was accepted.
fn is_client_error(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

/// Serves one connection until it is closed. Its slot is released afterwards.
async fn serve_connection(server: Arc<Server>, stream: TcpStream, connection: Arc<Connection>, slot: ConnectionSlot) {
    let _slot = slot;
    // Small responses and events must not wait for the acknowledgement of earlier data.
    let _ = stream.set_nodelay(true);
    let requests = &server.requests;
    let io = TokioIo::new(MonitoredStream::new(stream, connection.clone(), requests.is_https()));
    let service = service_fn(|request| requests.clone().answer(connection.clone(), request));
    if let Err(error) = server.http.serve_connection(io, service).await {
        tracing::debug!(%error, "connection ended with an error");
    }
}

/// Closes connections that take too long, forever.
async fn reap(registry: Arc<ConnectionRegistry>) {
    let mut ticks = interval(REAP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        registry.reap();
    }
}

/// Limits how often a warning is logged.
#[derive(Debug, Default)]
struct RateLimitedWarning(AtomicU64);

impl RateLimitedWarning {
    fn is_due(&self, now_ms: u64) -> bool {
        let next = self.0.load(Ordering::Relaxed);
        let due = now_ms >= next;
        due && self.0.compare_exchange(next, now_ms + WARNING_INTERVAL_MS, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

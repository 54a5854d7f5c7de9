//! The registry of open connections: admission, eviction and timeouts.

use super::{
    Limits,
    state::{CoarseClock, Connection, Phase, PhaseSince},
};
use crate::monotonic::MonotonicClock;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{task::AbortHandle, time::sleep};

/// At the connection limit, a connection whose request head is incomplete for longer than this may be evicted.
const MIN_EVICTION_AGE_MS: u64 = 1_000;
/// At the connection limit, this fraction of all connections is evicted together, so that not every new client searches
/// them.
const EVICTION_DIVISOR: usize = 32;
/// How often draining checks whether all connections are closed.
const DRAIN_INTERVAL: Duration = Duration::from_millis(20);

/// Why a connection was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdmitError {
    /// The total limit is reached, and all connections are busy.
    LimitReached,
    AddressLimitReached,
}

/// All open connections of a server.
#[derive(Debug)]
pub struct ConnectionRegistry {
    limits: Limits,
    clock: Arc<CoarseClock>,
    draining: AtomicBool,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    next_id: u64,
    connections: HashMap<u64, OpenConnection>,
    /// The number of connections per network.
    by_network: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct OpenConnection {
    connection: Arc<Connection>,
    task: Option<AbortHandle>,
}

impl OpenConnections {
    fn remove(&mut self, id: u64) -> Option<OpenConnection> {
        let entry = self.connections.remove(&id)?;
        let network = crate::auth::throttle::network_of(entry.connection.peer.ip());
        if let Some(count) = self.by_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.by_network.remove(&network);
            }
        }
        Some(entry)
    }

    /// Closes a connection if its phase has not changed since it was observed.
    fn close(&mut self, id: u64, observed: PhaseSince) -> bool {
        let closes = self.connections.get(&id).is_some_and(|entry| entry.connection.close_if(observed));
        if closes && let Some(OpenConnection { task: Some(task), .. }) = self.remove(id) {
            task.abort();
        }
        closes
    }

    /// The connections that match, longest in their phase first. Trusted proxies come last: they may be about to reuse
    /// theirs.
    fn oldest(&self, is_wanted: impl Fn(&Connection, PhaseSince) -> bool) -> Vec<(u64, PhaseSince)> {
        let mut found: Vec<_> = self
            .connections
            .iter()
            .map(|(id, entry)| (*id, &*entry.connection, entry.connection.phase_since()))
            .filter(|(_, connection, phase_since)| is_wanted(connection, *phase_since))
            .collect();
        found
            .sort_unstable_by_key(|(id, connection, phase_since)| (connection.is_trusted, phase_since.since_ms(), *id));
        found.into_iter().map(|(id, _, phase_since)| (id, phase_since)).collect()
    }
}

impl ConnectionRegistry {
    pub fn new(limits: Limits, monotonic: MonotonicClock) -> Self {
        Self { limits, clock: CoarseClock::start(monotonic), draining: AtomicBool::new(false), open: Mutex::default() }
    }

    pub fn clock(&self) -> Arc<CoarseClock> {
        self.clock.clone()
    }

    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a connection. At the limit, evicts idle or incomplete connections.
    ///
    /// # Errors
    /// Returns the limit that is reached.
    pub fn admit(self: &Arc<Self>, connection: &Arc<Connection>) -> Result<ConnectionSlot, AdmitError> {
        let network = crate::auth::throttle::network_of(connection.peer.ip());
        let mut open = self.open();
        let of_network = open.by_network.get(&network).copied().unwrap_or_default();
        if !connection.is_trusted && of_network >= self.limits.per_address {
            return Err(AdmitError::AddressLimitReached);
        }
        if open.connections.len() >= self.limits.connections && self.evict_from(&mut open) == 0 {
            return Err(AdmitError::LimitReached);
        }
        open.next_id += 1;
        let id = open.next_id;
        open.connections.insert(id, OpenConnection { connection: connection.clone(), task: None });
        *open.by_network.entry(network).or_default() += 1;
        Ok(ConnectionSlot { registry: self.clone(), id })
    }

    /// Sets the task that serves a connection.
    pub fn attach(&self, id: u64, task: AbortHandle) {
        if let Some(entry) = self.open().connections.get_mut(&id) {
            entry.task = Some(task);
        }
    }

    /// Evicts some connections, because the system cannot open more.
    pub fn evict(&self) {
        self.evict_from(&mut self.open());
    }

    /// Evicts idle connections, or if there are none, those with an incomplete request head. Returns their number.
    fn evict_from(&self, open: &mut OpenConnections) -> usize {
        let max_closed = (open.connections.len() / EVICTION_DIVISOR).max(1);
        let now = self.now_ms();
        let idle = open.oldest(|_, phase_since| phase_since.phase() == Phase::Idle);
        let half_open = || {
            open.oldest(|_, phase_since| {
                let is_incomplete = matches!(phase_since.phase(), Phase::New | Phase::ReadingHead);
                is_incomplete && now.saturating_sub(phase_since.since_ms()) > MIN_EVICTION_AGE_MS
            })
        };
        let candidates = if idle.is_empty() { half_open() } else { idle };
        candidates.into_iter().take(max_closed).filter(|(id, observed)| open.close(*id, *observed)).count()
    }

    /// Advances the clock and closes connections that exceeded a timeout.
    pub fn reap(&self) {
        self.clock.tick();
        let now = self.now_ms();
        let mut open = self.open();
        for (id, observed) in open.oldest(|connection, phase_since| self.is_overdue(connection, phase_since, now)) {
            open.close(id, observed);
        }
    }

    fn is_overdue(&self, connection: &Connection, phase_since: PhaseSince, now_ms: u64) -> bool {
        let is_longer_than =
            |since_ms: u64, timeout: Duration| u128::from(now_ms.saturating_sub(since_ms)) >= timeout.as_millis();
        let blocked =
            connection.blocked_since_ms().is_some_and(|since| is_longer_than(since, self.limits.write_timeout));
        blocked
            || match phase_since.phase() {
                Phase::New | Phase::ReadingHead => is_longer_than(phase_since.since_ms(), self.limits.header_timeout),
                Phase::Idle => is_longer_than(phase_since.since_ms(), self.limits.idle_timeout),
                Phase::Busy | Phase::Answered | Phase::Closing => false,
            }
    }

    /// Whether the server is shutting down, so that connections close after their response.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Closes connections as they become idle, and waits until all are closed.
    pub async fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        while !self.close_unused() {
            sleep(DRAIN_INTERVAL).await;
        }
    }

    /// Closes idle connections. Returns whether none is left.
    fn close_unused(&self) -> bool {
        let mut open = self.open();
        for (id, observed) in open.oldest(|_, phase_since| matches!(phase_since.phase(), Phase::Idle | Phase::New)) {
            open.close(id, observed);
        }
        open.connections.is_empty()
    }

    /// Closes all connections, including busy ones.
    pub fn close_all(&self) {
        let mut open = self.open();
        open.by_network.clear();
        for task in open.connections.drain().filter_map(|(_, entry)| entry.task) {
            task.abort();
        }
    }
}

/// A registered connection; dropping it removes the connection from the registry.
#[derive(Debug)]
pub struct ConnectionSlot {
    registry: Arc<ConnectionRegistry>,
    id: u64,
}

impl ConnectionSlot {
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.registry.open().remove(self.id);
    }
}

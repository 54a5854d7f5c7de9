//! The connections that are open: who may have another, and which have to go.

use super::{
    Limits,
    state::{CoarseClock, Connection, Moment, Phase},
};
use crate::http::client;
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

/// When all connections are used, a head that is incomplete for longer than this makes room for another client.
const PATIENCE_WHEN_FULL_MS: u64 = 1_000;
/// One part of so many is closed together when all are used, so that not every new client searches all connections.
const EVICTED_PART: usize = 32;
/// How often it is asked whether all connections are over when the server stops.
const DRAIN_INTERVAL: Duration = Duration::from_millis(20);

/// Why a connection is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There are as many as may be at all, and all of them are busy.
    AllUsed,
    /// There are as many from this address as may be.
    AddressUsed,
}

/// All connections of one server.
#[derive(Debug)]
pub struct Registry {
    limits: Limits,
    clock: Arc<CoarseClock>,
    draining: AtomicBool,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next_id: u64,
    connections: HashMap<u64, Entry>,
    /// How many there are from each network that has any.
    by_network: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Entry {
    connection: Arc<Connection>,
    task: Option<AbortHandle>,
}

impl Open {
    fn remove(&mut self, id: u64) -> Option<Entry> {
        let entry = self.connections.remove(&id)?;
        let network = client::network_of(entry.connection.peer.ip());
        if let Some(count) = self.by_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.by_network.remove(&network);
            }
        }
        Some(entry)
    }

    /// Closes a connection if it still does what it was seen doing.
    fn close(&mut self, id: u64, seen: Moment) -> bool {
        let closes = self.connections.get(&id).is_some_and(|entry| entry.connection.close_if(seen));
        if closes && let Some(Entry { task: Some(task), .. }) = self.remove(id) {
            task.abort();
        }
        closes
    }

    /// The connections that are in such a state, the longest in it first, proxies last: they may be about to use theirs.
    fn oldest(&self, is_wanted: impl Fn(&Connection, Moment) -> bool) -> Vec<(u64, Moment)> {
        let mut found: Vec<_> = self
            .connections
            .iter()
            .map(|(id, entry)| (*id, &*entry.connection, entry.connection.moment()))
            .filter(|(_, connection, moment)| is_wanted(connection, *moment))
            .collect();
        found.sort_unstable_by_key(|(id, connection, moment)| (connection.is_trusted, moment.since_ms(), *id));
        found.into_iter().map(|(id, _, moment)| (id, moment)).collect()
    }
}

impl Registry {
    /// No connection yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, clock: CoarseClock::start(), draining: AtomicBool::new(false), open: Mutex::default() }
    }

    /// Its clock.
    pub fn clock(&self) -> Arc<CoarseClock> {
        self.clock.clone()
    }

    /// The time of that clock.
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// The caps and timeouts.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up a connection; when all are used, it takes the place of one that nobody needs.
    ///
    /// # Errors
    /// There is no room.
    pub fn admit(self: &Arc<Self>, connection: &Arc<Connection>) -> Result<Slot, Refused> {
        let network = client::network_of(connection.peer.ip());
        let mut open = self.open();
        let of_network = open.by_network.get(&network).copied().unwrap_or_default();
        if !connection.is_trusted && of_network >= self.limits.per_address {
            return Err(Refused::AddressUsed);
        }
        if open.connections.len() >= self.limits.connections && self.evict_from(&mut open) == 0 {
            return Err(Refused::AllUsed);
        }
        open.next_id += 1;
        let id = open.next_id;
        open.connections.insert(id, Entry { connection: connection.clone(), task: None });
        *open.by_network.entry(network).or_default() += 1;
        Ok(Slot { registry: self.clone(), id })
    }

    /// Says which task serves a connection.
    pub fn attach(&self, id: u64, task: AbortHandle) {
        if let Some(entry) = self.open().connections.get_mut(&id) {
            entry.task = Some(task);
        }
    }

    /// Closes some connections that nobody needs, because the system has no room for another.
    pub fn evict(&self) {
        self.evict_from(&mut self.open());
    }

    /// Those that wait for another request go first, then those whose request has been coming for too long.
    fn evict_from(&self, open: &mut Open) -> usize {
        let most = (open.connections.len() / EVICTED_PART).max(1);
        let now = self.now_ms();
        let idle = open.oldest(|_, moment| moment.phase() == Phase::Idle);
        let half_open = || {
            open.oldest(|_, moment| {
                let is_incomplete = matches!(moment.phase(), Phase::Fresh | Phase::Head);
                is_incomplete && now.saturating_sub(moment.since_ms()) > PATIENCE_WHEN_FULL_MS
            })
        };
        let candidates = if idle.is_empty() { half_open() } else { idle };
        candidates.into_iter().take(most).filter(|(id, seen)| open.close(*id, *seen)).count()
    }

    /// Takes over the time, and closes what has taken too long.
    pub fn reap(&self) {
        self.clock.tick();
        let now = self.now_ms();
        let mut open = self.open();
        for (id, seen) in open.oldest(|connection, moment| self.is_overdue(connection, moment, now)) {
            open.close(id, seen);
        }
    }

    fn is_overdue(&self, connection: &Connection, moment: Moment, now_ms: u64) -> bool {
        let over =
            |since_ms: u64, timeout: Duration| u128::from(now_ms.saturating_sub(since_ms)) >= timeout.as_millis();
        let blocked = connection.blocked_since_ms().is_some_and(|since| over(since, self.limits.write_timeout));
        blocked
            || match moment.phase() {
                Phase::Fresh | Phase::Head => over(moment.since_ms(), self.limits.header_timeout),
                Phase::Idle => over(moment.since_ms(), self.limits.idle_timeout),
                Phase::Busy | Phase::Answered | Phase::Closing => false,
            }
    }

    /// Whether the server is about to stop, so that each connection ends with its response.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Closes every connection as soon as it has nothing to answer, until there is none.
    pub async fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        while !self.close_unused() {
            sleep(DRAIN_INTERVAL).await;
        }
    }

    /// Closes the connections that have nothing to answer; whether none is left.
    fn close_unused(&self) -> bool {
        let mut open = self.open();
        for (id, seen) in open.oldest(|_, moment| matches!(moment.phase(), Phase::Idle | Phase::Fresh)) {
            open.close(id, seen);
        }
        open.connections.is_empty()
    }

    /// Closes all connections, whatever they are doing.
    pub fn close_all(&self) {
        let mut open = self.open();
        open.by_network.clear();
        for task in open.connections.drain().filter_map(|(_, entry)| entry.task) {
            task.abort();
        }
    }
}

/// The place of a connection among those that are open; free again when it is dropped.
#[derive(Debug)]
pub struct Slot {
    registry: Arc<Registry>,
    id: u64,
}

impl Slot {
    /// Its number.
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.registry.open().remove(self.id);
    }
}

//! The state of a connection: its phase and since when, in one atomic number that its task and the reaper share without
//! a lock.

use crate::monotonic::MonotonicClock;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

/// The phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// No data was received yet.
    New,
    /// A request head is being received.
    ReadingHead,
    /// A request is being processed, for any time.
    Busy,
    /// The response is complete, but not flushed to the socket.
    Answered,
    /// Waiting for another request.
    Idle,
    /// Being closed by the reaper.
    Closing,
}

impl Phase {
    const ALL: [Self; 6] = [Self::New, Self::ReadingHead, Self::Busy, Self::Answered, Self::Idle, Self::Closing];
}

/// A phase and its start time, packed into one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseSince(u64);

impl PhaseSince {
    fn new(phase: Phase, since_ms: u64) -> Self {
        Self(since_ms << 8 | u64::from(phase as u8))
    }

    pub fn phase(self) -> Phase {
        Phase::ALL.get((self.0 & 0xff) as usize).copied().unwrap_or(Phase::Closing)
    }

    /// When the phase began, by [`CoarseClock`].
    pub fn since_ms(self) -> u64 {
        self.0 >> 8
    }
}

/// The time since the server started, as of the reaper's last tick. Reading it is cheap enough for each step of a
/// request.
#[derive(Debug)]
pub struct CoarseClock {
    monotonic: MonotonicClock,
    started: Instant,
    now_ms: AtomicU64,
}

impl CoarseClock {
    /// Starts at 1, so that 0 can mean "never".
    pub fn start(monotonic: MonotonicClock) -> Arc<Self> {
        Arc::new(Self { started: monotonic.now(), now_ms: AtomicU64::new(1), monotonic })
    }

    /// Updates the time.
    pub fn tick(&self) {
        let passed = u64::try_from(self.monotonic.since(self.started).as_millis()).unwrap_or(u64::MAX >> 8);
        self.now_ms.store(passed + 1, Ordering::Relaxed);
    }

    /// The time as of the last tick, in milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }
}

/// The state of a connection, shared by its task, its requests and the reaper.
#[derive(Debug)]
pub struct Connection {
    pub peer: SocketAddr,
    /// Whether the peer is a trusted proxy.
    pub is_trusted: bool,
    clock: Arc<CoarseClock>,
    phase_since: AtomicU64,
    /// Since when pending data could not be written; 0 if there is none.
    blocked_since_ms: AtomicU64,
    has_body_timed_out: AtomicBool,
}

impl Connection {
    pub fn new(peer: SocketAddr, is_trusted: bool, clock: Arc<CoarseClock>) -> Self {
        let phase_since = AtomicU64::new(PhaseSince::new(Phase::New, clock.now_ms()).0);
        Self {
            peer,
            is_trusted,
            clock,
            phase_since,
            blocked_since_ms: AtomicU64::new(0),
            has_body_timed_out: AtomicBool::new(false),
        }
    }

    /// The exact time, for what the coarse clock cannot measure.
    pub fn monotonic(&self) -> &MonotonicClock {
        &self.clock.monotonic
    }

    pub fn phase_since(&self) -> PhaseSince {
        PhaseSince(self.phase_since.load(Ordering::Relaxed))
    }

    /// Whether no request is being processed and no response is being sent.
    pub fn is_between_requests(&self) -> bool {
        matches!(self.phase_since().phase(), Phase::New | Phase::ReadingHead | Phase::Idle)
    }

    /// Data was received.
    pub fn received(&self) {
        let phase_since = self.phase_since();
        if matches!(phase_since.phase(), Phase::New | Phase::Idle) {
            self.enter(phase_since, Phase::ReadingHead);
        }
    }

    /// Begins a request. Returns `false` if the connection is being closed, so that the request must not be processed.
    pub fn begin(&self) -> bool {
        self.has_body_timed_out.store(false, Ordering::Relaxed);
        loop {
            let phase_since = self.phase_since();
            if phase_since.phase() == Phase::Closing {
                return false;
            }
            if self.enter(phase_since, Phase::Busy) {
                return true;
            }
        }
    }

    /// The response is complete.
    pub fn answered(&self) {
        let phase_since = self.phase_since();
        if phase_since.phase() == Phase::Busy {
            self.enter(phase_since, Phase::Answered);
        }
    }

    /// The socket was flushed.
    pub fn flushed(&self) {
        let phase_since = self.phase_since();
        if phase_since.phase() == Phase::Answered {
            self.enter(phase_since, Phase::Idle);
        }
    }

    pub fn write_blocked(&self) {
        if self.blocked_since_ms.load(Ordering::Relaxed) == 0 {
            self.blocked_since_ms.store(self.clock.now_ms(), Ordering::Relaxed);
        }
    }

    /// Data was written.
    pub fn written(&self) {
        if self.blocked_since_ms.load(Ordering::Relaxed) != 0 {
            self.blocked_since_ms.store(0, Ordering::Relaxed);
        }
    }

    /// Since when pending data could not be written.
    pub fn blocked_since_ms(&self) -> Option<u64> {
        Some(self.blocked_since_ms.load(Ordering::Relaxed)).filter(|since| *since != 0)
    }

    /// Records that the request body was not received in time.
    pub fn set_body_timed_out(&self) {
        self.has_body_timed_out.store(true, Ordering::Relaxed);
    }

    /// Whether the body of the current request was not received in time.
    pub fn has_body_timed_out(&self) -> bool {
        self.has_body_timed_out.load(Ordering::Relaxed)
    }

    /// Marks the connection as closing if its phase has not changed since it was observed: a request that has arrived
    /// meanwhile is processed.
    pub fn close_if(&self, observed: PhaseSince) -> bool {
        observed.phase() != Phase::Closing && self.enter(observed, Phase::Closing)
    }

    fn enter(&self, observed: PhaseSince, phase: Phase) -> bool {
        let next = PhaseSince::new(phase, self.clock.now_ms());
        self.phase_since.compare_exchange(observed.0, next.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_connection_is_not_closed_and_a_closed_one_begins_no_request() {
        let connection =
            Connection::new(([127, 0, 0, 1], 1).into(), false, CoarseClock::start(MonotonicClock::default()));
        let new = connection.phase_since();
        connection.received();
        assert!(!connection.close_if(new), "data has arrived meanwhile");
        let head = connection.phase_since();
        assert_eq!(head.phase(), Phase::ReadingHead);
        assert!(connection.begin() && !connection.close_if(head));
        connection.flushed();
        assert_eq!(connection.phase_since().phase(), Phase::Busy, "a flush before the end of the response");
        connection.answered();
        connection.flushed();
        assert_eq!(connection.phase_since().phase(), Phase::Idle);
        assert!(connection.close_if(connection.phase_since()));
        connection.received();
        assert!(!connection.begin());
    }
}

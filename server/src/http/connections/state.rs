//! What a connection is doing and since when, in one number that its task and the reaper read and change without a lock.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing has come yet.
    Fresh,
    /// A request has begun to come.
    Head,
    /// A request is being answered, however long that takes.
    Busy,
    /// The response is complete, but not yet handed to the system.
    Answered,
    /// It waits for another request.
    Idle,
    /// The reaper closes it.
    Closing,
}

impl Phase {
    const ALL: [Self; 6] = [Self::Fresh, Self::Head, Self::Busy, Self::Answered, Self::Idle, Self::Closing];
}

/// A phase and since when it lasts, packed into one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(u64);

impl Moment {
    fn new(phase: Phase, since_ms: u64) -> Self {
        Self(since_ms << 8 | u64::from(phase as u8))
    }

    /// The phase.
    pub fn phase(self) -> Phase {
        Phase::ALL.get((self.0 & 0xff) as usize).copied().unwrap_or(Phase::Closing)
    }

    /// Since when it lasts.
    pub fn since_ms(self) -> u64 {
        self.0 >> 8
    }
}

/// The time since the server started, as of the reaper's last tick: cheap enough to be read at each step of a request.
#[derive(Debug)]
pub struct CoarseClock {
    started: Instant,
    now_ms: AtomicU64,
}

impl CoarseClock {
    /// It begins at 1, so that 0 can stand for "never".
    pub fn start() -> Arc<Self> {
        Arc::new(Self { started: Instant::now(), now_ms: AtomicU64::new(1) })
    }

    /// Takes over the present time.
    pub fn tick(&self) {
        let passed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX >> 8);
        self.now_ms.store(passed + 1, Ordering::Relaxed);
    }

    /// The time at the last tick.
    pub fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }
}

/// A connection, as its task, its requests and the reaper see it.
#[derive(Debug)]
pub struct Connection {
    /// The other end.
    pub peer: SocketAddr,
    /// Whether that is a proxy that speaks for many.
    pub is_trusted: bool,
    clock: Arc<CoarseClock>,
    moment: AtomicU64,
    /// Since when the client has not taken a byte of what is ready for it; 0 if nothing waits.
    blocked_since_ms: AtomicU64,
    is_body_late: AtomicBool,
}

impl Connection {
    /// One that was just accepted.
    pub fn new(peer: SocketAddr, is_trusted: bool, clock: Arc<CoarseClock>) -> Self {
        let moment = AtomicU64::new(Moment::new(Phase::Fresh, clock.now_ms()).0);
        Self {
            peer,
            is_trusted,
            clock,
            moment,
            blocked_since_ms: AtomicU64::new(0),
            is_body_late: AtomicBool::new(false),
        }
    }

    /// What it is doing.
    pub fn moment(&self) -> Moment {
        Moment(self.moment.load(Ordering::Relaxed))
    }

    /// Whether no request is being answered, nor its response sent.
    pub fn is_between_requests(&self) -> bool {
        matches!(self.moment().phase(), Phase::Fresh | Phase::Head | Phase::Idle)
    }

    /// Bytes have come.
    pub fn received(&self) {
        let moment = self.moment();
        if matches!(moment.phase(), Phase::Fresh | Phase::Idle) {
            self.enter(moment, Phase::Head);
        }
    }

    /// A request has come; false if the connection is being closed, so that nothing must be begun.
    pub fn begin(&self) -> bool {
        self.is_body_late.store(false, Ordering::Relaxed);
        loop {
            let moment = self.moment();
            if moment.phase() == Phase::Closing {
                return false;
            }
            if self.enter(moment, Phase::Busy) {
                return true;
            }
        }
    }

    /// The response is complete.
    pub fn answered(&self) {
        let moment = self.moment();
        if moment.phase() == Phase::Busy {
            self.enter(moment, Phase::Answered);
        }
    }

    /// All that was written has been handed to the system.
    pub fn flushed(&self) {
        let moment = self.moment();
        if moment.phase() == Phase::Answered {
            self.enter(moment, Phase::Idle);
        }
    }

    /// The client takes nothing more for now.
    pub fn write_blocked(&self) {
        if self.blocked_since_ms.load(Ordering::Relaxed) == 0 {
            self.blocked_since_ms.store(self.clock.now_ms(), Ordering::Relaxed);
        }
    }

    /// The client has taken something.
    pub fn written(&self) {
        if self.blocked_since_ms.load(Ordering::Relaxed) != 0 {
            self.blocked_since_ms.store(0, Ordering::Relaxed);
        }
    }

    /// Since when the client has taken nothing although something waits.
    pub fn blocked_since_ms(&self) -> Option<u64> {
        Some(self.blocked_since_ms.load(Ordering::Relaxed)).filter(|since| *since != 0)
    }

    /// The body of the request did not come in time.
    pub fn body_is_late(&self) {
        self.is_body_late.store(true, Ordering::Relaxed);
    }

    /// Whether the body of this request did not come in time.
    pub fn is_body_late(&self) -> bool {
        self.is_body_late.load(Ordering::Relaxed)
    }

    /// Marks it as being closed if it still does what it was seen doing: a request that has come meanwhile is answered.
    pub fn close_if(&self, seen: Moment) -> bool {
        seen.phase() != Phase::Closing && self.enter(seen, Phase::Closing)
    }

    fn enter(&self, seen: Moment, phase: Phase) -> bool {
        let next = Moment::new(phase, self.clock.now_ms());
        self.moment.compare_exchange(seen.0, next.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_has_come_is_not_closed_and_a_closed_connection_begins_none() {
        let connection = Connection::new(([127, 0, 0, 1], 1).into(), false, CoarseClock::start());
        let fresh = connection.moment();
        connection.received();
        assert!(!connection.close_if(fresh), "something has come meanwhile");
        let head = connection.moment();
        assert_eq!(head.phase(), Phase::Head);
        assert!(connection.begin() && !connection.close_if(head));
        connection.flushed();
        assert_eq!(connection.moment().phase(), Phase::Busy, "what is flushed is not the whole response");
        connection.answered();
        connection.flushed();
        assert_eq!(connection.moment().phase(), Phase::Idle);
        assert!(connection.close_if(connection.moment()));
        connection.received();
        assert!(!connection.begin());
    }
}

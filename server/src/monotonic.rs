//! The monotonic clock: ages and deadlines that no change of the wall clock affects. All code takes it as an argument,
//! so that a test makes something old by moving the clock instead of sleeping.
//!
//! Timers (`tokio::time::sleep`, `interval`, `timeout`) are not ages: they run by the real time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The time since some moment. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct MonotonicClock {
    /// How far tests have moved it ahead of the real time, in microseconds.
    ahead_us: Arc<AtomicU64>,
}

impl MonotonicClock {
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the monotonic clock")]
    pub fn now(&self) -> Instant {
        Instant::now() + Duration::from_micros(self.ahead_us.load(Ordering::Relaxed))
    }

    /// The time that has passed since then.
    pub fn since(&self, then: Instant) -> Duration {
        self.now().saturating_duration_since(then)
    }

    /// The time that is left until then.
    pub fn until(&self, then: Instant) -> Duration {
        then.saturating_duration_since(self.now())
    }

    /// Moves the clock ahead, for tests.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        self.ahead_us.fetch_add(by, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_moved_together() {
        let clock = MonotonicClock::default();
        let (then, other) = (clock.now(), clock.clone());
        other.advance(Duration::from_secs(3_600));
        assert!(clock.since(then) >= Duration::from_secs(3_600));
        assert_eq!(clock.until(then), Duration::ZERO);
        assert!(clock.until(then + Duration::from_secs(7_200)) <= Duration::from_secs(3_600));
    }
}

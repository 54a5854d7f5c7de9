//! Discards the cached plans of PostgreSQL connections from time to time. While a table grows, a plan that was best a
//! moment ago soon scans all of it.

use crate::monotonic::MonotonicClock;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often one of the connections discards its plans. They take turns.
const DISCARD_INTERVAL: Duration = Duration::from_secs(1);

/// When plans were last discarded.
#[derive(Debug)]
pub(super) struct PlanDiscardTimer {
    monotonic: MonotonicClock,
    last: Mutex<Instant>,
}

impl PlanDiscardTimer {
    /// Starts the first interval.
    pub fn new(monotonic: MonotonicClock) -> Self {
        Self { last: Mutex::new(monotonic.now()), monotonic }
    }

    /// Whether the caller is to discard the plans of its connection. Returns true to one caller per interval.
    pub fn take_due(&self) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.monotonic.now();
        let is_due = now.saturating_duration_since(*last) >= DISCARD_INTERVAL;
        if is_due {
            *last = now;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_connection_per_interval_discards_its_plans() {
        let monotonic = MonotonicClock::default();
        let timer = PlanDiscardTimer::new(monotonic.clone());
        assert!(!timer.take_due(), "the interval has just begun");
        for _ in 0..2 {
            monotonic.advance(DISCARD_INTERVAL);
            assert!(timer.take_due() && !timer.take_due(), "one, and no other");
        }
    }
}

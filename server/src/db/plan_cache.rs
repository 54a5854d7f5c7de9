//! Discards the cached plans of PostgreSQL connections from time to time. While a table grows, a plan that was best a
//! moment ago soon scans all of it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often one of the connections discards its plans. They take turns.
const DISCARD_INTERVAL: Duration = Duration::from_secs(1);

/// When plans were last discarded.
#[derive(Debug)]
pub(super) struct PlanDiscardTimer(Mutex<Instant>);

impl Default for PlanDiscardTimer {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl PlanDiscardTimer {
    /// Whether the caller is to discard the plans of its connection. Returns true to one caller per interval.
    pub fn take_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.elapsed() >= DISCARD_INTERVAL;
        if is_due {
            *last = Instant::now();
        }
        is_due
    }
}

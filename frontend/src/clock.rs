//! The server's time, ticking once a second.

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;
use std::time::Duration;

/// The local clock, corrected by its offset to the server's clock.
#[derive(Clone, Copy)]
pub struct Clock {
    local_ms: RwSignal<f64>,
    offset_ms: RwSignal<f64>,
    /// Changes every few seconds.
    coarse: Memo<i64>,
}

/// How far the age of something older than a minute may be behind.
const COARSE_SECONDS: f64 = 5.0;

impl Clock {
    /// Starts the clock and provides it as a context.
    pub fn provide() -> Self {
        let local_ms = RwSignal::new(js_sys::Date::now());
        #[expect(clippy::cast_possible_truncation, reason = "a number of seconds")]
        let coarse = Memo::new(move |_| (local_ms.get() / 1_000.0 / COARSE_SECONDS) as i64);
        let clock = Self { local_ms, offset_ms: RwSignal::new(0.0), coarse };
        let tick = move || clock.local_ms.set(js_sys::Date::now());
        if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
        provide_context(clock);
        clock
    }

    /// The clock from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// The current time; tracked, so it updates every second.
    pub fn now(self) -> DateTime<Utc> {
        at(self.local_ms.get() + self.offset_ms.get())
    }

    /// The server's time at a time of the local clock, in milliseconds since 1970.
    pub fn of_local(self, local_ms: f64) -> DateTime<Utc> {
        at(local_ms + self.offset_ms.get())
    }

    /// The current time, untracked.
    pub fn now_untracked(self) -> DateTime<Utc> {
        at(js_sys::Date::now() + self.offset_ms.get_untracked())
    }

    /// The time since `then`, at least zero; tracked. It updates every second in the first minute, then every few
    /// seconds, because it is shown in minutes.
    pub fn since(self, then: DateTime<Utc>) -> TimeDelta {
        let age = self.now_untracked() - then;
        if age < TimeDelta::minutes(1) { (self.now() - then).max(TimeDelta::zero()) } else { self.coarse_since(then) }
    }

    /// The time since `then`, at least zero; tracked, but it updates every few seconds only.
    pub fn coarse_since(self, then: DateTime<Utc>) -> TimeDelta {
        self.coarse.track();
        self.offset_ms.track();
        (self.now_untracked() - then).max(TimeDelta::zero())
    }

    /// The time until `then`, at least zero; tracked.
    pub fn until(self, then: DateTime<Utc>) -> TimeDelta {
        (then - self.now()).max(TimeDelta::zero())
    }

    /// Takes over the server's time. Small differences are network latency and are ignored.
    pub fn synchronize(self, server: DateTime<Utc>) {
        let offset_ms = millis(server) - js_sys::Date::now();
        if (offset_ms - self.offset_ms.get_untracked()).abs() > 1_500.0 {
            self.offset_ms.set(offset_ms);
        }
    }
}

/// Milliseconds since 1970, as JavaScript represents a time.
#[expect(clippy::cast_precision_loss, reason = "exact for the next 285,000 years")]
pub fn millis(time: DateTime<Utc>) -> f64 {
    time.timestamp_millis() as f64
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date fit")]
fn at(millis: f64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis as i64).unwrap_or_default()
}

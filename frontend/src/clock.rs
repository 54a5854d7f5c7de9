//! The time as the server tells it, with a tick each second for all that counts.

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;
use std::time::Duration;

/// One tick per second, corrected by how far this machine's clock is off the server's.
#[derive(Clone, Copy)]
pub struct Clock {
    here: RwSignal<f64>,
    ahead: RwSignal<f64>,
}

impl Clock {
    /// Starts to tick and puts itself into the context.
    pub fn provide() -> Self {
        let clock = Self { here: RwSignal::new(js_sys::Date::now()), ahead: RwSignal::new(0.0) };
        let tick = move || clock.here.set(js_sys::Date::now());
        if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
        provide_context(clock);
        clock
    }

    /// The clock of the app.
    pub fn get() -> Self {
        expect_context()
    }

    /// Now; whoever asks is asked again each second.
    pub fn now(self) -> DateTime<Utc> {
        at(self.here.get() + self.ahead.get())
    }

    /// Now, once.
    pub fn once(self) -> DateTime<Utc> {
        at(js_sys::Date::now() + self.ahead.get_untracked())
    }

    /// How long ago; never negative.
    pub fn since(self, then: DateTime<Utc>) -> TimeDelta {
        (self.now() - then).max(TimeDelta::zero())
    }

    /// How long it still is; never negative.
    pub fn until(self, then: DateTime<Utc>) -> TimeDelta {
        (then - self.now()).max(TimeDelta::zero())
    }

    /// The server said its time. Small differences are the way through the network and are left alone.
    pub fn set_by(self, server: DateTime<Utc>) {
        let ahead = millis(server) - js_sys::Date::now();
        if (ahead - self.ahead.get_untracked()).abs() > 1_500.0 {
            self.ahead.set(ahead);
        }
    }
}

/// Milliseconds since 1970, as JavaScript counts them.
#[expect(clippy::cast_precision_loss, reason = "exact for the next 285,000 years")]
pub fn millis(time: DateTime<Utc>) -> f64 {
    time.timestamp_millis() as f64
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date fit")]
fn at(millis: f64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis as i64).unwrap_or_default()
}

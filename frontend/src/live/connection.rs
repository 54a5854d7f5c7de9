//! Whether what the page shows is up to date. Pure logic: the time is an argument, in milliseconds since 1970 by the
//! local clock.

use super::election::SILENCE_TIMEOUT_MS;

/// How often the state is requested while the stream delivers nothing.
const POLL_INTERVAL_MS: f64 = 10_000.0;
/// The time between losing the stream and the first such request: most streams are back by then.
const FIRST_POLL_DELAY_MS: f64 = 2_000.0;
/// How long the first message may take. A working stream delivers it at once, one that another tab passes on within the
/// time between two `alive` events.
const FIRST_MESSAGE_TIMEOUT_MS: f64 = 6_000.0;

/// Whether the page is up to date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConnectionStatus {
    /// Nothing has arrived yet.
    Connecting,
    /// Changes arrive as they happen.
    Live,
    /// The stream delivers nothing, as behind a proxy that holds it back; the state was requested at this time.
    Polling(f64),
    /// Nothing arrives; the state is as of this time.
    Lost(f64),
}

impl ConnectionStatus {
    /// The time of the state, if it is not live.
    pub const fn outdated_since(self) -> Option<f64> {
        match self {
            Self::Polling(at) | Self::Lost(at) => Some(at),
            Self::Connecting | Self::Live => None,
        }
    }
}

/// Watches what arrives.
#[derive(Clone, Debug)]
pub struct ConnectionMonitor {
    status: ConnectionStatus,
    /// When the last message arrived, or waiting for it began.
    heard_at: f64,
    /// Whether a message of the stream has ever arrived.
    has_heard: bool,
    /// When the state is to be requested next, while there is no stream.
    poll_at: f64,
}

impl ConnectionMonitor {
    /// Begins to wait for a first message.
    pub const fn new(now: f64) -> Self {
        Self { status: ConnectionStatus::Connecting, heard_at: now, has_heard: false, poll_at: now }
    }

    /// Whether the page is up to date.
    pub const fn status(&self) -> ConnectionStatus {
        self.status
    }

    /// A message of the stream has arrived.
    pub const fn on_message(&mut self, now: f64) {
        self.heard_at = now;
        self.has_heard = true;
        self.status = ConnectionStatus::Live;
    }

    /// The whole state has arrived in answer to a request.
    pub const fn on_snapshot(&mut self, now: f64) {
        match self.status {
            ConnectionStatus::Live => {}
            ConnectionStatus::Connecting => {
                self.heard_at = now;
                self.status = ConnectionStatus::Live;
            }
            ConnectionStatus::Lost(_) | ConnectionStatus::Polling(_) => self.status = ConnectionStatus::Polling(now),
        }
    }

    /// The request for the state has failed.
    pub const fn on_failed_poll(&mut self) {
        if let ConnectionStatus::Polling(at) = self.status {
            self.status = ConnectionStatus::Lost(at);
        }
    }

    /// The stream has broken.
    pub const fn on_lost(&mut self, now: f64) {
        if matches!(self.status, ConnectionStatus::Connecting | ConnectionStatus::Live) {
            self.status = ConnectionStatus::Lost(self.heard_at);
            self.poll_at = if self.has_heard { now + FIRST_POLL_DELAY_MS } else { now };
        }
    }

    /// Notices silence; returns true if that breaks the connection.
    pub fn check(&mut self, now: f64) -> bool {
        let timeout = if self.has_heard { SILENCE_TIMEOUT_MS } else { FIRST_MESSAGE_TIMEOUT_MS };
        let is_silent = now - self.heard_at > timeout;
        let breaks = is_silent && self.status.outdated_since().is_none();
        if breaks {
            self.on_lost(now);
        }
        breaks
    }

    /// Whether the state is to be requested now.
    pub fn take_due_poll(&mut self, now: f64) -> bool {
        let is_due = self.status.outdated_since().is_some() && now >= self.poll_at;
        if is_due {
            self.poll_at = now + POLL_INTERVAL_MS;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn live() -> ConnectionMonitor {
        let mut monitor = ConnectionMonitor::new(0.0);
        monitor.on_message(1_000.0);
        monitor
    }

    #[wasm_bindgen_test]
    fn silence_is_noticed_after_twelve_seconds_and_dated_to_the_last_message() {
        let mut monitor = live();
        assert!(!monitor.check(13_000.0));
        assert_eq!(monitor.status(), ConnectionStatus::Live);
        assert!(monitor.check(13_001.0));
        assert_eq!(monitor.status(), ConnectionStatus::Lost(1_000.0));
        assert!(!monitor.check(14_000.0), "it is noticed once");
        monitor.on_message(20_000.0);
        assert_eq!(monitor.status(), ConnectionStatus::Live);
    }

    #[wasm_bindgen_test]
    fn a_page_that_never_hears_anything_says_so() {
        let mut monitor = ConnectionMonitor::new(0.0);
        assert!(!monitor.check(6_000.0) && monitor.check(6_001.0));
        assert_eq!(monitor.status(), ConnectionStatus::Lost(0.0));
    }

    #[wasm_bindgen_test]
    fn a_stream_that_is_held_back_is_noticed_soon_and_the_state_is_requested_at_once() {
        let mut monitor = ConnectionMonitor::new(0.0);
        monitor.on_snapshot(500.0);
        assert_eq!(monitor.status(), ConnectionStatus::Live);
        assert!(monitor.check(6_501.0) && monitor.take_due_poll(6_501.0));
        monitor.on_snapshot(6_600.0);
        assert_eq!(monitor.status(), ConnectionStatus::Polling(6_600.0));
    }

    #[wasm_bindgen_test]
    fn without_a_stream_the_state_is_requested_every_ten_seconds() {
        let mut monitor = live();
        assert!(!monitor.take_due_poll(2_000.0), "it is live");
        monitor.on_lost(2_000.0);
        assert!(!monitor.take_due_poll(3_000.0), "the stream may be back in a moment");
        assert!(monitor.take_due_poll(4_000.0) && !monitor.take_due_poll(5_000.0));
        monitor.on_snapshot(5_000.0);
        assert_eq!(monitor.status(), ConnectionStatus::Polling(5_000.0));
        assert!(!monitor.take_due_poll(13_999.0) && monitor.take_due_poll(14_000.0));
        monitor.on_failed_poll();
        assert_eq!(monitor.status(), ConnectionStatus::Lost(5_000.0), "the server is gone, too");
        monitor.on_snapshot(25_000.0);
        assert_eq!(monitor.status(), ConnectionStatus::Polling(25_000.0));
    }

    #[wasm_bindgen_test]
    fn a_snapshot_beside_the_stream_changes_nothing() {
        let mut monitor = live();
        monitor.on_snapshot(12_000.0);
        assert!(monitor.check(13_001.0), "only the stream counts");
    }
}

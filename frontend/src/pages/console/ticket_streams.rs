//! Keeps tickets alive through their event streams. A hidden tab's timers are throttled, its streams are not, and the
//! browser closes them together with the page.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::TicketId;
use std::collections::BTreeMap;
use web_sys::EventSource;

/// Minimum time between two attempts to reopen a refused stream.
const REOPEN_INTERVAL: TimeDelta = TimeDelta::seconds(3);

/// One event stream per ticket. Its messages are ignored, because the live feed carries the same data.
#[derive(Default)]
pub struct TicketStreams(BTreeMap<TicketId, TicketStream>);

#[derive(Default)]
struct TicketStream {
    source: Option<EventSource>,
    tried_at: Option<DateTime<Utc>>,
}

impl Drop for TicketStream {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            source.close();
        }
    }
}

impl TicketStreams {
    /// Opens streams for these tickets and closes all others.
    pub fn set_tickets(&mut self, ids: &[TicketId]) {
        self.0.retain(|id, _| ids.contains(id));
        for id in ids {
            self.0.entry(*id).or_insert_with(|| TicketStream { source: open(*id), tried_at: None });
        }
    }

    /// Reopens streams that the server refused. The browser reconnects broken ones itself.
    pub fn reopen_refused(&mut self, now: DateTime<Utc>) {
        for (id, stream) in &mut self.0 {
            let closed = stream.source.as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED);
            if closed && stream.tried_at.is_none_or(|tried_at| tried_at + REOPEN_INTERVAL <= now) {
                *stream = TicketStream { source: open(*id), tried_at: Some(now) };
            }
        }
    }
}

fn open(id: TicketId) -> Option<EventSource> {
    // Fails only for an invalid URL.
    EventSource::new(&format!("/api/v1/tickets/{id}/events")).ok()
}

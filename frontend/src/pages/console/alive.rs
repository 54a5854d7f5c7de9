//! Keeps tickets alive: the server counts a ticket's event stream as its client's sign of life. A stream, unlike a timer,
//! is not slowed down in a window out of sight, and ends by itself with the page.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::TicketId;
use std::collections::BTreeMap;
use web_sys::EventSource;

/// So long after a stream was refused it is not tried again.
const PAUSE: TimeDelta = TimeDelta::seconds(3);

/// One stream for each ticket. What it says is not listened to: the live feed says the same.
#[derive(Default)]
pub struct Lines(BTreeMap<TicketId, Line>);

#[derive(Default)]
struct Line {
    source: Option<EventSource>,
    tried: Option<DateTime<Utc>>,
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            source.close();
        }
    }
}

impl Lines {
    /// Keeps these tickets alive and no others.
    pub fn keep(&mut self, ids: &[TicketId]) {
        self.0.retain(|id, _| ids.contains(id));
        for id in ids {
            self.0.entry(*id).or_insert_with(|| Line { source: open(*id), tried: None });
        }
    }

    /// A stream that broke comes back by itself; one that the server refused does not.
    pub fn mend(&mut self, now: DateTime<Utc>) {
        for (id, line) in &mut self.0 {
            let closed = line.source.as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED);
            if closed && line.tried.is_none_or(|tried| tried + PAUSE <= now) {
                *line = Line { source: open(*id), tried: Some(now) };
            }
        }
    }
}

fn open(id: TicketId) -> Option<EventSource> {
    // Fails only for addresses that are none.
    EventSource::new(&format!("/api/v1/tickets/{id}/events")).ok()
}

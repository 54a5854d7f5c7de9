//! The state of licenses, sessions and queues, as received from the live feed.

use crate::monotonic::MonotonicClock;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_client::LiveEvent;
use seatkeeper_shared::{
    ids::{LicenseId, SessionId},
    session::SessionState,
    wire::{licenses::LicenseView, live::Contact, queue::QueueView, sessions::SessionView},
};
use serde_json::json;
use std::{collections::BTreeMap, time::Instant};

/// The current licenses, sessions and queues.
#[derive(Debug, Default)]
pub struct StatusSnapshot {
    /// Licenses, in the server's order.
    pub licenses: Vec<LicenseView>,
    /// The live sessions.
    pub sessions: BTreeMap<SessionId, SessionView>,
    /// The queues of licenses; some may be empty.
    pub queues: BTreeMap<LicenseId, QueueView>,
    /// Why the connection is lost, if it is.
    pub disconnected: Option<String>,
    /// The server's time in the last message, and when that message arrived.
    server_time: Option<(DateTime<Utc>, Instant)>,
    monotonic: MonotonicClock,
}

impl StatusSnapshot {
    /// Nothing is known yet. The ages of messages run by this clock.
    pub fn new(monotonic: MonotonicClock) -> Self {
        Self { monotonic, ..Self::default() }
    }

    /// Whether a first message has been applied.
    pub fn is_loaded(&self) -> bool {
        self.server_time.is_some()
    }

    /// The server's time: that of the last message, plus the time since its arrival.
    pub fn now(&self) -> DateTime<Utc> {
        let Some((at, received)) = self.server_time else { return DateTime::UNIX_EPOCH };
        at + TimeDelta::from_std(self.monotonic.since(received)).unwrap_or_default()
    }

    pub fn mark_disconnected(&mut self, reason: String) {
        self.disconnected = Some(reason);
    }

    /// Applies a message of the live feed.
    pub fn apply(&mut self, message: LiveEvent) {
        match message {
            LiveEvent::Snapshot(snapshot) => {
                self.set_server_time(snapshot.at);
                self.licenses = snapshot.licenses;
                self.sessions = snapshot.sessions.into_iter().map(|session| (session.id, session)).collect();
                self.queues = snapshot.queues.into_iter().map(|queue| (queue.license_id, queue)).collect();
            }
            LiveEvent::Change(change) => {
                self.set_server_time(change.at);
                change.licenses.into_iter().for_each(|license| self.replace_license(license));
                for session in change.sessions {
                    match session.state {
                        SessionState::Ended => self.sessions.remove(&session.id),
                        _ => self.sessions.insert(session.id, session),
                    };
                }
                self.queues.extend(change.queues.into_iter().map(|queue| (queue.license_id, queue)));
            }
            LiveEvent::Contacts(contacts) => {
                self.set_server_time(contacts.at);
                contacts.contacts.into_iter().for_each(|contact| self.update_contact(&contact));
            }
            LiveEvent::Alive(alive) => self.set_server_time(alive.at),
            LiveEvent::Resync => {}
        }
    }

    fn set_server_time(&mut self, at: DateTime<Utc>) {
        self.server_time = Some((at, self.monotonic.now()));
        self.disconnected = None;
    }

    fn replace_license(&mut self, license: LicenseView) {
        match self.licenses.iter_mut().find(|existing| existing.id == license.id) {
            Some(existing) => *existing = license,
            None => self.licenses.push(license),
        }
    }

    fn update_contact(&mut self, contact: &Contact) {
        if let Some(session) = self.sessions.get_mut(&contact.id) {
            (session.last_seen_at, session.lease_until) = (contact.last_seen_at, contact.lease_until);
        }
    }

    /// The state as JSON, for `--json`.
    pub fn json(&self) -> serde_json::Value {
        json!({
            "at": self.now(), "licenses": self.licenses,
            "sessions": self.sessions.values().collect::<Vec<_>>(),
            "queues": self.queues.values().filter(|queue| !queue.tickets.is_empty()).collect::<Vec<_>>(),
        })
    }
}

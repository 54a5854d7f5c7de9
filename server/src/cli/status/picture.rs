//! What the live feed has told so far.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_client::Told;
use seatkeeper_shared::{
    ids::{LicenseId, SessionId},
    session::SessionState,
    wire::{licenses::LicenseView, live::Contact, queue::QueueView, sessions::SessionView},
};
use serde_json::json;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Licenses, sessions and lines as they are now.
#[derive(Debug, Default)]
pub struct Picture {
    /// Licenses, in the server's order.
    pub licenses: Vec<LicenseView>,
    /// Live sessions.
    pub sessions: BTreeMap<SessionId, SessionView>,
    /// Lines in which somebody waits.
    pub queues: BTreeMap<LicenseId, QueueView>,
    /// Why it is not the present state, if so.
    pub away: Option<String>,
    at: Option<(DateTime<Utc>, Instant)>,
}

impl Picture {
    /// Whether a snapshot has come.
    pub fn is_there(&self) -> bool {
        self.at.is_some()
    }

    /// The server's time: as it was last told, and what has passed since.
    pub fn now(&self) -> DateTime<Utc> {
        let (at, heard) = self.at.unwrap_or_else(|| (DateTime::UNIX_EPOCH, Instant::now()));
        at + TimeDelta::from_std(heard.elapsed()).unwrap_or_default()
    }

    /// The connection is lost.
    pub fn away(&mut self, why: String) {
        self.away = Some(why);
    }

    /// Takes in what was told.
    pub fn take(&mut self, told: Told) {
        match told {
            Told::Snapshot(snapshot) => {
                self.heard(snapshot.at);
                self.licenses = snapshot.licenses;
                self.sessions = snapshot.sessions.into_iter().map(|session| (session.id, session)).collect();
                self.queues = snapshot.queues.into_iter().map(|queue| (queue.license_id, queue)).collect();
            }
            Told::Change(change) => {
                self.heard(change.at);
                change.licenses.into_iter().for_each(|license| self.license(license));
                for session in change.sessions {
                    match session.state {
                        SessionState::Ended => self.sessions.remove(&session.id),
                        _ => self.sessions.insert(session.id, session),
                    };
                }
                self.queues.extend(change.queues.into_iter().map(|queue| (queue.license_id, queue)));
            }
            Told::Contacts(contacts) => {
                self.heard(contacts.at);
                contacts.contacts.into_iter().for_each(|contact| self.contact(&contact));
            }
            Told::Alive(alive) => self.heard(alive.at),
            Told::Resync => {}
        }
    }

    fn heard(&mut self, at: DateTime<Utc>) {
        self.at = Some((at, Instant::now()));
        self.away = None;
    }

    fn license(&mut self, license: LicenseView) {
        match self.licenses.iter_mut().find(|known| known.id == license.id) {
            Some(known) => *known = license,
            None => self.licenses.push(license),
        }
    }

    fn contact(&mut self, contact: &Contact) {
        if let Some(session) = self.sessions.get_mut(&contact.id) {
            (session.last_seen_at, session.lease_until) = (contact.last_seen_at, contact.lease_until);
        }
    }

    /// Everything, for programs.
    pub fn json(&self) -> serde_json::Value {
        json!({
            "at": self.now(), "licenses": self.licenses,
            "sessions": self.sessions.values().collect::<Vec<_>>(),
            "queues": self.queues.values().filter(|queue| !queue.tickets.is_empty()).collect::<Vec<_>>(),
        })
    }
}

//! When the devices of sessions last sent a heartbeat, as the feed reports it.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::SessionId,
    wire::{
        live::{Contact, Contacts},
        sessions::SessionView,
    },
};
use std::collections::{BTreeMap, HashMap};

/// The last heartbeat of each session, newer than `last_seen_at` of the session itself.
#[derive(Clone, Debug, Default)]
pub struct LastContacts(HashMap<SessionId, Contact>);

impl LastContacts {
    /// Records the heartbeats of one message.
    pub fn record(&mut self, contacts: Contacts) {
        self.0.extend(contacts.contacts.into_iter().map(|contact| (contact.id, contact)));
    }

    /// Retains only the entries of these live sessions.
    pub fn retain(&mut self, sessions: &BTreeMap<SessionId, SessionView>) {
        self.0.retain(|id, _| sessions.contains_key(id));
    }

    /// The latest contact of a session.
    pub fn of(&self, session: &SessionView) -> Contact {
        let own = Contact { id: session.id, last_seen_at: session.last_seen_at, lease_until: session.lease_until };
        match self.0.get(&session.id) {
            Some(newer) if newer.last_seen_at > own.last_seen_at => newer.clone(),
            _ => own,
        }
    }
}

/// Whether contact is considered lost: less than half of the lease is left.
pub fn is_contact_lost(contact: &Contact, now: DateTime<Utc>) -> bool {
    let lease = contact.lease_until - contact.last_seen_at;
    (contact.lease_until - now) * 2 < lease
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, session};
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn contact_is_lost_after_half_of_the_lease() {
        let mut contacts = LastContacts::default();
        let session = session(1);
        assert!(!is_contact_lost(&contacts.of(&session), at(59)));
        assert!(is_contact_lost(&contacts.of(&session), at(61)), "the lease is 120 seconds");
        let contact = Contact { id: session.id, last_seen_at: at(30), lease_until: at(150) };
        contacts.record(Contacts { at: at(30), contacts: vec![contact] });
        assert!(!is_contact_lost(&contacts.of(&session), at(61)), "there was a heartbeat since");
    }
}

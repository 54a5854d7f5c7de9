//! The hash chain over the event log, which shows whether somebody has tampered with it.
//!
//! Events are not chained when they are written: that would make all writers wait for each other. A [`sealer`] comes by once a
//! second and *seals* what is new. A seal covers the events after the one before it, without a gap; its hash is
//!
//! ```text
//! SHA-256( hash of the seal before, in hex, or nothing for the first | LF | event | LF | event | LF … )
//! ```
//!
//! where each event is written as a JSON array without spaces: position, time (RFC 3339, UTC, six decimals), kind, door, id and
//! name of the actor, id of the license, of the user, of the session, seats occupied, seats, address, id and name of the object,
//! facts (a string, as stored). What is absent is `null`; text is escaped as RFC 8785 §3.2.2.2 does it.
//!
//! What it shows, and what not: [`verify`].

pub mod retention;
pub mod sealer;
pub mod verify;

use crate::store::seals::Written;
use chrono::SecondsFormat;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The hash of a seal that is being made or checked.
#[derive(Clone, Debug)]
pub struct Chain(Sha256);

impl Chain {
    /// Goes on after the seal with this hash; nothing for the first.
    pub fn after(hash: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(hash);
        digest.update("\n");
        Self(digest)
    }

    /// Adds the next event.
    pub fn add(&mut self, event: &Written) {
        self.0.update(canonical(event));
        self.0.update("\n");
    }

    /// The hash, in hex.
    pub fn hash(self) -> String {
        self.0.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing into a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// The form of an event that goes into the hash. It never changes: the seals of old events are made of it.
fn canonical(event: &Written) -> String {
    let form = (
        event.position,
        event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        &event.kind,
        &event.door,
        event.actor_id,
        &event.actor_name,
        event.license_id,
        event.user_id,
        event.session_id,
        event.occupied,
        event.seats,
        &event.address,
        event.object_id,
        &event.object_name,
        &event.facts,
    );
    // Numbers and text can always be written as JSON.
    serde_json::to_string(&form).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::ids::Position;
    use uuid::Uuid;

    fn event() -> Written {
        Written {
            position: Position(7),
            at: "2026-03-02T09:00:00.5Z".parse().expect("a time"),
            kind: "user_changed".to_owned(),
            door: "app".to_owned(),
            actor_id: Some(Uuid::nil()),
            actor_name: Some("Anja \"Ä\" Krüger\n".to_owned()),
            license_id: None,
            user_id: None,
            session_id: None,
            occupied: None,
            seats: Some(3),
            address: Some("127.0.0.1".to_owned()),
            object_id: None,
            object_name: None,
            facts: r#"{"a":1}"#.to_owned(),
        }
    }

    #[test]
    fn the_form_of_an_event_and_the_hash_are_those_that_are_documented() {
        let written = canonical(&event());
        assert_eq!(
            written,
            "[7,\"2026-03-02T09:00:00.500000Z\",\"user_changed\",\"app\",\"00000000-0000-0000-0000-000000000000\",\
             \"Anja \\\"Ä\\\" Krüger\\n\",null,null,null,null,3,\"127.0.0.1\",null,null,\"{\\\"a\\\":1}\"]"
        );
        let mut chain = Chain::after("");
        chain.add(&event());
        let by_hand: [u8; 32] = Sha256::digest(format!("\n{written}\n")).into();
        let hex: String = by_hand.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(chain.hash(), hex);
    }
}

//! The hash chain over the event log, which makes tampering evident.
//!
//! Events are not chained when they are written, because all writers would have to wait for each other. Instead the
//! [`sealer`] *seals* new events once a second. A seal covers all events after the previous seal; its hash is
//!
//! ```text
//! SHA-256( hash of the previous seal, in hex, or nothing for the first | LF | event | LF | event | LF … )
//! ```
//!
//! where each event is written as a JSON array without spaces: position, time (RFC 3339, UTC, six decimals), kind,
//! door, id and name of the actor, id of the license, of the user, of the session, seats occupied, seats, address, id
//! and name of the object, facts (a string, as stored). Absent values are `null`; strings are escaped as in RFC 8785
//! §3.2.2.2.
//!
//! What the chain proves, and what it does not, is described in [`verify`].

pub mod retention;
pub mod sealer;
pub mod verify;

use crate::store::seals::StoredEvent;
use chrono::SecondsFormat;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Computes the hash of one seal.
#[derive(Clone, Debug)]
pub struct SealHasher(Sha256);

impl SealHasher {
    /// Starts after the seal with this hash, which is empty for the first seal.
    pub fn after(hash: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(hash);
        digest.update("\n");
        Self(digest)
    }

    pub fn add(&mut self, event: &StoredEvent) {
        self.0.update(canonical(event));
        self.0.update("\n");
    }

    /// The hash, in hex.
    pub fn finish(self) -> String {
        self.0.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// The representation of an event that is hashed. It must never change, or the seals of old events become invalid.
fn canonical(event: &StoredEvent) -> String {
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
    // Numbers and strings can always be serialized.
    serde_json::to_string(&form).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::ids::Position;
    use uuid::Uuid;

    fn event() -> StoredEvent {
        StoredEvent {
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
    fn the_canonical_form_and_the_hash_are_as_documented() {
        let written = canonical(&event());
        assert_eq!(
            written,
            "[7,\"2026-03-02T09:00:00.500000Z\",\"user_changed\",\"app\",\"00000000-0000-0000-0000-000000000000\",\
             \"Anja \\\"Ä\\\" Krüger\\n\",null,null,null,null,3,\"127.0.0.1\",null,null,\"{\\\"a\\\":1}\"]"
        );
        let mut hasher = SealHasher::after("");
        hasher.add(&event());
        let expected: [u8; 32] = Sha256::digest(format!("\n{written}\n")).into();
        let hex: String = expected.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hasher.finish(), hex);
    }
}

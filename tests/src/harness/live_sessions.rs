//! Very many live sessions, written straight into the tables: requesting them one by one takes minutes.

use super::World;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use seatkeeper_shared::ids::LicenseId;

/// The time between two of them.
const INTERVAL_MILLISECONDS: usize = 977;

impl World {
    /// Inserts agents with a live session each, none older than an hour. "masse 0000" has the oldest session; the ids
    /// of the sessions end with the number. The seat engine may not know them: nothing else may request seats.
    pub async fn insert_sessions(&self, license: LicenseId, count: usize) {
        let now = self.app.live.clock.now();
        let (first, lease) = (now - TimeDelta::hours(1), sql_time(now + TimeDelta::hours(2)));
        let at = |number: usize| {
            let age = i64::try_from(number * INTERVAL_MILLISECONDS).expect("few");
            sql_time(first + TimeDelta::milliseconds(age))
        };
        let user = |number| {
            let (id, name, email) = (id(8_000, number), format!("masse {number:0>4}"), format!("{number}@example.org"));
            format!("('{id}', '{name}', '{name}', '{email}', '{email}', 'agent', '[]', FALSE, 'active', '{}')", at(0))
        };
        let session = |number| {
            let (id, user, at) = (id(9_000, number), id(8_000, number), at(number));
            format!(
                "('{id}', '{license}', '{user}', 'NB-{number}', 'connected', 'unattended', '{at}', '{at}', '{at}',
                  '{lease}')"
            )
        };
        let users = (0..count).map(user).collect::<Vec<_>>().join(", ");
        let columns = "id, name, name_key, email, email_key, role, permissions, billing_contact, status, created_at";
        self.execute(&format!("INSERT INTO users ({columns}) VALUES {users}")).await;
        let sessions = (0..count).map(session).collect::<Vec<_>>().join(", ");
        let columns =
            "id, license_id, user_id, device, state, mode, created_at, connected_at, last_seen_at, lease_until";
        self.execute(&format!("INSERT INTO sessions ({columns}) VALUES {sessions}")).await;
    }
}

fn id(kind: usize, number: usize) -> String {
    format!("00000000-0000-4000-{kind:0>4}-{number:0>12}")
}

fn sql_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

//! A license and sessions for tests.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, UserId},
    license::{Model, SeatRule},
    session::{Mode, SessionState},
    wire::{
        licenses::{LicenseUse, LicenseView},
        sessions::SessionView,
    },
};

/// So many seconds after the beginning.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn id<T: std::str::FromStr>(number: u32) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("00000000-0000-4000-8000-{number:012}").parse().unwrap()
}

/// A shared license.
pub fn license(number: u32, seats: i64) -> LicenseView {
    LicenseView {
        id: id::<LicenseId>(number),
        product_id: id::<ProductId>(1),
        product_slug: "remote-support-v5".to_owned(),
        product_name: "Remote Support v5".to_owned(),
        model: Model::Concurrent,
        seats,
        starts_at: None,
        ends_at: None,
        seat_rule: SeatRule::Agent,
        lease_seconds: 120,
        usage: LicenseUse::default(),
    }
}

/// A session that waits for its customer, created at its number of seconds.
pub fn session(number: u32) -> SessionView {
    SessionView {
        id: id::<SessionId>(number),
        license_id: id::<LicenseId>(1),
        product_id: id::<ProductId>(1),
        product_name: "Remote Support v5".to_owned(),
        model: Model::Concurrent,
        user_id: id::<UserId>(number),
        user_name: format!("Agent {number}"),
        user_email: format!("agent{number}@example.org"),
        device: "NB-0412".to_owned(),
        state: SessionState::Waiting,
        mode: Mode::Attended,
        platform: None,
        created_at: at(i64::from(number)),
        connected_at: None,
        last_seen_at: at(0),
        lease_until: at(120),
        key_expires_at: Some(at(600)),
        support_key: None,
        ended: None,
    }
}

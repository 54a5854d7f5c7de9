//! Sample licenses, sessions and tickets for tests.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, TicketId, UserId},
    license::{Model, Rules},
    session::{Mode, SessionState},
    ticket::TicketState,
    wire::{
        licenses::{LicenseUse, LicenseView},
        queue::TicketView,
        sessions::SessionView,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The time this many seconds after 1970.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn id<T: std::str::FromStr>(number: u32) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("00000000-0000-4000-8000-{number:012}").parse().unwrap()
}

/// A concurrent license.
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
        expiry_warning: None,
        archived_at: None,
        contract: Default::default(),
        rules: Rules::default(),
        group_limits: Vec::new(),
        usage: LicenseUse::default(),
    }
}

/// A session waiting for its customer, created at [`at`]`(number)`.
pub fn session(number: u32) -> SessionView {
    view(json!({
        "id": id::<SessionId>(number),
        "license_id": id::<LicenseId>(1),
        "product_id": id::<ProductId>(1),
        "product_name": "Remote Support v5",
        "model": Model::Concurrent,
        "user_id": id::<UserId>(number),
        "user_name": format!("Agent {number}"),
        "user_email": format!("agent{number}@example.org"),
        "device": "NB-0412",
        "state": SessionState::Waiting,
        "mode": Mode::Attended,
        "created_at": at(i64::from(number)),
        "last_seen_at": at(0),
        "lease_until": at(120),
        "key_expires_at": at(600),
    }))
}

/// A waiting ticket at this position, of the agent with the same number.
pub fn ticket(position: u32) -> TicketView {
    view(json!({
        "id": id::<TicketId>(position),
        "license_id": id::<LicenseId>(1),
        "product_id": id::<ProductId>(1),
        "product_name": "Remote Support v5",
        "user_id": id::<UserId>(position),
        "user_name": format!("Agent {position}"),
        "user_email": format!("agent{position}@example.org"),
        "device": "NB-0412",
        "mode": Mode::Attended,
        "state": TicketState::Waiting,
        "position": position,
        "created_at": at(i64::from(position)),
        "last_seen_at": at(0),
        "lease_until": at(120),
    }))
}

/// A view as the server sends it, without what is optional.
fn view<T: DeserializeOwned>(sent: Value) -> T {
    serde_json::from_value(sent).unwrap()
}

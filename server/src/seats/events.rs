//! The events of changes to seats.

use crate::{
    actor::Actor,
    events::{Event, changes},
    pool::changes::SeatChange,
};
use seatkeeper_shared::{ids::LicenseId, session::EndReason, ticket::TicketEnd};
use serde_json::{Value, json};

impl Event {
    /// The event of a change to the seats of a license.
    pub fn of_change(actor: Actor, license: LicenseId, change: &SeatChange, occupied: i64, seats: i64) -> Self {
        debug_assert!(change.kind().is_about_seats(), "{}", change.kind());
        Self {
            kind: change.kind(),
            actor: if is_automatic(change) { Actor::system() } else { actor },
            license: Some(license),
            user: change.user(),
            session: change.session(),
            occupied: Some(occupied),
            seats: Some(seats),
            object: None,
            facts: details(change),
        }
    }
}

/// Whether a change has no actor: expired sessions and tickets are ended by the next command, whatever it is, and
/// offers are made without one.
fn is_automatic(change: &SeatChange) -> bool {
    use EndReason::{Idle, KeyExpired, LeaseExpired, LicenseEnded};
    match change {
        SeatChange::Ended { end, .. } => matches!(end.reason, Idle | KeyExpired | LeaseExpired | LicenseEnded),
        SeatChange::TicketEnded { reason, .. } => {
            matches!(reason, TicketEnd::Missed | TicketEnd::Lapsed | TicketEnd::LicenseEnded)
        }
        SeatChange::Warned { ends_at: Some(_), .. } | SeatChange::Offered { until: Some(_), .. } => true,
        _ => false,
    }
}

/// The details of a change that the columns of the event do not contain. Never includes the support key.
fn details(change: &SeatChange) -> Value {
    match change {
        SeatChange::Created(live) => json!({ "device": live.device, "mode": live.mode, "platform": live.platform }),
        SeatChange::Connected { platform, .. } => json!({ "platform": platform }),
        SeatChange::Warned { ends_at, .. } => json!({ "ends_at": ends_at }),
        SeatChange::EndScheduled { ending, .. } => {
            let message = ending.as_ref().and_then(|ending| ending.message.clone());
            json!({ "ends_at": ending.as_ref().map(|ending| ending.at), "message": message })
        }
        SeatChange::Protected { protected, .. } => json!({ "protected": protected }),
        SeatChange::Borrowed { until, .. } => json!({ "borrowed_until": until }),
        SeatChange::Continued { from, to, .. } => json!({ "changes": { "device": [from, to] } }),
        SeatChange::Ended { end, .. } => json!({ "reason": end.reason, "message": end.message }),
        SeatChange::CoolDownStarted { until, .. } => json!({ "until": until }),
        SeatChange::Refused { code, .. } => json!({ "code": code }),
        SeatChange::Queued(ticket) => json!({ "ticket": ticket.id, "device": ticket.device, "place": ticket.place }),
        SeatChange::Offered { ticket, until, .. } => json!({ "ticket": ticket, "until": until }),
        SeatChange::Moved { ticket, place, .. } => json!({ "ticket": ticket, "place": place }),
        SeatChange::TicketEnded { ticket, reason, session, .. } => {
            json!({ "ticket": ticket, "reason": reason, "session": session })
        }
        SeatChange::Resized { from, to } => json!({ "changes": { "seats": [from, to] } }),
        SeatChange::RulesChanged { from, to } => changes(from, to),
        SeatChange::GroupLimitsChanged { from, to } => json!({ "changes": { "limits": [from, to] } }),
        SeatChange::Granted(_) | SeatChange::Revoked(_) => json!({}),
    }
}

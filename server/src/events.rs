//! The event log: everything that changes is written here in the same transaction. Audit, live feed and history read it.

use crate::seats::{Actor, facts::Fact};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    session::EndReason,
    ticket::TicketEnd,
};
use serde_json::{Value, json};

/// One entry, before it has its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened, for example `session_created`.
    pub kind: &'static str,
    /// Who did it.
    pub actor: Actor,
    /// The license it is about.
    pub license: Option<LicenseId>,
    /// The user it is about.
    pub user: Option<UserId>,
    /// The session it is about.
    pub session: Option<SessionId>,
    /// Occupied seats of the license after it.
    pub occupied: Option<i64>,
    /// Seats of the license after it.
    pub seats: Option<i64>,
    /// The rest: before and after, reasons, names.
    pub facts: Value,
}

impl Event {
    /// An entry about a user, or about the account if there is none.
    pub fn new(kind: &'static str, actor: Actor, user: Option<UserId>, facts: Value) -> Self {
        Self { kind, actor, license: None, user, session: None, occupied: None, seats: None, facts }
    }

    /// An entry about a license.
    pub fn of_license(kind: &'static str, actor: Actor, license: LicenseId, facts: Value) -> Self {
        Self { license: Some(license), ..Self::new(kind, actor, None, facts) }
    }

    /// The entry of a fact from a pool of seats.
    pub fn of_fact(actor: Actor, license: LicenseId, fact: &Fact, occupied: i64, seats: i64) -> Self {
        Self {
            kind: fact.kind(),
            actor: if happens_by_itself(fact) { Actor::system() } else { actor },
            license: Some(license),
            user: fact.user(),
            session: fact.session(),
            occupied: Some(occupied),
            seats: Some(seats),
            facts: facts_of(fact),
        }
    }
}

/// What is over is ended by whoever comes next, who has nothing to do with it; and the line goes on by itself.
fn happens_by_itself(fact: &Fact) -> bool {
    use EndReason::{Idle, KeyExpired, LeaseExpired, LicenseEnded};
    match fact {
        Fact::Ended { end, .. } => matches!(end.reason, Idle | KeyExpired | LeaseExpired | LicenseEnded),
        Fact::Left { reason, .. } => {
            matches!(reason, TicketEnd::Missed | TicketEnd::Lapsed | TicketEnd::LicenseEnded)
        }
        Fact::Warned { ends_at: Some(_), .. } | Fact::Offered { until: Some(_), .. } => true,
        _ => false,
    }
}

/// What the columns do not say. Never the support key.
fn facts_of(fact: &Fact) -> Value {
    match fact {
        Fact::Created(live) => json!({ "device": live.device, "mode": live.mode, "platform": live.platform }),
        Fact::Connected { platform, .. } => json!({ "platform": platform }),
        Fact::Warned { ends_at, .. } => json!({ "ends_at": ends_at }),
        Fact::Announced { ending, .. } => {
            json!({ "ends_at": ending.as_ref().map(|e| e.at), "message": ending.as_ref().and_then(|e| e.message.clone()) })
        }
        Fact::Protected { protected, .. } => json!({ "protected": protected }),
        Fact::Ended { end, .. } => json!({ "reason": end.reason, "message": end.message }),
        Fact::Cooling { until, .. } => json!({ "until": until }),
        Fact::Refused { code, .. } => json!({ "code": code }),
        Fact::Queued(ticket) => json!({ "ticket": ticket.id, "device": ticket.device, "place": ticket.place }),
        Fact::Offered { ticket, until, .. } => json!({ "ticket": ticket, "until": until }),
        Fact::Moved { ticket, place, .. } => json!({ "ticket": ticket, "place": place }),
        Fact::Left { ticket, reason, session, .. } => json!({ "ticket": ticket, "reason": reason, "session": session }),
        Fact::Resized { from, to } => json!({ "from": from, "to": to }),
        Fact::Ruled(rules) => json!(rules),
        Fact::Limited(limits) => json!({ "limits": limits }),
        Fact::Granted(_) | Fact::Revoked(_) => json!({}),
    }
}

//! The event log: everything that changes is written here in the same transaction. Audit, live feed and history read it.

use crate::seats::{Actor, facts::Fact};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    session::EndReason,
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

/// An expired lease is ended by whoever comes next, who has nothing to do with it.
fn happens_by_itself(fact: &Fact) -> bool {
    use EndReason::{Idle, KeyExpired, LeaseExpired, LicenseEnded};
    matches!(fact, Fact::Ended { end, .. } if matches!(end.reason, Idle | KeyExpired | LeaseExpired | LicenseEnded))
}

/// What the columns do not say. Never the support key.
fn facts_of(fact: &Fact) -> Value {
    match fact {
        Fact::Created(live) => json!({ "device": live.device, "mode": live.mode, "platform": live.platform }),
        Fact::Connected { platform, .. } => json!({ "platform": platform }),
        Fact::Ended { end, .. } => json!({ "reason": end.reason, "message": end.message }),
        Fact::Refused { code, .. } => json!({ "code": code }),
        Fact::Resized { from, to } => json!({ "from": from, "to": to }),
        Fact::Granted(_) | Fact::Revoked(_) => json!({}),
    }
}

//! The event log: everything that changes is written here in the same transaction. Audit, live feed and history read it.

use crate::seats::{Actor, facts::Fact};
use seatkeeper_shared::{
    audit::Kind,
    ids::{GroupId, LicenseId, SessionId, UserId},
    session::EndReason,
    ticket::TicketEnd,
};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

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
    /// What it is about if that is none of these.
    pub object: Option<Object>,
    /// The rest: reasons, names, and in `changes` what each changed field was before and is after.
    pub facts: Value,
}

/// What an entry is about if that is neither a license nor a user nor a session, or his name at that time.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its id, if it has one.
    pub id: Option<Uuid>,
    /// Its name at that time.
    pub name: String,
}

impl Event {
    /// An entry about a user, or about the account if there is none.
    pub fn new(kind: &'static str, actor: Actor, user: Option<UserId>, facts: Value) -> Self {
        debug_assert!(kind.parse::<Kind>().is_ok(), "{kind} must stand in seatkeeper_shared::audit::Kind");
        Self { kind, actor, license: None, user, session: None, occupied: None, seats: None, object: None, facts }
    }

    /// An entry about a license.
    pub fn of_license(kind: &'static str, actor: Actor, license: LicenseId, facts: Value) -> Self {
        Self { license: Some(license), ..Self::new(kind, actor, None, facts) }
    }

    /// The entry, which is about this group, product or token.
    #[must_use]
    pub fn about(self, id: Uuid, name: impl Into<String>) -> Self {
        Self { object: Some(Object { id: Some(id), name: name.into() }), ..self }
    }

    /// The entry, which is about what has only a name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { object: Some(Object { id: None, name: name.into() }), ..self }
    }

    /// The entry of a fact from a pool of seats.
    pub fn of_fact(actor: Actor, license: LicenseId, fact: &Fact, occupied: i64, seats: i64) -> Self {
        debug_assert!(fact.kind().parse().is_ok_and(Kind::is_about_seats), "{} is about seats", fact.kind());
        Self {
            kind: fact.kind(),
            actor: if happens_by_itself(fact) { Actor::system() } else { actor },
            license: Some(license),
            user: fact.user(),
            session: fact.session(),
            occupied: Some(occupied),
            seats: Some(seats),
            object: None,
            facts: facts_of(fact),
        }
    }
}

/// The fields that differ between two states of something, each with what it was and what it is.
pub fn changes(before: &impl Serialize, after: &impl Serialize) -> Value {
    let [before, after] = [json!(before), json!(after)];
    let fields = before.as_object().into_iter().chain(after.as_object()).flat_map(|fields| fields.keys());
    let changed = fields.filter(|field| before.get(field) != after.get(field));
    let pairs = changed.map(|field| (field.clone(), json!([before.get(field), after.get(field)])));
    json!({ "changes": pairs.collect::<serde_json::Map<_, _>>() })
}

/// One entry for each user who came into a group or left it. Both lists are in order.
pub fn member_events(actor: &Actor, group: GroupId, name: &str, before: &[UserId], after: &[UserId]) -> Vec<Event> {
    let missing_in = |others: &[UserId], users: &[UserId]| -> Vec<UserId> {
        users.iter().filter(|user| others.binary_search(user).is_err()).copied().collect()
    };
    let event = |kind, user| Event::new(kind, actor.clone(), Some(user), json!({})).about(group.0, name);
    let added = missing_in(before, after).into_iter().map(|user| event("group_member_added", user));
    let removed = missing_in(after, before).into_iter().map(|user| event("group_member_removed", user));
    added.chain(removed).collect()
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
        Fact::Borrowed { until, .. } => json!({ "borrowed_until": until }),
        Fact::Continued { from, to, .. } => json!({ "changes": { "device": [from, to] } }),
        Fact::Ended { end, .. } => json!({ "reason": end.reason, "message": end.message }),
        Fact::Cooling { until, .. } => json!({ "until": until }),
        Fact::Refused { code, .. } => json!({ "code": code }),
        Fact::Queued(ticket) => json!({ "ticket": ticket.id, "device": ticket.device, "place": ticket.place }),
        Fact::Offered { ticket, until, .. } => json!({ "ticket": ticket, "until": until }),
        Fact::Moved { ticket, place, .. } => json!({ "ticket": ticket, "place": place }),
        Fact::Left { ticket, reason, session, .. } => json!({ "ticket": ticket, "reason": reason, "session": session }),
        Fact::Resized { from, to } => json!({ "changes": { "seats": [from, to] } }),
        Fact::Ruled { from, to } => changes(from, to),
        Fact::Limited { from, to } => json!({ "changes": { "limits": [from, to] } }),
        Fact::Granted(_) | Fact::Revoked(_) => json!({}),
    }
}

//! Events: every change writes one to the event log in the same transaction. The audit log, the live feed and the
//! history read that log.

pub mod topics;

use crate::actor::Actor;
use seatkeeper_shared::{
    audit::Kind,
    ids::{GroupId, LicenseId, SessionId, UserId},
};
use serde::Serialize;
use serde_json::{Value, json};
use topics::EventSubject;
use uuid::Uuid;

/// An event before it has a position in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    pub actor: Actor,
    pub license: Option<LicenseId>,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// Occupied seats of the license after the event.
    pub occupied: Option<i64>,
    /// Seats of the license after the event.
    pub seats: Option<i64>,
    pub object: Option<Object>,
    /// Further details as a JSON object, such as reasons and names. `changes` maps each changed field to its values
    /// before and after.
    pub facts: Value,
}

/// What an event is about if it is not a license, user or session; or the name of its user at that time.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub id: Option<Uuid>,
    /// The name at the time of the event.
    pub name: String,
}

impl Event {
    /// An event about a user, or about the account if there is none.
    pub fn new(kind: Kind, actor: Actor, user: Option<UserId>, facts: Value) -> Self {
        Self { kind, actor, license: None, user, session: None, occupied: None, seats: None, object: None, facts }
    }

    /// An event about a license.
    pub fn of_license(kind: Kind, actor: Actor, license: LicenseId, facts: Value) -> Self {
        Self { license: Some(license), ..Self::new(kind, actor, None, facts) }
    }

    /// The part that says what the event affects.
    pub fn subject(&self) -> EventSubject {
        EventSubject { kind: Some(self.kind), license: self.license, user: self.user, session: self.session }
    }

    /// Sets the group, product or token that the event is about.
    #[must_use]
    pub fn about(self, id: Uuid, name: impl Into<String>) -> Self {
        Self { object: Some(Object { id: Some(id), name: name.into() }), ..self }
    }

    /// Sets an object that has only a name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { object: Some(Object { id: None, name: name.into() }), ..self }
    }
}

/// The fields that differ between two serializable states, each with its values before and after.
pub fn changes(before: &impl Serialize, after: &impl Serialize) -> Value {
    let [before, after] = [json!(before), json!(after)];
    let fields = before.as_object().into_iter().chain(after.as_object()).flat_map(|fields| fields.keys());
    let changed = fields.filter(|field| before.get(field) != after.get(field));
    let pairs = changed.map(|field| (field.clone(), json!([before.get(field), after.get(field)])));
    json!({ "changes": pairs.collect::<serde_json::Map<_, _>>() })
}

/// An event for each user who was added to or removed from a group. Both lists must be sorted.
pub fn member_events(actor: &Actor, group: GroupId, name: &str, before: &[UserId], after: &[UserId]) -> Vec<Event> {
    let missing_in = |others: &[UserId], users: &[UserId]| -> Vec<UserId> {
        users.iter().filter(|user| others.binary_search(user).is_err()).copied().collect()
    };
    let event = |kind, user| Event::new(kind, actor.clone(), Some(user), json!({})).about(group.0, name);
    let added = missing_in(before, after).into_iter().map(|user| event(Kind::GroupMemberAdded, user));
    let removed = missing_in(after, before).into_iter().map(|user| event(Kind::GroupMemberRemoved, user));
    added.chain(removed).collect()
}

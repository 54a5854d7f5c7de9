//! Events: every change writes one to the event log in the same transaction. The audit log, the live feed and the
//! history read that log.

pub mod topics;

use crate::actor::Actor;
use seatkeeper_shared::{
    audit::{EventData, Kind},
    ids::{GroupId, LicenseId, SessionId, UserId},
};
use topics::EventSubject;
use uuid::Uuid;

/// An event before it has a position in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened, with all that is recorded about it.
    pub data: EventData,
    pub actor: Actor,
    pub license: Option<LicenseId>,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// Occupied seats of the license after the event.
    pub occupied: Option<i64>,
    /// Seats of the license after the event.
    pub seats: Option<i64>,
    pub object: Option<Object>,
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
    pub fn new(data: EventData, actor: Actor, user: Option<UserId>) -> Self {
        Self { data, actor, license: None, user, session: None, occupied: None, seats: None, object: None }
    }

    /// An event about a license.
    pub fn of_license(data: EventData, actor: Actor, license: LicenseId) -> Self {
        Self { license: Some(license), ..Self::new(data, actor, None) }
    }

    /// The kind of the event.
    pub fn kind(&self) -> Kind {
        self.data.kind()
    }

    /// The part that says what the event affects.
    pub fn subject(&self) -> EventSubject {
        EventSubject { kind: Some(self.kind()), license: self.license, user: self.user, session: self.session }
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

/// An event for each user who was added to or removed from a group. Both lists must be sorted.
pub fn member_events(actor: &Actor, group: GroupId, name: &str, before: &[UserId], after: &[UserId]) -> Vec<Event> {
    let missing_in = |others: &[UserId], users: &[UserId]| -> Vec<UserId> {
        users.iter().filter(|user| others.binary_search(user).is_err()).copied().collect()
    };
    let event = |data, user| Event::new(data, actor.clone(), Some(user)).about(group.0, name);
    let added = missing_in(before, after).into_iter().map(|user| event(EventData::GroupMemberAdded {}, user));
    let removed = missing_in(after, before).into_iter().map(|user| event(EventData::GroupMemberRemoved {}, user));
    added.chain(removed).collect()
}

//! The rules for changing a user, the same for every caller: which fields follow from the role, that an admin remains,
//! which values must be unique, and which event records the change. Requests, directories and their rules, imports and
//! the seat engine all come here: the store changes a user only with an [`AllowedChange`], which only this module
//! creates.
//!
//! A change may be computed before anything is locked (optimistic locking). It is written only if the user has not
//! changed since: completely or not at all.

mod last_admin;
mod locked;

pub use last_admin::keeps_an_admin;
pub use locked::{AllowedChange, LockedUser, LockedUsers, check, lock, lock_each, lock_only, make};

use crate::{
    actor::Actor,
    db::DbError,
    events::Event,
    store::{directory_users::DirectoryUserRecord, users::EditableUser},
};
use seatkeeper_shared::{
    audit::{EventData, changes::UserChanges},
    ids::{DirectoryId, ImportId, UserId},
    people::{Role, UserStatus},
    validate::email_key,
};

/// A change of a user that is to be made.
#[derive(Clone, Debug)]
pub struct UserChange {
    user: UserId,
    actor: Actor,
    /// The user when the change was computed.
    before: EditableUser,
    after: EditableUser,
    /// The directory's data, if a directory makes the change.
    directory: Option<DirectoryChange>,
    /// The import that makes it, if one does.
    import: Option<ImportId>,
    /// Further events to be logged.
    events: Vec<Event>,
}

/// The directory's part of a change.
#[derive(Clone, Debug)]
pub struct DirectoryChange {
    pub directory: DirectoryId,
    /// The stored attributes when the change was computed; absent if the user belonged to no directory.
    pub seen: Option<String>,
    pub record: DirectoryUserRecord,
}

/// Why a change is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedChange {
    /// The user was deleted.
    Gone,
    /// The user has changed since the change was computed: compute it again.
    ChangedMeanwhile,
    /// The last admin would lose the role.
    LastAdmin,
    /// Another user has one of the unique values; names the unique index.
    Taken(&'static str),
}

/// Why a user was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UserChangeError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the change of the user is refused: {0:?}")]
    Refused(RefusedChange),
}

impl From<RefusedChange> for UserChangeError {
    fn from(refused: RefusedChange) -> Self {
        Self::Refused(refused)
    }
}

impl UserChange {
    /// The change of a user from what was read to what is wanted. What only managers have goes with the role.
    pub fn new(user: UserId, actor: Actor, before: EditableUser, wanted: EditableUser) -> Self {
        let after = with_fields_of_role(&before, wanted);
        Self { user, actor, before, after, directory: None, import: None, events: Vec::new() }
    }

    /// The same change, made by a directory; with an event of what it could not change, if any.
    #[must_use]
    pub fn by_directory(self, change: DirectoryChange, kept: Option<Event>) -> Self {
        Self { directory: Some(change), events: kept.into_iter().collect(), ..self }
    }

    /// The same change, made by an import.
    #[must_use]
    pub fn by_import(self, import: ImportId) -> Self {
        Self { import: Some(import), ..self }
    }

    pub const fn user(&self) -> UserId {
        self.user
    }

    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether nothing of the user changes, apart from what a directory stores.
    pub fn is_empty(&self) -> bool {
        self.before == self.after
    }

    /// The unique values, each with the name of its index.
    pub fn unique_values(&self) -> Vec<(&'static str, String)> {
        let mut values = vec![("users_email_key", email_key(&self.after.email))];
        if let Some(DirectoryChange { directory, record, .. }) = &self.directory {
            values.push(("directory_users_user_name_key", record.user_name_key.clone()));
            let external = record.external_id.as_ref().map(|external| format!("{directory} {external}"));
            values.extend(external.map(|external| ("directory_users_external_id", external)));
        }
        values
    }

    /// Whether it suspends the user, which the seat engine does.
    pub fn suspends(&self) -> bool {
        (self.before.status, self.after.status) == (UserStatus::Active, UserStatus::Suspended)
    }

    fn takes_role_of_admin(&self) -> bool {
        self.before.rights.role == Role::Admin && self.after.rights.role != Role::Admin
    }

    /// The user as the log compares them with the change: suspending is a separate event.
    fn logged_before(&self) -> EditableUser {
        let status = if self.suspends() { self.after.status } else { self.before.status };
        EditableUser { status, ..self.before.clone() }
    }

    /// What the log says about it.
    fn events(&self, before: EditableUser, changes: Box<UserChanges>) -> Vec<Event> {
        let mut events = Vec::new();
        if before != self.after || self.directory.is_some() {
            let data = EventData::UserChanged { changes, import: self.import, access_reset: None };
            let event = Event::new(data, self.actor.clone(), Some(self.user));
            events.push(event.named(before.name));
        }
        events.extend(self.events.iter().cloned());
        events
    }
}

/// What only managers have must not take effect again if the user becomes a manager later: permissions without the
/// limits that came with them would be more than the user had.
fn with_fields_of_role(before: &EditableUser, mut wanted: EditableUser) -> EditableUser {
    if wanted.rights.role != Role::Manager {
        wanted.rights.limited_to_groups = false;
        wanted.manages.clear();
        if before.rights.role != wanted.rights.role {
            wanted.rights.permissions.clear();
        }
    }
    wanted
}

/// The event that the directory's e-mail address of a user was not applied.
pub fn email_kept(actor: &Actor, user: UserId, name: &str, directory_email: &str) -> Event {
    let data = EventData::DirectoryEmailKept { email: directory_email.to_owned() };
    Event::new(data, actor.clone(), Some(user)).named(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::{ids::GroupId, people::Permission, permissions::Rights};
    use uuid::Uuid;

    fn user(role: Role) -> EditableUser {
        let permissions = [Permission::ManageUsers].into();
        let rights = Rights { role, permissions, billing_contact: false, limited_to_groups: true };
        let (name, email) = ("Mia".to_owned(), "mia@example.org".to_owned());
        EditableUser { name, email, rights, status: UserStatus::Active, manages: vec![GroupId(Uuid::nil())] }
    }

    fn changed(from: Role, to: Role) -> EditableUser {
        let wanted = EditableUser { rights: Rights { role: to, ..user(to).rights }, ..user(from) };
        UserChange::new(UserId(Uuid::nil()), Actor::system(), user(from), wanted).after
    }

    #[test]
    fn what_only_managers_have_goes_with_the_role() {
        assert_eq!(changed(Role::Manager, Role::Manager), user(Role::Manager));
        for role in [Role::Agent, Role::Admin] {
            let after = changed(Role::Manager, role);
            assert!(!after.rights.limited_to_groups && after.manages.is_empty() && after.rights.permissions.is_empty());
        }
        let agent = changed(Role::Agent, Role::Agent);
        assert!(!agent.rights.limited_to_groups && !agent.rights.permissions.is_empty(), "the role does not change");
    }

    #[test]
    fn only_an_active_user_is_suspended() {
        let with = |status| EditableUser { status, ..user(Role::Agent) };
        let suspends =
            |from, to| UserChange::new(UserId(Uuid::nil()), Actor::system(), with(from), with(to)).suspends();
        assert!(suspends(UserStatus::Active, UserStatus::Suspended));
        assert!(!suspends(UserStatus::Suspended, UserStatus::Suspended));
        assert!(!suspends(UserStatus::Suspended, UserStatus::Active));
    }
}

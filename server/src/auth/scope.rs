//! Which users a caller sees. Every list, single view, count and stream uses this, so that the scope is the same
//! everywhere.

use super::Caller;
use crate::{
    db::{Db, DbError},
    store,
};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    permissions::{Rights, Visibility, visibility},
    wire::licenses::LicenseView,
};
use std::collections::HashSet;

/// The users whose sessions, tickets and records a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All users and all licenses.
    All,
    /// The members of the groups that this manager manages, and the manager; and all licenses. Membership is read each
    /// time, so that a change takes effect at once.
    Groups(UserId),
    /// Only this user, and the licenses assigned to them.
    Own(UserId),
}

impl Scope {
    pub fn of(caller: &Caller) -> Self {
        Self::of_rights(caller.id, &caller.rights)
    }

    pub fn of_rights(user: UserId, rights: &Rights) -> Self {
        match visibility(rights) {
            Visibility::All => Self::All,
            Visibility::Groups => Self::Groups(user),
            Visibility::Own => Self::Own(user),
        }
    }

    /// The manager to whose groups SQL statements are limited, or `None` if the caller sees all users.
    pub fn manager(self) -> Option<UserId> {
        match self {
            Self::All => None,
            Self::Groups(user) | Self::Own(user) => Some(user),
        }
    }

    /// Whether the caller sees the sessions and tickets of this user.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn shows_work_of(self, db: &Db, user: UserId) -> Result<bool, DbError> {
        match self {
            Self::All => Ok(true),
            Self::Own(own) => Ok(own == user),
            Self::Groups(manager) => {
                Ok(manager == user || store::manager_scope::among(db, Some(manager), &[user]).await?.contains(&user))
            }
        }
    }

    /// Filters these users to those who exist, are not deleted, and whose records the caller sees.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn visible_users(self, db: &Db, users: &[UserId]) -> Result<HashSet<UserId>, DbError> {
        match self {
            Self::Own(_) => Ok(HashSet::new()),
            Self::All | Self::Groups(_) => store::manager_scope::among(db, self.manager(), users).await,
        }
    }

    /// The groups that the caller sees; `None` if that is all of them.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn visible_groups(self, db: &Db) -> Result<Option<HashSet<GroupId>>, DbError> {
        match self {
            Self::All => Ok(None),
            Self::Groups(manager) => store::manager_scope::groups_of(db, manager).await.map(Some),
            Self::Own(_) => Ok(Some(HashSet::new())),
        }
    }

    /// Removes the reservations and caps of groups that the caller does not see.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub async fn hide_group_limits(self, db: &Db, licenses: &mut [LicenseView]) -> Result<(), DbError> {
        if licenses.iter().all(|license| license.group_limits.is_empty()) {
            return Ok(());
        }
        if let Some(groups) = self.visible_groups(db).await? {
            for license in licenses {
                license.group_limits.retain(|limit| groups.contains(&limit.group_id));
            }
        }
        Ok(())
    }
}

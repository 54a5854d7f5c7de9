//! Which users a caller sees. Every list, single view, count and stream uses this, so that the scope is the same
//! everywhere.

use super::Caller;
use crate::{
    db::{Db, DbError},
    http::problem::ApiError,
    store,
};
use seatkeeper_shared::{
    ids::UserId,
    permissions::{Rights, Visibility, visibility},
    problem::Code,
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

    /// Checks that the caller sees this user's record, not only their sessions.
    ///
    /// # Errors
    /// Returns `not_found` if the caller does not.
    pub async fn require_visible(self, db: &Db, user: UserId) -> Result<(), ApiError> {
        let visible = self.visible_users(db, &[user]).await?;
        if visible.contains(&user) { Ok(()) } else { Err(ApiError::new(Code::NotFound)) }
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
}

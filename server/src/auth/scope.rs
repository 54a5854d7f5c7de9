//! Whom a caller sees. Every list, single view, count and stream asks here, so that the answer is the same everywhere.

use super::Caller;
use crate::{
    db::{Db, DbError},
    http::problem::Fail,
    store,
};
use seatkeeper_shared::{
    ids::UserId,
    permissions::{Rights, Sees, sees},
    problem::Code,
};
use std::collections::HashSet;

/// Whose sessions, tickets and entries a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's, and all licenses.
    All,
    /// Those of the people in the groups that this manager manages, and his own; and all licenses. Which these are is read
    /// each time: a change of groups counts at once.
    Groups(UserId),
    /// This user's own, and the licenses assigned to him.
    Own(UserId),
}

impl Scope {
    /// What this caller sees.
    pub fn of(caller: &Caller) -> Self {
        Self::of_rights(caller.id, &caller.rights)
    }

    /// What a user with these rights sees.
    pub fn of_rights(user: UserId, rights: &Rights) -> Self {
        match sees(rights) {
            Sees::Everybody => Self::All,
            Sees::Groups => Self::Groups(user),
            Sees::Own => Self::Own(user),
        }
    }

    /// The manager to whose groups the statements of the store are to be limited; nobody for those who see everybody.
    pub fn manager(self) -> Option<UserId> {
        match self {
            Self::All => None,
            Self::Groups(user) | Self::Own(user) => Some(user),
        }
    }

    /// Whether the sessions and tickets of this user are shown.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn shows_work_of(self, db: &Db, user: UserId) -> Result<bool, DbError> {
        match self {
            Self::All => Ok(true),
            Self::Own(own) => Ok(own == user),
            Self::Groups(manager) => {
                Ok(manager == user || store::scope::among(db, Some(manager), &[user]).await?.contains(&user))
            }
        }
    }

    /// Goes on only if these are people whom the caller sees as users: entries, not only their work.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn must_show(self, db: &Db, user: UserId) -> Result<(), Fail> {
        let shown = self.people(db, &[user]).await?;
        if shown.contains(&user) { Ok(()) } else { Err(Fail::code(Code::NotFound)) }
    }

    /// Those of these users who exist, are not deleted, and whom the caller sees.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn people(self, db: &Db, users: &[UserId]) -> Result<HashSet<UserId>, DbError> {
        match self {
            Self::Own(_) => Ok(HashSet::new()),
            Self::All | Self::Groups(_) => store::scope::among(db, self.manager(), users).await,
        }
    }
}

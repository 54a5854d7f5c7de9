//! Changes users' roles and profiles. Whoever makes the change, the last admin keeps the role, and an event records
//! what changed.

use crate::{
    actor::Actor,
    db::{DbError, Tx},
    events::{self, Event},
    problem::ApiError,
    store::{self, users::EditableUser},
};
use seatkeeper_shared::{audit::Kind, ids::UserId, people::Role, problem::Code};

/// A user who is locked until the end of the transaction, and whose role can be changed.
pub struct LockedUser {
    id: UserId,
    /// The user as stored.
    pub before: EditableUser,
}

/// Why a user cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum UserChangeError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the last admin would lose the role")]
    LastAdmin,
}

impl From<UserChangeError> for ApiError {
    fn from(error: UserChangeError) -> Self {
        match error {
            UserChangeError::Db(error) => error.into(),
            UserChangeError::LastAdmin => Self::new(Code::LastAdmin),
        }
    }
}

/// Locks a user, and before them all admins: of two transactions that remove each other's role, the second waits and
/// then sees that one admin is left. `None` if there is no such user.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<LockedUser>, DbError> {
    store::seats::lock_admins(tx).await?;
    Ok(store::users::lock(tx, id).await?.map(|before| LockedUser { id, before }))
}

impl LockedUser {
    /// Checks that the user may get this role: the last active admin keeps theirs.
    ///
    /// # Errors
    /// Returns [`UserChangeError::LastAdmin`] if they may not.
    async fn require_role_change(&self, tx: &mut Tx, to: Role) -> Result<(), UserChangeError> {
        if self.before.rights.role != Role::Admin || to == Role::Admin {
            return Ok(());
        }
        let admins = store::seats::user_standings(tx, &[self.id]).await?;
        let is_another = admins.iter().any(|other| other.admin && other.user != self.id);
        if is_another { Ok(()) } else { Err(UserChangeError::LastAdmin) }
    }

    /// Writes the user as they are to be. Returns the event.
    ///
    /// # Errors
    /// Returns an error if the last admin would lose the role, or the database fails.
    pub async fn change(&self, tx: &mut Tx, after: &EditableUser, by: &Actor) -> Result<Event, UserChangeError> {
        self.require_role_change(tx, after.rights.role).await?;
        store::users::change(tx, self.id, &self.before, after).await?;
        let facts =
            events::changes(&store::users::facts(tx, &self.before).await?, &store::users::facts(tx, after).await?);
        Ok(Event::new(Kind::UserChanged, by.clone(), Some(self.id), facts).named(self.before.name.clone()))
    }
}

//! Users who are locked, and changes that were checked under their locks: of one user or of many, with the same
//! statements.

use super::{DirectoryChange, RefusedChange, UserChange, UserChangeError, keeps_an_admin};
use crate::{
    actor::Actor,
    db::{DbError, Tx},
    events::Event,
    store::{
        self, unique_users,
        users::{EditableUser, UserChangeApproval},
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{ids::UserId, validate::email_key};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A change that may be written in the transaction in which it was checked: the user is locked.
#[derive(Clone, Debug)]
pub struct AllowedChange {
    change: Arc<UserChange>,
    events: Vec<Event>,
}

impl UserChangeApproval for AllowedChange {
    fn user(&self) -> UserId {
        self.change.user
    }

    fn before(&self) -> &EditableUser {
        &self.change.before
    }

    fn after(&self) -> &EditableUser {
        &self.change.after
    }
}

impl AllowedChange {
    /// Allows changes that were checked.
    async fn of_checked(tx: &mut Tx, changes: Vec<Arc<UserChange>>) -> Result<Vec<Self>, DbError> {
        let before: Vec<_> = changes.iter().map(|change| change.logged_before()).collect();
        let compared = before.iter().zip(&changes).map(|(before, change)| (before, &change.after));
        let logged = store::users::changes(tx, compared).await?;
        let allow = |(change, (before, logged)): (Arc<UserChange>, _)| {
            let events = change.events(before, logged);
            Self { change, events }
        };
        Ok(changes.into_iter().zip(before.into_iter().zip(logged)).map(allow).collect())
    }

    pub const fn change(&self) -> &Arc<UserChange> {
        &self.change
    }

    /// What is to be logged in the same transaction.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Writes the change, but not its events.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn write(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), DbError> {
        Self::write_each(std::slice::from_ref(self), tx, now).await
    }

    async fn write_each(changes: &[Self], tx: &mut Tx, now: DateTime<Utc>) -> Result<(), DbError> {
        store::users::change(tx, changes).await?;
        for change in changes {
            if let Some(DirectoryChange { directory, record, .. }) = &change.change.directory {
                store::directory_users::write(tx, *directory, change.user(), record, now).await?;
            }
        }
        Ok(())
    }
}

/// A user who is locked until the end of the transaction.
#[derive(Debug)]
pub struct LockedUser {
    id: UserId,
    /// The user as stored.
    pub before: EditableUser,
}

/// Users who are locked until the end of the transaction.
#[derive(Debug)]
pub struct LockedUsers(BTreeMap<UserId, LockedUser>);

/// Locks a user, and before them all admins: of two transactions that remove each other's role, the second waits and
/// then sees that one admin is left. `None` if there is no such user.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<LockedUser>, DbError> {
    store::seats::lock_admins(tx).await?;
    lock_only(tx, id).await
}

/// Locks a user of whom no admin's role is taken, or after the admins were locked. `None` if there is no such user.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_only(tx: &mut Tx, id: UserId) -> Result<Option<LockedUser>, DbError> {
    Ok(store::users::lock(tx, id).await?.map(|before| LockedUser { id, before }))
}

/// Locks those of these users who exist, under the same condition as [`lock_only`].
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_each(tx: &mut Tx, users: &[UserId]) -> Result<LockedUsers, DbError> {
    let locked = if users.is_empty() { BTreeMap::new() } else { store::users::lock_each(tx, users).await? };
    Ok(LockedUsers(locked.into_iter().map(|(id, before)| (id, LockedUser { id, before })).collect()))
}

impl LockedUsers {
    pub fn get(&self, id: UserId) -> Option<&LockedUser> {
        self.0.get(&id)
    }

    /// Makes all of these changes, at most one of each user, or none. Returns the events to commit, in the order of the
    /// changes.
    ///
    /// # Errors
    /// See [`LockedUser::make`].
    pub async fn make_each(
        &self,
        tx: &mut Tx,
        changes: Vec<UserChange>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, UserChangeError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let change = |change: UserChange| Ok((self.get(change.user).ok_or(RefusedChange::Gone)?, change));
        let changes = changes.into_iter().map(change).collect::<Result<Vec<_>, RefusedChange>>()?;
        make_each(tx, changes, now).await
    }
}

impl LockedUser {
    /// The change to what is wanted.
    pub fn changed_to(&self, wanted: EditableUser, by: &Actor) -> UserChange {
        UserChange::new(self.id, by.clone(), self.before.clone(), wanted)
    }

    /// Makes a change that does not suspend the user. Returns the events to commit.
    ///
    /// # Errors
    /// Returns why the change is refused: `ChangedMeanwhile` also if it would suspend the user, because they were
    /// reactivated meanwhile. Returns an error if the database fails.
    pub async fn make(
        &self,
        tx: &mut Tx,
        change: UserChange,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, UserChangeError> {
        make_each(tx, vec![(self, change)], now).await
    }

    /// Checks what can be checked of this change alone.
    async fn check(&self, tx: &mut Tx, change: &UserChange) -> Result<(), UserChangeError> {
        if self.before != change.before {
            return Err(RefusedChange::ChangedMeanwhile.into());
        }
        if let Some(DirectoryChange { directory, seen, .. }) = &change.directory {
            let current = store::directory_users::get_in(tx, *directory, self.id).await?.ok_or(RefusedChange::Gone)?;
            if current.attributes != *seen {
                return Err(RefusedChange::ChangedMeanwhile.into());
            }
        }
        Ok(())
    }

    /// Checks that the unique values of this change are free.
    async fn check_unique(&self, tx: &mut Tx, change: &UserChange) -> Result<(), UserChangeError> {
        if change.directory.is_some() || email_key(&change.after.email) != email_key(&change.before.email) {
            let record = change.directory.as_ref().map(|change| (change.directory, &change.record));
            if let Some(index) = unique_users::taken(tx, self.id, &change.after.email, record).await? {
                return Err(RefusedChange::Taken(index).into());
            }
        }
        Ok(())
    }
}

async fn make_each(
    tx: &mut Tx,
    changes: Vec<(&LockedUser, UserChange)>,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, UserChangeError> {
    if changes.iter().any(|(_, change)| change.suspends()) {
        return Err(RefusedChange::ChangedMeanwhile.into());
    }
    let changes = changes.into_iter().map(|(user, change)| (user, Arc::new(change))).collect();
    let allowed = check_each(tx, changes).await?;
    AllowedChange::write_each(&allowed, tx, now).await?;
    Ok(allowed.into_iter().flat_map(|allowed| allowed.events).collect())
}

async fn check_each(
    tx: &mut Tx,
    changes: Vec<(&LockedUser, Arc<UserChange>)>,
) -> Result<Vec<AllowedChange>, UserChangeError> {
    for (user, change) in &changes {
        user.check(tx, change).await?;
    }
    check_an_admin_remains(tx, changes.iter().map(|(_, change)| change.as_ref())).await?;
    for (user, change) in &changes {
        user.check_unique(tx, change).await?;
    }
    Ok(AllowedChange::of_checked(tx, changes.into_iter().map(|(_, change)| change).collect()).await?)
}

/// Counts the admins once for all changes, of which several may take the role. The seat engine counts those that its
/// batch suspends.
async fn check_an_admin_remains(
    tx: &mut Tx,
    changes: impl Iterator<Item = &UserChange>,
) -> Result<(), UserChangeError> {
    let losing: Vec<_> =
        changes.filter(|change| change.takes_role_of_admin() && !change.suspends()).map(UserChange::user).collect();
    if losing.is_empty() {
        return Ok(());
    }
    let standings = store::seats::user_standings(tx, &losing).await?;
    let mut admins: BTreeSet<_> =
        standings.iter().filter(|standing| standing.admin).map(|standing| standing.user).collect();
    for user in losing {
        if !keeps_an_admin(admins.contains(&user), admins.len()) {
            return Err(RefusedChange::LastAdmin.into());
        }
        admins.remove(&user);
    }
    Ok(())
}

/// Locks the user and checks whether a change that was computed before may be written.
///
/// # Errors
/// Returns why it may not, or an error if the database fails.
pub async fn check(tx: &mut Tx, change: &Arc<UserChange>) -> Result<AllowedChange, UserChangeError> {
    let user = lock_to_change(tx, change).await?;
    let mut allowed = check_each(tx, vec![(&user, change.clone())]).await?;
    // One for each change.
    Ok(allowed.pop().ok_or(DbError::Retry)?)
}

/// Makes a change that was computed before, and does not suspend the user. Returns the events to commit.
///
/// # Errors
/// See [`LockedUser::make`].
pub async fn make(tx: &mut Tx, change: UserChange, now: DateTime<Utc>) -> Result<Vec<Event>, UserChangeError> {
    lock_to_change(tx, &change).await?.make(tx, change, now).await
}

async fn lock_to_change(tx: &mut Tx, change: &UserChange) -> Result<LockedUser, UserChangeError> {
    let user =
        if change.takes_role_of_admin() { lock(tx, change.user).await } else { lock_only(tx, change.user).await };
    Ok(user?.ok_or(RefusedChange::Gone)?)
}

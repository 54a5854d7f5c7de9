//! Changes of a group itself: renaming and deleting, if the rights suffice; and a preview of what is refused.

use super::{
    Authority, GroupChangeError,
    authority::{GroupChange, denied},
};
use crate::{
    db::{Db, DbError, Tx},
    entitlements::{Entitlements, consequences},
    seats::{Actor, DeletionBlockers, SeatsError},
    store,
};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    permissions::{Action, Rights, may},
    problem::Code,
};
use std::collections::{BTreeMap, BTreeSet};

/// Renames a locked group.
///
/// # Errors
/// Returns an error if the rights do not suffice, if another group has the name, or if the database fails.
pub async fn rename(tx: &mut Tx, by: &Authority<'_>, group: GroupId, name: &str) -> Result<(), GroupChangeError> {
    let approved = by.approve(tx, group, &GroupChange::Name).await?;
    Ok(store::groups::rename(tx, &approved, group, name).await?)
}

/// Why a group is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum GroupNotDeleted {
    #[error(transparent)]
    Change(#[from] GroupChangeError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Seats(#[from] SeatsError),
}

/// Deletes a group, and revokes what it gave.
///
/// It continues if the caller is cancelled.
///
/// # Errors
/// Returns an error if there is no such group, if the rights do not suffice, or if the database fails.
pub async fn delete(entitlements: &Entitlements, by: &Authority<'_>, group: GroupId) -> Result<(), GroupNotDeleted> {
    let mut tx = entitlements.db.begin_read().await?;
    let rights = by.rights(&mut tx).await?;
    let uses = store::memberships::uses(&mut tx, group).await?;
    drop(tx);
    let mut keep_if = DeletionBlockers::default();
    if let Some(rights) = &rights {
        // This check names what the group gives; the seat engine checks again under the lock.
        if let Some(denied) = denied(rights, &uses, &GroupChange::Delete) {
            return Err(GroupChangeError::from(denied).into());
        }
        keep_if = DeletionBlockers {
            gives_licenses: !may(rights, Action::Assign),
            gives_roles: !may(rights, Action::ManageRoles),
            is_settled: !may(rights, Action::ManageRoles),
            is_reserved: !may(rights, Action::ManageProducts),
        };
    }
    let (owned, actor) = (entitlements.clone(), by.actor());
    let deleting = entitlements.tasks.spawn_to_end(async move {
        let members = owned.seats.delete_group(&actor, group, keep_if).await?;
        consequences::reconcile_users(&owned, actor, members.into_iter().collect()).await;
        Ok(())
    });
    Ok(deleting.await.unwrap_or(Err(SeatsError::Unavailable))?)
}

/// A user's rights as of now; `None` if they are suspended or deleted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn current_rights(db: &Db, actor: &Actor) -> Result<Option<Rights>, DbError> {
    let mut tx = db.begin_read().await?;
    match Authority::User(actor).rights(&mut tx).await {
        Ok(rights) => Ok(rights),
        Err(GroupChangeError::Denied(_)) => Ok(None),
        Err(GroupChangeError::Db(error)) => Err(error),
    }
}

/// Which changes of a group's members would be refused, and why.
#[derive(Clone, Debug, Default)]
pub struct GroupPreview {
    /// Why no member may be added.
    pub add: Option<Code>,
    /// Why these members may not be removed: their role depends on the membership.
    ruled: BTreeMap<UserId, Code>,
}

impl GroupPreview {
    /// Why this member may not be removed.
    pub fn remove(&self, user: UserId) -> Option<Code> {
        self.add.or_else(|| self.ruled.get(&user).copied())
    }
}

/// Previews which changes of a group's members would be refused.
///
/// # Errors
/// Returns an error if the user is suspended or deleted, or if the database fails.
pub async fn preview(
    entitlements: &Entitlements,
    actor: &Actor,
    group: GroupId,
) -> Result<GroupPreview, GroupChangeError> {
    let mut tx = entitlements.db.begin_read().await?;
    let Some(rights) = Authority::User(actor).rights(&mut tx).await? else { return Ok(GroupPreview::default()) };
    let uses = store::memberships::uses(&mut tx, group).await?;
    let code = |leaving| denied(&rights, &uses, &GroupChange::Members { leaving }).map(|denied| denied.code);
    let members = if uses.roles.is_empty() { Vec::new() } else { store::memberships::of_group(&mut tx, group).await? };
    let ruled = members.into_iter().filter_map(|(user, directory)| Some((user, code([directory?].into())?)));
    Ok(GroupPreview { add: code(BTreeSet::new()), ruled: ruled.collect() })
}

/// The database error of a change that no rights can refuse.
pub fn into_db_error(error: GroupChangeError) -> DbError {
    match error {
        GroupChangeError::Db(error) => error,
        // No rights are checked, so the group was deleted since it was read.
        GroupChangeError::Denied(_) => DbError::Retry,
    }
}

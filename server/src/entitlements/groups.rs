//! What is changed about a group itself, if what it gives lets the person do that.

use super::{
    Authority, NotChanged,
    authority::{GroupChange, denied},
};
use crate::{
    app::App,
    db::{Db, DbError, Tx},
    http::problem::Fail,
    seats::{Actor, KeepIf},
    store,
};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    permissions::{Action, Rights, may},
    problem::Code,
};
use std::collections::{BTreeMap, BTreeSet};

/// Renames a group that is locked.
///
/// # Errors
/// What it gives takes rights that the person has not; another group has the name; not saved.
pub async fn rename(tx: &mut Tx, by: &Authority<'_>, group: GroupId, name: &str) -> Result<(), NotChanged> {
    let approved = by.approve(tx, group, &GroupChange::Name).await?;
    Ok(store::groups::rename(tx, &approved, group, name).await?)
}

/// Deletes a group; who was in it.
///
/// # Errors
/// There is no such group; what it gives takes rights that the person has not; not saved.
pub async fn delete(app: &App, by: &Authority<'_>, group: GroupId) -> Result<Vec<UserId>, Fail> {
    let mut tx = app.db.begin_read().await?;
    let rights = by.rights(&mut tx).await?;
    let uses = store::memberships::uses(&mut tx, group).await?;
    drop(tx);
    let mut keep_if = KeepIf::default();
    if let Some(rights) = &rights {
        // The sentence says what the group gives; the seats ask again under the lock.
        if let Some(denied) = denied(rights, &uses, &GroupChange::Delete) {
            return Err(NotChanged::from(denied).into());
        }
        keep_if = KeepIf {
            gives_licenses: !may(rights, Action::Assign),
            gives_roles: !may(rights, Action::ManageRoles),
            is_settled: !may(rights, Action::ManageRoles),
            is_reserved: !may(rights, Action::ManageProducts),
        };
    }
    Ok(app.seats.delete_group(&by.actor(), group, keep_if).await?)
}

/// What somebody may do by now; nothing if they may not even sign in any more.
///
/// # Errors
/// The database does not answer.
pub async fn rights_now(db: &Db, actor: &Actor) -> Result<Option<Rights>, DbError> {
    let mut tx = db.begin_read().await?;
    match Authority::Person(actor).rights(&mut tx).await {
        Ok(rights) => Ok(rights),
        Err(NotChanged::Denied(_)) => Ok(None),
        Err(NotChanged::Db(error)) => Err(error),
    }
}

/// What keeps somebody from changing who is in a group.
#[derive(Clone, Debug, Default)]
pub struct GroupPreview {
    /// Why nobody may be put in.
    pub add: Option<Code>,
    /// Why these may not be taken out, whose role may come with it.
    ruled: BTreeMap<UserId, Code>,
}

impl GroupPreview {
    /// Why this member may not be taken out.
    pub fn remove(&self, user: UserId) -> Option<Code> {
        self.add.or_else(|| self.ruled.get(&user).copied())
    }
}

/// What keeps somebody from changing who is in a group, as far as that can be said beforehand.
///
/// # Errors
/// The database does not answer.
pub async fn preview(app: &App, actor: &Actor, group: GroupId) -> Result<GroupPreview, Fail> {
    let mut tx = app.db.begin_read().await?;
    let Some(rights) = Authority::Person(actor).rights(&mut tx).await? else { return Ok(GroupPreview::default()) };
    let uses = store::memberships::uses(&mut tx, group).await?;
    let code = |leaving| denied(&rights, &uses, &GroupChange::Members { leaving }).map(|denied| denied.code);
    let members = if uses.roles.is_empty() { Vec::new() } else { store::memberships::of_group(&mut tx, group).await? };
    let ruled = members.into_iter().filter_map(|(user, directory)| Some((user, code([directory?].into())?)));
    Ok(GroupPreview { add: code(BTreeSet::new()), ruled: ruled.collect() })
}

/// Where only the database can be in the way.
pub fn only_db(error: NotChanged) -> DbError {
    match error {
        NotChanged::Db(error) => error,
        // Nobody is asked for rights; the group is gone since it was read.
        NotChanged::Denied(_) => DbError::Retry,
    }
}

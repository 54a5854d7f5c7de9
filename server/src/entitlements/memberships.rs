//! The only way into a group and out of it, in the transaction of the change.

use super::{Approved, Authority, Denied, NotChanged, authority::GroupChange, groups::only_db};
use crate::{
    db::{DbError, Tx},
    events::{Event, member_events},
    seats::Actor,
    store::{self, memberships::Member},
};
use seatkeeper_shared::{
    ids::{DirectoryId, GroupId, UserId},
    problem::Code,
};
use std::collections::BTreeSet;

/// Who came into a group and who left it.
#[derive(Clone, Debug)]
pub struct Moved {
    group: GroupId,
    name: String,
    actor: Actor,
    /// In the order of their ids.
    pub came: Vec<UserId>,
    /// In the order of their ids.
    pub went: Vec<UserId>,
}

impl Moved {
    /// What the log says of it.
    pub fn events(&self) -> Vec<Event> {
        member_events(&self.actor, self.group, &self.name, &self.went, &self.came)
    }

    /// For whom something may follow from it.
    pub fn users(&self) -> Vec<UserId> {
        self.came.iter().chain(&self.went).copied().collect()
    }
}

/// Puts users into a group and takes users out of it; the others stay. Who is to come and to go comes, or stays.
///
/// # Errors
/// There is no such group; what it gives takes rights that the person has not; not saved.
pub async fn change(
    tx: &mut Tx,
    by: &Authority<'_>,
    group: GroupId,
    (add, remove): (&[UserId], &[UserId]),
) -> Result<Moved, NotChanged> {
    let name = lock(tx, group).await?;
    let these: Vec<_> = add.iter().chain(remove).copied().collect();
    let members = store::memberships::among(tx, group, &these).await?;
    let add: BTreeSet<_> = add.iter().copied().collect();
    let leaving = members.iter().filter(|(user, _)| !add.contains(user)).copied().collect();
    moved(tx, by, (group, name), &members, (add, leaving)).await
}

/// Says who is in a group from now on.
///
/// # Errors
/// See [`change`].
pub async fn set(tx: &mut Tx, by: &Authority<'_>, group: GroupId, users: &[UserId]) -> Result<Moved, NotChanged> {
    let name = lock(tx, group).await?;
    let members = store::memberships::of_group(tx, group).await?;
    let wanted: BTreeSet<_> = users.iter().copied().collect();
    let leaving = members.iter().filter(|(user, _)| !wanted.contains(user)).copied().collect();
    moved(tx, by, (group, name), &members, (wanted, leaving)).await
}

/// Whether the person may put somebody into a group, or why not.
///
/// # Errors
/// See [`change`].
pub async fn may_add(tx: &mut Tx, by: &Authority<'_>, group: GroupId) -> Result<(), NotChanged> {
    lock(tx, group).await?;
    by.approve(tx, group, &GroupChange::Members { leaving: BTreeSet::new() }).await.map(drop)
}

async fn lock(tx: &mut Tx, group: GroupId) -> Result<String, NotChanged> {
    // Whoever lets this group give something waits here for us, or we for them.
    Ok(store::groups::lock(tx, group).await?.ok_or_else(|| Denied::code(Code::NotFound))?)
}

async fn moved(
    tx: &mut Tx,
    by: &Authority<'_>,
    (group, name): (GroupId, String),
    members: &[Member],
    (wanted, mut leaving): (BTreeSet<UserId>, Vec<Member>),
) -> Result<Moved, NotChanged> {
    if let Authority::Provider = by {
        // What a directory said stays until the directory says otherwise.
        leaving.retain(|(_, directory)| directory.is_none());
    }
    let is_in: BTreeSet<_> = members.iter().map(|(user, _)| *user).collect();
    let coming: Vec<_> = wanted.difference(&is_in).copied().collect();
    let mut moved = Moved { group, name, actor: by.actor(), came: Vec::new(), went: Vec::new() };
    if coming.is_empty() && leaving.is_empty() {
        return Ok(moved);
    }
    let change = GroupChange::Members { leaving: leaving.iter().filter_map(|(_, directory)| *directory).collect() };
    let approved = by.approve(tx, group, &change).await?;
    let leaving: Vec<_> = leaving.into_iter().map(|(user, _)| user).collect();
    moved.went = store::memberships::delete(tx, &approved, group, &leaving).await?;
    moved.came = store::memberships::insert(tx, &approved, group, &coming).await?;
    Ok(moved)
}

/// Puts users into a group of a directory, which says so; those who came, and those who were there and are the directory's now.
///
/// # Errors
/// Not saved.
pub async fn directory_add(
    tx: &mut Tx,
    (by, actor): (DirectoryId, &Actor),
    group: GroupId,
    users: &[UserId],
) -> Result<(Vec<UserId>, Vec<UserId>), DbError> {
    let approved = approved(tx, (by, actor), group).await?;
    store::memberships::directory_add(tx, &approved, (by, group), users).await
}

/// Takes users out of a group of a directory, which says so, whoever put them there; those who went, and
/// which directory had put them there.
///
/// # Errors
/// Not saved.
pub async fn directory_remove(
    tx: &mut Tx,
    (by, actor): (DirectoryId, &Actor),
    group: GroupId,
    users: &[UserId],
) -> Result<Vec<Member>, DbError> {
    let approved = approved(tx, (by, actor), group).await?;
    store::memberships::directory_remove(tx, &approved, (by, group), users).await
}

/// Takes everybody out of a group of a directory but these users; those who went, and which
/// directory had put them there.
///
/// # Errors
/// Not saved.
pub async fn directory_keep(
    tx: &mut Tx,
    (by, actor): (DirectoryId, &Actor),
    group: GroupId,
    users: &[UserId],
) -> Result<Vec<Member>, DbError> {
    let approved = approved(tx, (by, actor), group).await?;
    store::memberships::directory_keep(tx, &approved, (by, group), users).await
}

async fn approved(tx: &mut Tx, (by, actor): (DirectoryId, &Actor), group: GroupId) -> Result<Approved, DbError> {
    let change = GroupChange::Members { leaving: BTreeSet::from([by]) };
    Authority::Directory(by, actor).approve(tx, group, &change).await.map_err(only_db)
}

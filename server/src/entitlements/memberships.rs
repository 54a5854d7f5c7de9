//! Adds and removes members of groups. All changes of memberships go through here.

use super::{Approved, Authority, DeniedChange, GroupChangeError, authority::GroupChange, groups::into_db_error};
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
use std::collections::{BTreeMap, BTreeSet};

/// The members that were added to and removed from a group.
#[derive(Clone, Debug)]
pub struct MembershipChange {
    group: GroupId,
    name: String,
    actor: Actor,
    /// Sorted by id.
    pub added: Vec<UserId>,
    /// Sorted by id.
    pub removed: Vec<UserId>,
}

impl MembershipChange {
    pub fn events(&self) -> Vec<Event> {
        member_events(&self.actor, self.group, &self.name, &self.removed, &self.added)
    }
}

/// Adds and removes members. A user in both lists is added.
///
/// # Errors
/// Returns an error if there is no such group, if the rights do not suffice, or if the database fails.
pub async fn change(
    tx: &mut Tx,
    by: &Authority<'_>,
    group: GroupId,
    (add, remove): (&[UserId], &[UserId]),
) -> Result<MembershipChange, GroupChangeError> {
    let name = lock(tx, group).await?;
    let users: Vec<_> = add.iter().chain(remove).copied().collect();
    let members = store::memberships::among(tx, group, &users).await?;
    let add: BTreeSet<_> = add.iter().copied().collect();
    let leaving = members.iter().filter(|(user, _)| !add.contains(user)).copied().collect();
    apply(tx, by, (group, name), &members, (add, leaving)).await
}

/// Replaces the members of a group.
///
/// # Errors
/// See [`change`].
pub async fn set(
    tx: &mut Tx,
    by: &Authority<'_>,
    group: GroupId,
    users: &[UserId],
) -> Result<MembershipChange, GroupChangeError> {
    let name = lock(tx, group).await?;
    let members = store::memberships::of_group(tx, group).await?;
    let wanted: BTreeSet<_> = users.iter().copied().collect();
    let leaving = members.iter().filter(|(user, _)| !wanted.contains(user)).copied().collect();
    apply(tx, by, (group, name), &members, (wanted, leaving)).await
}

/// Groups that are locked until the end of the transaction, with their names.
#[derive(Clone, Debug)]
pub struct LockedGroups(BTreeMap<GroupId, String>);

/// Locks those of these groups that exist: before any user, see [`store::groups::lock`].
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_each(tx: &mut Tx, groups: &BTreeSet<GroupId>) -> Result<LockedGroups, DbError> {
    store::groups::lock_each(tx, groups).await.map(LockedGroups)
}

impl LockedGroups {
    /// The name of a group; `None` if it does not exist.
    pub fn name(&self, group: GroupId) -> Option<&str> {
        self.0.get(&group).map(String::as_str)
    }

    /// Decides for each of these groups whether members may be added to it.
    ///
    /// # Errors
    /// Returns an error if the user who adds them is deleted or suspended, or if the database fails.
    pub async fn additions(
        &self,
        tx: &mut Tx,
        by: &Authority<'_>,
        groups: BTreeSet<GroupId>,
    ) -> Result<Additions<'_>, GroupChangeError> {
        let change = GroupChange::Members { leaving: BTreeSet::new() };
        let existing: BTreeSet<_> = groups.into_iter().filter(|group| self.0.contains_key(group)).collect();
        let decisions =
            if existing.is_empty() { BTreeMap::new() } else { by.decide_each(tx, &existing, &change).await? };
        Ok(Additions { groups: self, decisions, actor: by.actor() })
    }
}

/// The locked groups to which members may be added, and why they may not be added to others.
#[derive(Debug)]
pub struct Additions<'a> {
    groups: &'a LockedGroups,
    decisions: BTreeMap<GroupId, Result<Approved, DeniedChange>>,
    actor: Actor,
}

impl Additions<'_> {
    /// Why no members may be added to a group; `None` if they may.
    pub fn denied(&self, group: GroupId) -> Option<DeniedChange> {
        match self.decisions.get(&group) {
            Some(Ok(_)) => None,
            Some(Err(denied)) => Some(denied.clone()),
            None => Some(DeniedChange::code(Code::NotFound)),
        }
    }

    /// Adds these users to the groups to which members may be added, and to no others, however many they are with the
    /// same statements. Returns what was added to each group.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn add(
        self,
        tx: &mut Tx,
        members: &BTreeMap<GroupId, Vec<UserId>>,
    ) -> Result<Vec<MembershipChange>, DbError> {
        let Self { groups, decisions, actor } = self;
        let approved = decisions
            .iter()
            .filter_map(|(group, decision)| Some((decision.as_ref().ok()?, *group, members.get(group)?.as_slice())));
        let mut added: BTreeMap<GroupId, Vec<UserId>> = BTreeMap::new();
        for (group, user) in store::memberships::insert(tx, approved).await? {
            added.entry(group).or_default().push(user);
        }
        let change = |(group, added)| {
            let name = groups.name(group).unwrap_or_default().to_owned();
            MembershipChange { group, name, actor: actor.clone(), added, removed: Vec::new() }
        };
        Ok(added.into_iter().map(change).collect())
    }
}

async fn lock(tx: &mut Tx, group: GroupId) -> Result<String, GroupChangeError> {
    // Serializes with changes of what the group gives.
    Ok(store::groups::lock(tx, group).await?.ok_or_else(|| DeniedChange::code(Code::NotFound))?)
}

async fn apply(
    tx: &mut Tx,
    by: &Authority<'_>,
    (group, name): (GroupId, String),
    members: &[Member],
    (wanted, mut leaving): (BTreeSet<UserId>, Vec<Member>),
) -> Result<MembershipChange, GroupChangeError> {
    if let Authority::Provider = by {
        // Only a directory removes the memberships it has added.
        leaving.retain(|(_, directory)| directory.is_none());
    }
    let is_in: BTreeSet<_> = members.iter().map(|(user, _)| *user).collect();
    let joining: Vec<_> = wanted.difference(&is_in).copied().collect();
    let mut change = MembershipChange { group, name, actor: by.actor(), added: Vec::new(), removed: Vec::new() };
    if joining.is_empty() && leaving.is_empty() {
        return Ok(change);
    }
    let group_change =
        GroupChange::Members { leaving: leaving.iter().filter_map(|(_, directory)| *directory).collect() };
    let approved = by.approve(tx, group, &group_change).await?;
    let leaving: Vec<_> = leaving.into_iter().map(|(user, _)| user).collect();
    change.removed = store::memberships::delete(tx, &approved, group, &leaving).await?;
    let added = store::memberships::insert(tx, [(&approved, group, joining.as_slice())]).await?;
    change.added = added.into_iter().map(|(_, user)| user).collect();
    Ok(change)
}

/// Adds members to a group on behalf of a directory. Returns the users that were added, and those that were members
/// before and are the directory's from now on.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn directory_add(
    tx: &mut Tx,
    (by, actor): (DirectoryId, &Actor),
    group: GroupId,
    users: &[UserId],
) -> Result<(Vec<UserId>, Vec<UserId>), DbError> {
    let approved = approved(tx, (by, actor), group).await?;
    store::memberships::directory_add(tx, &approved, (by, group), users).await
}

/// Removes members of a group on behalf of a directory, even if it had not added them. Returns the removed members,
/// each with the directory that had added it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn directory_remove(
    tx: &mut Tx,
    (by, actor): (DirectoryId, &Actor),
    group: GroupId,
    users: &[UserId],
) -> Result<Vec<Member>, DbError> {
    let approved = approved(tx, (by, actor), group).await?;
    store::memberships::directory_remove(tx, &approved, (by, group), users).await
}

/// Removes all members of a group except these users on behalf of a directory. Returns the removed members, each with
/// the directory that had added it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn directory_retain(
    tx: &mut Tx,
    (by, actor): (DirectoryId, &Actor),
    group: GroupId,
    users: &[UserId],
) -> Result<Vec<Member>, DbError> {
    let approved = approved(tx, (by, actor), group).await?;
    store::memberships::directory_retain(tx, &approved, (by, group), users).await
}

async fn approved(tx: &mut Tx, (by, actor): (DirectoryId, &Actor), group: GroupId) -> Result<Approved, DbError> {
    let change = GroupChange::Members { leaving: BTreeSet::from([by]) };
    Authority::Directory(by, actor).approve(tx, group, &change).await.map_err(into_db_error)
}

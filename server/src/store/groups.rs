//! Groups of users and their managers.

use super::memberships::MembershipApproval;
use super::{ids, manager_scope::visible_group, set};
use crate::{
    db::{Db, DbError, Row, Tx, Value, args, fields, statements},
    normalize::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId, UserId},
    wire::groups::{GroupDetail, GroupManager, GroupView},
};
use std::collections::{BTreeMap, BTreeSet};

statements! {
    ALL = format!("
        SELECT g.id, g.name, g.directory_id, (SELECT COUNT(*) FROM group_members m WHERE m.group_id = g.id) AS members
        FROM groups g
        WHERE {}
        ORDER BY g.name_key, g.id", visible_group("g.id", 1));

    GET = format!("
        SELECT g.id, g.name, g.directory_id, (SELECT COUNT(*) FROM group_members m WHERE m.group_id = g.id) AS members
        FROM groups g
        WHERE g.id = $1 AND {}", visible_group("g.id", 2));

    MANAGERS = "
        SELECT u.id, u.name, u.email, u.limited_to_groups
        FROM group_managers m
        JOIN users u ON u.id = m.user_id
        WHERE m.group_id = $1
        ORDER BY u.name_key, u.id";

    INSERT = "
        INSERT INTO groups (id, name, name_key, created_at)
        VALUES ($1, $2, $3, $4)";

    DELETE = "
        DELETE FROM groups WHERE id = $1";

    DELETE_RULE_LICENSES = "
        DELETE FROM directory_rule_licenses WHERE rule_id IN (SELECT id FROM directory_rules WHERE group_id = $1)";

    DELETE_RULES = "
        DELETE FROM directory_rules WHERE group_id = $1";

    // The representation that a directory has read is outdated.
    RENAME = "
        UPDATE groups SET name = $2, name_key = $3, version = version + 1 WHERE id = $1";

    LOCK = "
        SELECT name FROM groups WHERE id = $1 FOR UPDATE";

    LOCK_SOME = "
        SELECT id, name FROM groups WHERE id AMONG($1) ORDER BY id FOR UPDATE";

    NAMES = "
        SELECT id, name FROM groups WHERE id IN (SELECT id FROM ROWS($1: id uuid)) ORDER BY name_key, id";

    MEMBERS = "
        SELECT user_id FROM group_members WHERE group_id = $1 ORDER BY user_id";

    EXISTING = "
        SELECT id FROM groups WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    MANAGED = "
        SELECT group_id FROM group_managers
        WHERE user_id = $1 AND group_id IN (SELECT id FROM ROWS($2: id uuid))";

    WITH_ROLE_MANAGER = "
        SELECT id FROM users
        WHERE role = 'manager' AND deleted_at IS NULL AND id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_MEMBERS = "
        DELETE FROM group_members WHERE group_id = $1";

    DELETE_MANAGERS = "
        DELETE FROM group_managers WHERE group_id = $1";

    INSERT_MANAGERS = "
        INSERT INTO group_managers (group_id, user_id)
        SELECT group_id, user_id
        FROM ROWS($1: group_id uuid, user_id uuid)";

    LICENSES_LIMITED_FOR = "
        SELECT id FROM licenses WHERE group_limits LIKE $1 ORDER BY id";

    LIMITED = "
        SELECT DISTINCT given.id
        FROM ROWS($1: id uuid, pattern text)
        JOIN licenses l ON l.group_limits LIKE given.pattern";
}

/// All groups, or those of a manager.
pub async fn all(db: &Db, manager: Option<UserId>) -> Result<Vec<GroupView>, DbError> {
    db.all(&ALL, args![manager]).await?.iter().map(group).collect()
}

/// One group with its managers. With a manager, only if they manage it.
pub async fn get(db: &Db, id: GroupId, manager: Option<UserId>) -> Result<Option<GroupDetail>, DbError> {
    let Some(row) = db.one(&GET, args![id, manager]).await? else { return Ok(None) };
    let managers = db.all(&MANAGERS, args![id]).await?;
    let managers = managers.iter().map(|row| {
        Ok(GroupManager {
            id: row.get("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            limited_to_groups: row.get("limited_to_groups")?,
        })
    });
    Ok(Some(GroupDetail { group: group(&row)?, managers: managers.collect::<Result<_, DbError>>()? }))
}

fn group(row: &Row) -> Result<GroupView, DbError> {
    Ok(GroupView {
        id: row.get("id")?,
        name: row.get("name")?,
        members: row.get("members")?,
        directory_id: row.opt("directory_id")?,
    })
}

/// Adds a group.
///
/// # Errors
/// Returns [`DbError::Taken`] `groups_name_key` if the name is taken.
pub async fn insert(tx: &mut Tx, group: &GroupView, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&INSERT, args![group.id, &group.name, fold(&group.name), now]).await.map(drop)
}

/// Renames a group.
///
/// # Errors
/// Returns [`DbError::Taken`] `groups_name_key` if the name is taken.
pub async fn rename(tx: &mut Tx, _: &impl MembershipApproval, group: GroupId, name: &str) -> Result<(), DbError> {
    tx.run(&RENAME, args![group, name, fold(name)]).await.map(drop)
}

/// Deletes a group with its memberships, managers and rules.
pub async fn delete(tx: &mut Tx, group: GroupId) -> Result<(), DbError> {
    for sql in [&DELETE_MEMBERS, &DELETE_MANAGERS, &DELETE_RULE_LICENSES, &DELETE_RULES, &DELETE] {
        tx.run(sql, args![group]).await?;
    }
    Ok(())
}

/// Locks a group. Returns its name; `None` if there is no such group. Locks the account first, which serializes changes
/// of groups and their managers.
pub async fn lock(tx: &mut Tx, group: GroupId) -> Result<Option<String>, DbError> {
    super::seats::lock_admins(tx).await?;
    tx.one(&LOCK, args![group]).await?.map(|row| row.get("name")).transpose()
}

/// Locks those of these groups that exist, if there are any to be locked, and the account first, as [`lock`] does.
/// Returns their names.
pub async fn lock_each(tx: &mut Tx, groups: &BTreeSet<GroupId>) -> Result<BTreeMap<GroupId, String>, DbError> {
    if groups.is_empty() {
        return Ok(BTreeMap::new());
    }
    super::seats::lock_admins(tx).await?;
    lock_some(tx, groups).await
}

/// Locks those of these groups that exist, but not the account. Returns their names.
pub async fn lock_some(tx: &mut Tx, groups: &BTreeSet<GroupId>) -> Result<BTreeMap<GroupId, String>, DbError> {
    tx.all(&LOCK_SOME, args![ids(groups)]).await?.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// The ids and names of groups, sorted by name.
pub async fn names(tx: &mut Tx, groups: impl IntoIterator<Item = GroupId>) -> Result<Vec<(GroupId, String)>, DbError> {
    let rows = tx.all(&NAMES, args![ids(groups)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// The members of a group, sorted by id.
pub async fn members(tx: &mut Tx, group: GroupId) -> Result<Vec<UserId>, DbError> {
    tx.all(&MEMBERS, args![group]).await?.iter().map(|row| row.get("user_id")).collect()
}

/// How many of these groups exist.
pub async fn count_existing(db: &Db, groups: &[GroupId]) -> Result<usize, DbError> {
    Ok(db.all(&EXISTING, args![ids(groups)]).await?.len())
}

/// How many of these groups exist, within a transaction.
pub async fn count_existing_in(tx: &mut Tx, groups: &[GroupId]) -> Result<usize, DbError> {
    Ok(tx.all(&EXISTING, args![ids(groups)]).await?.len())
}

/// Those of these groups that this user manages.
pub async fn managed<'a>(
    tx: &mut Tx,
    manager: UserId,
    groups: impl IntoIterator<Item = &'a GroupId>,
) -> Result<BTreeSet<GroupId>, DbError> {
    tx.all(&MANAGED, args![manager, ids(groups)]).await?.iter().map(|row| row.get("group_id")).collect()
}

/// How many of these groups this user manages.
pub async fn count_managed(tx: &mut Tx, manager: UserId, groups: &[GroupId]) -> Result<usize, DbError> {
    Ok(managed(tx, manager, groups).await?.len())
}

/// How many of these users have the role manager.
pub async fn count_managers(tx: &mut Tx, users: &[UserId]) -> Result<usize, DbError> {
    Ok(tx.all(&WITH_ROLE_MANAGER, args![ids(users)]).await?.len())
}

/// The managers of a group, sorted by name.
pub async fn managers(tx: &mut Tx, group: GroupId) -> Result<Vec<(UserId, String)>, DbError> {
    tx.all(&MANAGERS, args![group]).await?.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}

/// Replaces the managers of a group.
pub async fn set_managers(tx: &mut Tx, group: GroupId, users: &[UserId]) -> Result<(), DbError> {
    tx.run(&DELETE_MANAGERS, args![group]).await?;
    tx.run(&INSERT_MANAGERS, args![pairs(group, users)]).await.map(drop)
}

fn pairs(group: GroupId, users: &[UserId]) -> Value {
    set(users.iter().map(|user| fields! { "group_id": group, "user_id": user }))
}

/// The licenses that reserve seats for a group or limit its seats.
pub async fn licenses_limited_for(tx: &mut Tx, group: GroupId) -> Result<Vec<LicenseId>, DbError> {
    tx.all(&LICENSES_LIMITED_FOR, args![limit_pattern(group)]).await?.iter().map(|row| row.get("id")).collect()
}

/// Those of these groups for which a license reserves seats or limits their seats.
pub(super) async fn limited<'a>(
    tx: &mut Tx,
    groups: impl IntoIterator<Item = &'a GroupId>,
) -> Result<BTreeSet<GroupId>, DbError> {
    let groups = groups.into_iter().map(|group| fields! { "id": group, "pattern": limit_pattern(*group) });
    tx.all(&LIMITED, args![set(groups)]).await?.iter().map(|row| row.get("id")).collect()
}

/// What the limits of a license for a group contain.
fn limit_pattern(group: GroupId) -> String {
    format!("%{group}%")
}

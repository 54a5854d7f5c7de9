//! Groups of users.

use super::{ids, set};
use crate::db::{Db, DbError, Row, Tx, args, fields, statements};
use crate::text::fold;
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, UserId},
    wire::groups::GroupView,
};

statements! {
    ALL = "
        SELECT g.id, g.name, (SELECT COUNT(*) FROM group_members m WHERE m.group_id = g.id) AS members
        FROM groups g
        ORDER BY g.name_key, g.id";

    INSERT = "
        INSERT INTO groups (id, name, name_key, created_at)
        VALUES ($1, $2, $3, $4)";

    LOCK = "
        SELECT id, name FROM groups WHERE id = $1 FOR UPDATE";

    MEMBERS = "
        SELECT user_id FROM group_members WHERE group_id = $1 ORDER BY user_id";

    KNOWN = "
        SELECT id FROM groups WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    KNOWN_USERS = "
        SELECT id FROM users WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_MEMBERS = "
        DELETE FROM group_members WHERE group_id = $1";

    INSERT_MEMBERS = "
        INSERT INTO group_members (group_id, user_id)
        SELECT DISTINCT group_id, user_id
        FROM ROWS($1: group_id uuid, user_id uuid)";
}

/// All groups.
pub async fn all(db: &Db) -> Result<Vec<GroupView>, DbError> {
    db.all(&ALL, args![]).await?.iter().map(group).collect()
}

fn group(row: &Row) -> Result<GroupView, DbError> {
    Ok(GroupView { id: row.get("id")?, name: row.get("name")?, members: row.get("members")? })
}

/// Adds a group.
///
/// # Errors
/// [`DbError::Taken`] `groups_name_key` if the name is.
pub async fn insert(tx: &mut Tx, group: &GroupView, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&INSERT, args![group.id, &group.name, fold(&group.name), now]).await.map(drop)
}

/// Locks a group and says what it is called; nothing if there is none.
pub async fn lock(tx: &mut Tx, group: GroupId) -> Result<Option<String>, DbError> {
    tx.one(&LOCK, args![group]).await?.map(|row| row.get("name")).transpose()
}

/// Who is in a group, in the order of their ids.
pub async fn members(tx: &mut Tx, group: GroupId) -> Result<Vec<UserId>, DbError> {
    tx.all(&MEMBERS, args![group]).await?.iter().map(|row| row.get("user_id")).collect()
}

/// How many of these groups exist.
pub async fn known(db: &Db, groups: &[GroupId]) -> Result<usize, DbError> {
    Ok(db.all(&KNOWN, args![ids(groups)]).await?.len())
}

/// How many of these users exist.
pub async fn known_users(tx: &mut Tx, users: &[UserId]) -> Result<usize, DbError> {
    Ok(tx.all(&KNOWN_USERS, args![ids(users)]).await?.len())
}

/// Says who is in a group from now on.
pub async fn set_members(tx: &mut Tx, group: GroupId, users: &[UserId]) -> Result<(), DbError> {
    tx.run(&DELETE_MEMBERS, args![group]).await?;
    let members = set(users.iter().map(|user| fields! { "group_id": group, "user_id": user }));
    tx.run(&INSERT_MEMBERS, args![members]).await.map(drop)
}

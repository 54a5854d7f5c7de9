//! The SQL conditions that limit a statement to the users visible to a manager, and queries with these conditions
//! alone.

use super::ids;
use crate::db::{Db, DbError, args, statements};
use seatkeeper_shared::ids::{GroupId, SessionId, UserId};
use std::collections::HashSet;

/// The condition that the user in `column` is in a group of the manager `$number`; always true if that is NULL.
pub(super) fn visible_user(column: &str, number: usize) -> String {
    format!(
        "(CAST(${number} AS UUID) IS NULL OR {column} IN (
              SELECT member.user_id
              FROM group_managers manager
              JOIN group_members member ON member.group_id = manager.group_id
              WHERE manager.user_id = ${number}))"
    )
}

/// The condition that the user in `column` is in a group of the manager `$number`. In one line, for an optional clause.
pub(super) fn user_in_groups_of(column: &str, number: usize) -> String {
    format!(
        "{column} IN (SELECT member.user_id FROM group_managers manager \
         JOIN group_members member ON member.group_id = manager.group_id WHERE manager.user_id = ${number})"
    )
}

/// The condition that the manager `$number` manages the group in `column`; always true if that is NULL.
pub(super) fn visible_group(column: &str, number: usize) -> String {
    format!("(CAST(${number} AS UUID) IS NULL OR {})", group_managed_by(column, number))
}

/// The condition that the manager `$number` manages the group in `column`. In one line, for an optional clause.
pub(super) fn group_managed_by(column: &str, number: usize) -> String {
    format!("{column} IN (SELECT managed.group_id FROM group_managers managed WHERE managed.user_id = ${number})")
}

/// The condition for the user of a session or ticket: visible to the manager, or the manager.
pub(super) fn visible_work(column: &str, number: usize) -> String {
    format!("({column} = ${number} OR {})", visible_user(column, number))
}

statements! {
    AMONG = format!("
        SELECT id FROM users u
        WHERE u.id IN (SELECT id FROM ROWS($1: id uuid))
          AND u.deleted_at IS NULL
          AND {}", visible_user("u.id", 2));

    SESSIONS_AMONG = format!("
        SELECT s.id FROM sessions s
        WHERE s.id IN (SELECT id FROM ROWS($1: id uuid))
          AND {}", visible_work("s.user_id", 2));

    USERS_OF = "
        SELECT DISTINCT member.user_id AS id
        FROM group_managers manager
        JOIN group_members member ON member.group_id = manager.group_id
        WHERE manager.user_id = $1";

    GROUPS_OF = "
        SELECT group_id FROM group_managers WHERE user_id = $1";
}

/// Those of these users who are not deleted and are in the manager's groups; without a manager, all not deleted.
pub async fn among(db: &Db, manager: Option<UserId>, users: &[UserId]) -> Result<HashSet<UserId>, DbError> {
    db.all(&AMONG, args![ids(users), manager]).await?.iter().map(|row| row.get("id")).collect()
}

/// Those of these sessions whose agents are in the manager's groups, and the manager's own.
pub async fn sessions_among(db: &Db, manager: UserId, sessions: &[SessionId]) -> Result<HashSet<SessionId>, DbError> {
    db.all(&SESSIONS_AMONG, args![ids(sessions), manager]).await?.iter().map(|row| row.get("id")).collect()
}

/// The groups that the manager manages.
pub async fn groups_of(db: &Db, manager: UserId) -> Result<HashSet<GroupId>, DbError> {
    db.all(&GROUPS_OF, args![manager]).await?.iter().map(|row| row.get("group_id")).collect()
}

/// The users in the manager's groups.
pub async fn users_of(db: &Db, manager: UserId) -> Result<HashSet<UserId>, DbError> {
    db.all(&USERS_OF, args![manager]).await?.iter().map(|row| row.get("id")).collect()
}

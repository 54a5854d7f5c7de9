//! The one clause that limits a statement to the people whom a manager sees, and what is asked with it alone.

use super::ids;
use crate::db::{Db, DbError, args, statements};
use seatkeeper_shared::ids::{SessionId, UserId};
use std::collections::HashSet;

/// The user in `column` is in a group that the manager `$number` manages; anybody is if that is NULL.
pub(super) fn people(column: &str, number: usize) -> String {
    format!(
        "(CAST(${number} AS UUID) IS NULL OR {column} IN (
              SELECT member.user_id
              FROM group_managers manager
              JOIN group_members member ON member.group_id = manager.group_id
              WHERE manager.user_id = ${number}))"
    )
}

/// The user in `column` is in a group that the manager `$number` manages; in one line, which a statement may choose.
pub(super) fn among_people_of(column: &str, number: usize) -> String {
    format!(
        "{column} IN (SELECT member.user_id FROM group_managers manager JOIN group_members member ON member.group_id = manager.group_id WHERE manager.user_id = ${number})"
    )
}

/// The same for sessions and tickets: the manager's own too.
pub(super) fn work(column: &str, number: usize) -> String {
    format!("({column} = ${number} OR {})", people(column, number))
}

statements! {
    AMONG = format!("
        SELECT id FROM users u
        WHERE u.id IN (SELECT id FROM ROWS($1: id uuid))
          AND u.deleted_at IS NULL
          AND {}", people("u.id", 2));

    SESSIONS_AMONG = format!("
        SELECT s.id FROM sessions s
        WHERE s.id IN (SELECT id FROM ROWS($1: id uuid))
          AND {}", work("s.user_id", 2));

    PEOPLE_OF = "
        SELECT DISTINCT member.user_id AS id
        FROM group_managers manager
        JOIN group_members member ON member.group_id = manager.group_id
        WHERE manager.user_id = $1";
}

/// Those of these users who are there and in the manager's groups; without a manager all who are there.
pub async fn among(db: &Db, manager: Option<UserId>, users: &[UserId]) -> Result<HashSet<UserId>, DbError> {
    db.all(&AMONG, args![ids(users), manager]).await?.iter().map(|row| row.get("id")).collect()
}

/// Those of these sessions whose agents are in the manager's groups, and his own.
pub async fn sessions_among(db: &Db, manager: UserId, sessions: &[SessionId]) -> Result<HashSet<SessionId>, DbError> {
    db.all(&SESSIONS_AMONG, args![ids(sessions), manager]).await?.iter().map(|row| row.get("id")).collect()
}

/// The people in the manager's groups.
pub async fn people_of(db: &Db, manager: UserId) -> Result<HashSet<UserId>, DbError> {
    db.all(&PEOPLE_OF, args![manager]).await?.iter().map(|row| row.get("id")).collect()
}

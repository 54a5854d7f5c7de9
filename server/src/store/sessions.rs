//! Sessions for display: single sessions, and updates for the live feed. The list is in [`list`].

pub mod list;

use super::{
    ids,
    pagination::order_by,
    seats::row_mapping::{SESSION, SESSION_END, VIEW_COLUMNS, VIEW_JOINS, session, session_end, view_context},
};
use crate::db::{Db, DbError, Row, args, statements};
use chrono::{DateTime, TimeDelta, Utc};
pub use list::{SessionFilter, of_time, page};
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    wire::{live::Contact, sessions::SessionView},
};

/// Sessions with what their views say about the license and the agent. `source` stands before them in the FROM clause.
fn views(source: &str) -> String {
    format!(
        "
        SELECT {}, {}, {VIEW_COLUMNS}, l.idle_warning_seconds
        FROM
        {source}
        sessions seat {VIEW_JOINS}",
        SESSION.select("seat"),
        SESSION_END.select("seat"),
    )
}

/// As a limit: none.
pub(super) const UNLIMITED: &str = "9223372036854775807";

/// The sessions of the users for whom the condition holds, as `own` in a FROM clause, in the order of their creation.
/// A limit, even [`UNLIMITED`], keeps that order: without it, SQLite reads all of them before it returns the first.
pub(super) fn sessions_of_users(user: &str, down: bool, limit: &str) -> String {
    let order = order_by("created_at", "session_id", down);
    format!("(SELECT created_at, session_id FROM user_sessions WHERE user_id {user} {order} LIMIT {limit}) own")
}

statements! {
    SOME = format!("{} WHERE seat.id IN (SELECT id FROM ROWS($1: id uuid))", views(""));

    REMOTE_DEVICES = "
        SELECT remote_device
        FROM user_sessions
        WHERE user_id = $1
          AND remote_device IS NOT NULL
        GROUP BY remote_device
        ORDER BY MAX(created_at) DESC
        LIMIT $2";

    RECENT_CONTACTS = "
        SELECT id, user_id, last_seen_at, lease_until
        FROM sessions
        WHERE ended_at IS NULL AND last_seen_at > $1
        ORDER BY last_seen_at DESC
        LIMIT $2";
}

/// These sessions, with support keys; unknown ones are skipped.
pub async fn some(db: &Db, which: impl IntoIterator<Item = SessionId>) -> Result<Vec<SessionView>, DbError> {
    db.all(&SOME, args![ids(which)]).await?.iter().map(view).collect()
}

/// One session, with its support key.
pub async fn get(db: &Db, id: SessionId) -> Result<Option<SessionView>, DbError> {
    Ok(some(db, [id]).await?.pop())
}

/// The remote devices of a user's sessions, most recent first.
pub async fn remote_devices(db: &Db, user: UserId, limit: i64) -> Result<Vec<String>, DbError> {
    db.all(&REMOTE_DEVICES, args![user, limit]).await?.iter().map(|row| row.get("remote_device")).collect()
}

/// The live sessions with a heartbeat after a time, latest first, each with its agent.
pub async fn recent_contacts(db: &Db, since: DateTime<Utc>, limit: i64) -> Result<Vec<(UserId, Contact)>, DbError> {
    let rows = db.all(&RECENT_CONTACTS, args![since, limit]).await?;
    rows.iter()
        .map(|row| {
            let contact = Contact {
                id: row.get("id")?,
                last_seen_at: row.get("last_seen_at")?,
                lease_until: row.get("lease_until")?,
            };
            Ok((row.get("user_id")?, contact))
        })
        .collect()
}

fn view(row: &Row) -> Result<SessionView, DbError> {
    let session = session(row)?;
    let warning = TimeDelta::seconds(row.get("idle_warning_seconds")?);
    let idle_ends_at = session.warned_at.map(|at| at + warning);
    Ok(session.into_view(view_context(row)?, idle_ends_at, session_end(row)?))
}

//! Directories (SCIM clients), their tokens, and their latest requests.

use super::set;
use crate::{
    db::{Db, DbError, Row, Tx, args, fields, statements},
    normalize::fold,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::DirectoryId,
    wire::directory::{DirectoryRequest, DirectoryView},
};

const COLUMNS: &str = "
        SELECT d.id, d.name, d.created_at, d.token_made_at, d.last_used_at,
               (SELECT COUNT(*) FROM directory_users u WHERE u.directory_id = d.id) AS users,
               (SELECT COUNT(*) FROM groups g WHERE g.directory_id = d.id) AS groups,
               (SELECT COUNT(*) FROM directory_failures f WHERE f.directory_id = d.id) AS failures
        FROM directories d";

statements! {
    ALL = format!("{COLUMNS} ORDER BY d.name_key, d.id");

    GET = format!("{COLUMNS} WHERE d.id = $1");

    BY_SECRET = "
        SELECT id, name FROM directories WHERE secret_hash = $1";

    INSERT = "
        INSERT INTO directories (id, name, name_key, secret_hash, created_at, token_made_at)
        VALUES ($1, $2, $3, $4, $5, $5)";

    ROTATE = "
        UPDATE directories SET secret_hash = $2, token_made_at = $3 WHERE id = $1
        RETURNING name";

    LOCK = "
        SELECT name FROM directories WHERE id = $1 FOR UPDATE";

    // Assignments made by its rules stay, as manual ones.
    RELEASE_ASSIGNMENTS = "
        UPDATE assignments SET rule_id = NULL
        WHERE rule_id IN (SELECT id FROM directory_rules WHERE directory_id = $1)";

    RELEASE_GROUPS = "
        UPDATE groups SET directory_id = NULL, external_id = NULL WHERE directory_id = $1";

    // Its memberships stay, but give no roles any more.
    RELEASE_MEMBERSHIPS = "
        UPDATE group_members SET directory_id = NULL WHERE directory_id = $1";

    DELETE_RULE_LICENSES = "
        DELETE FROM directory_rule_licenses
        WHERE rule_id IN (SELECT id FROM directory_rules WHERE directory_id = $1)";

    DELETE_RULES = "
        DELETE FROM directory_rules WHERE directory_id = $1";

    DELETE_FAILURES = "
        DELETE FROM directory_failures WHERE directory_id = $1";

    DELETE_REQUESTS = "
        DELETE FROM directory_requests WHERE directory_id = $1";

    DELETE_USERS = "
        DELETE FROM directory_users WHERE directory_id = $1";

    DELETE = "
        DELETE FROM directories WHERE id = $1";

    // Locks the directory, so that request numbers are assigned by one transaction at a time.
    USED = "
        UPDATE directories SET last_used_at = $2 WHERE id = $1";

    LAST_NUMBER = "
        SELECT COALESCE(MAX(number), 0) AS number FROM directory_requests WHERE directory_id = $1";

    INSERT_REQUESTS = "
        INSERT INTO directory_requests (directory_id, number, at, method, path, status, reason)
        SELECT directory_id, number, at, method, path, status, reason
        FROM ROWS($1: directory_id uuid, number int, at time, method text, path text, status int, reason text)";

    DELETE_OLD_REQUESTS = "
        DELETE FROM directory_requests WHERE directory_id = $1 AND number <= $2";

    REQUESTS = "
        SELECT number, at, method, path, status, reason
        FROM directory_requests
        WHERE directory_id = $1
        ORDER BY number DESC";
}

/// How many requests of a directory are kept.
const MAX_REQUESTS: i64 = 200;

/// All directories, by name.
pub async fn all(db: &Db) -> Result<Vec<DirectoryView>, DbError> {
    db.all(&ALL, args![]).await?.iter().map(view).collect()
}

pub async fn get(db: &Db, id: DirectoryId) -> Result<Option<DirectoryView>, DbError> {
    db.one(&GET, args![id]).await?.map(|row| view(&row)).transpose()
}

fn view(row: &Row) -> Result<DirectoryView, DbError> {
    Ok(DirectoryView {
        id: row.get("id")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        token_made_at: row.get("token_made_at")?,
        last_used_at: row.opt("last_used_at")?,
        users: row.get("users")?,
        groups: row.get("groups")?,
        failures: row.get("failures")?,
    })
}

/// The directory whose token has this hash, and its name.
pub async fn by_secret(db: &Db, hash: &str) -> Result<Option<(DirectoryId, String)>, DbError> {
    db.one(&BY_SECRET, args![hash]).await?.map(|row| Ok((row.get("id")?, row.get("name")?))).transpose()
}

/// Adds a directory.
///
/// # Errors
/// Returns [`DbError::Taken`] `directories_name_key` if the name is taken.
pub async fn insert(tx: &mut Tx, id: DirectoryId, name: &str, hash: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&INSERT, args![id, name, fold(name), hash, now]).await.map(drop)
}

/// Replaces the token of a directory. Returns the directory's name; `None` if there is no such directory.
pub async fn rotate(tx: &mut Tx, id: DirectoryId, hash: &str, now: DateTime<Utc>) -> Result<Option<String>, DbError> {
    tx.one(&ROTATE, args![id, hash, now]).await?.map(|row| row.get("name")).transpose()
}

/// Locks a directory. Returns its name; `None` if there is no such directory.
pub async fn lock(tx: &mut Tx, id: DirectoryId) -> Result<Option<String>, DbError> {
    tx.one(&LOCK, args![id]).await?.map(|row| row.get("name")).transpose()
}

/// Deletes a directory. Its users, its groups and the assignments made by its rules stay.
pub async fn delete(tx: &mut Tx, id: DirectoryId) -> Result<(), DbError> {
    for sql in [
        &RELEASE_ASSIGNMENTS,
        &RELEASE_GROUPS,
        &RELEASE_MEMBERSHIPS,
        &DELETE_RULE_LICENSES,
        &DELETE_RULES,
        &DELETE_FAILURES,
        &DELETE_REQUESTS,
        &DELETE_USERS,
        &DELETE,
    ] {
        tx.run(sql, args![id]).await?;
    }
    Ok(())
}

/// Stores requests of a directory, oldest first, and deletes old ones. Does nothing if the directory was deleted.
pub async fn store_requests(tx: &mut Tx, id: DirectoryId, requests: &[DirectoryRequest]) -> Result<(), DbError> {
    let Some(last) = requests.last() else { return Ok(()) };
    if tx.run(&USED, args![id, last.at]).await? == 0 {
        return Ok(());
    }
    let before: i64 = tx.one(&LAST_NUMBER, args![id]).await?.map_or(Ok(0), |row| row.get("number"))?;
    let rows = requests.iter().zip(before + 1..).map(|(one, number)| {
        fields! {
            "directory_id": id, "number": number, "at": one.at, "method": one.method.as_str(),
            "path": one.path.as_str(), "status": one.status, "reason": one.reason.as_deref(),
        }
    });
    tx.run(&INSERT_REQUESTS, args![set(rows)]).await?;
    let newest = before + i64::try_from(requests.len()).unwrap_or(i64::MAX);
    tx.run(&DELETE_OLD_REQUESTS, args![id, newest - MAX_REQUESTS]).await.map(drop)
}

/// The latest requests of a directory, newest first.
pub async fn requests(db: &Db, id: DirectoryId) -> Result<Vec<DirectoryRequest>, DbError> {
    let rows = db.all(&REQUESTS, args![id]).await?;
    rows.iter()
        .map(|row| {
            Ok(DirectoryRequest {
                number: row.get("number")?,
                at: row.get("at")?,
                method: row.get("method")?,
                path: row.get("path")?,
                status: row.get("status")?,
                reason: row.opt("reason")?,
            })
        })
        .collect()
}

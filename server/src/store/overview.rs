//! What needs action now, and which of the first steps of an account are done.

use super::{manager_scope::visible_work, set};
use crate::db::{Db, DbError, args, fields, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{DirectoryId, LicenseId, UserId},
    wire::reports::SetupProgress,
};

statements! {
    // The comparison lets SQLite search an index instead of scanning one.
    SETUP = "
        SELECT EXISTS (SELECT 1 FROM products) AS product,
               EXISTS (SELECT 1 FROM licenses) AS license,
               (SELECT COUNT(*) FROM (SELECT id FROM users WHERE deleted_at IS NULL LIMIT 2) first_two) > 1 AS people,
               EXISTS (SELECT 1 FROM assignments) AS assignment,
               EXISTS (SELECT 1 FROM sessions WHERE created_at > $1) AS session";

    TURNED_AWAY = turned_away_after("e.position > $3 AND e.at > $1"),
    // Positions and times increase together.
    on_postgres: turned_away_after("e.position > COALESCE((SELECT MAX(position) FROM events WHERE at <= $1), 0)");

    LOST_CONTACT = format!("
        SELECT COUNT(*) AS sessions, MIN(s.lease_until) AS next_end
        FROM ROWS($1: license uuid, lost_before time)
        JOIN sessions s ON s.license_id = given.license
        WHERE s.ended_at IS NULL
          AND s.borrowed_until IS NULL
          AND s.lease_until < given.lost_before
          AND {}", visible_work("s.user_id", 2));

    BORROWED_ENDING = format!("
        SELECT COUNT(*) AS seats, MIN(s.lease_until) AS next_end
        FROM sessions s
        WHERE s.ended_at IS NULL
          AND s.lease_until < $1
          AND s.borrowed_until IS NOT NULL
          AND {}", visible_work("s.user_id", 2));

    GRANTS_ENDING = format!("
        SELECT a.license_id, a.user_id, a.ends_at, u.name
        FROM assignments a
        JOIN users u ON u.id = a.user_id
        WHERE a.ends_at < $1
          AND {}
        ORDER BY a.ends_at, a.license_id, a.user_id
        LIMIT 1000", visible_work("a.user_id", 2));

    PROVISIONING = "
        SELECT d.id, d.name, COUNT(DISTINCT f.user_id) AS users
        FROM directory_failures f
        JOIN directories d ON d.id = f.directory_id
        GROUP BY d.id, d.name
        ORDER BY d.name, d.id";

    // Users of a directory or a provider sign in there.
    NOT_INVITED = format!("
        SELECT u.id
        FROM users u
        WHERE u.status = 'active'
          AND u.deleted_at IS NULL
          AND u.last_active_at IS NULL
          AND u.password_hash IS NULL
          AND NOT EXISTS (SELECT 1 FROM sign_in_providers)
          AND NOT EXISTS (SELECT 1 FROM directory_users own WHERE own.user_id = u.id)
          AND NOT EXISTS (
                  SELECT 1 FROM password_links link
                  WHERE link.user_id = u.id AND link.used_at IS NULL AND link.expires_at > $1)
          AND {}
        ORDER BY u.created_at, u.id
        LIMIT 1000", visible_work("u.id", 2));
}

/// Each user once, however often their client has asked.
fn turned_away_after(after: &str) -> String {
    format!(
        "
        SELECT refused.license_id, COUNT(*) AS users, MIN(refused.since) AS since
        FROM (SELECT e.license_id, e.user_id, MIN(e.at) AS since, MAX(e.at) AS last_at
              FROM events e
              WHERE {after}
                AND e.kind = 'session_refused'
                AND e.license_id IS NOT NULL
                AND {}
              GROUP BY e.license_id, e.user_id) refused
        WHERE NOT EXISTS (
                  SELECT 1 FROM sessions s
                  WHERE s.license_id = refused.license_id AND s.ended_at IS NULL AND s.user_id = refused.user_id)
          AND NOT EXISTS (
                  SELECT 1 FROM tickets t
                  WHERE t.license_id = refused.license_id AND t.ended_at IS NULL AND t.user_id = refused.user_id)
          AND NOT EXISTS (
                  SELECT 1 FROM user_sessions own
                  JOIN sessions s ON s.id = own.session_id
                  WHERE own.user_id = refused.user_id AND own.created_at >= refused.last_at
                    AND s.license_id = refused.license_id)
        GROUP BY refused.license_id
        ORDER BY refused.license_id",
        visible_work("e.user_id", 2)
    )
}

/// Which of the first steps are done.
pub async fn setup(db: &Db) -> Result<SetupProgress, DbError> {
    let Some(row) = db.one(&SETUP, args![DateTime::UNIX_EPOCH]).await? else { return Ok(SetupProgress::default()) };
    Ok(SetupProgress {
        product: row.get("product")?,
        license: row.get("license")?,
        people: row.get("people")?,
        assignment: row.get("assignment")?,
        session: row.get("session")?,
    })
}

/// Users of a license who were refused and have neither a seat nor a ticket since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedUsers {
    pub license: LicenseId,
    pub users: i64,
    /// When the first of them was refused.
    pub since: DateTime<Utc>,
}

/// The users turned away after this time, of those in the manager's groups if one is given.
pub async fn turned_away(db: &Db, after: DateTime<Utc>, manager: Option<UserId>) -> Result<Vec<RefusedUsers>, DbError> {
    let range = db.log_range(Some(after), None).await?;
    let rows = db.all(&TURNED_AWAY, args![after, manager, range.after]).await?;
    rows.iter()
        .map(|row| {
            Ok(RefusedUsers { license: row.get("license_id")?, users: row.get("users")?, since: row.get("since")? })
        })
        .collect()
}

/// How many there are, and when the first of them ends.
pub type CountWithEnd = Option<(i64, DateTime<Utc>)>;

/// The live sessions whose lease ends before the time of their license, other than borrowed ones.
pub async fn lost_contact(
    db: &Db,
    lost_before: impl IntoIterator<Item = (LicenseId, DateTime<Utc>)>,
    manager: Option<UserId>,
) -> Result<CountWithEnd, DbError> {
    let licenses = lost_before.into_iter().map(|(license, at)| fields! { "license": license, "lost_before": at });
    let row = db.one(&LOST_CONTACT, args![set(licenses), manager]).await?;
    let Some(row) = row else { return Ok(None) };
    row.opt("next_end")?.map(|next_end| Ok((row.get("sessions")?, next_end))).transpose()
}

/// The borrowed seats that end before this time.
pub async fn borrowed_ending(db: &Db, before: DateTime<Utc>, manager: Option<UserId>) -> Result<CountWithEnd, DbError> {
    let Some(row) = db.one(&BORROWED_ENDING, args![before, manager]).await? else { return Ok(None) };
    row.opt("next_end")?.map(|next_end| Ok((row.get("seats")?, next_end))).transpose()
}

/// An assignment that ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingGrant {
    pub license: LicenseId,
    pub user: UserId,
    pub user_name: String,
    pub ends_at: DateTime<Utc>,
}

/// The assignments that end before this time, the next first; at most 1,000.
pub async fn grants_ending(
    db: &Db,
    before: DateTime<Utc>,
    manager: Option<UserId>,
) -> Result<Vec<EndingGrant>, DbError> {
    let rows = db.all(&GRANTS_ENDING, args![before, manager]).await?;
    rows.iter()
        .map(|row| {
            Ok(EndingGrant {
                license: row.get("license_id")?,
                user: row.get("user_id")?,
                user_name: row.get("name")?,
                ends_at: row.get("ends_at")?,
            })
        })
        .collect()
}

/// The directories that could not carry out a rule, with the number of users concerned.
pub async fn provisioning(db: &Db) -> Result<Vec<(DirectoryId, String, i64)>, DbError> {
    let rows = db.all(&PROVISIONING, args![]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?, row.get("users")?))).collect()
}

/// The users who cannot sign in yet because nobody has invited them, or the invitation has expired; at most 1,000.
pub async fn not_invited(db: &Db, now: DateTime<Utc>, manager: Option<UserId>) -> Result<Vec<UserId>, DbError> {
    db.all(&NOT_INVITED, args![now, manager]).await?.iter().map(|row| row.get("id")).collect()
}

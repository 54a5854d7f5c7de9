//! How long sessions on a license lasted lately, and since when its seats are occupied: what an estimate is made from.

use crate::db::{Db, DbError, args, statements};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::LicenseId;

statements! {
    // What is borrowed says nothing about how long people work, and is back when its time is over.
    // By the log, which has an index in the order of time for each license.
    LENGTHS = "
        SELECT s.created_at, s.ended_at
        FROM (SELECT session_id FROM events
              WHERE license_id = $1 AND kind = 'session_ended'
              ORDER BY position DESC
              LIMIT 50) e
        JOIN sessions s ON s.id = e.session_id
        WHERE s.ended_at IS NOT NULL AND s.borrowed_until IS NULL";

    SINCE = "
        SELECT MIN(created_at) AS since
        FROM sessions
        WHERE license_id = $1 AND ended_at IS NULL AND borrowed_until IS NULL
        GROUP BY user_id
        LIMIT 1000";

    OFFERED = "
        SELECT COUNT(*) AS offered
        FROM tickets
        WHERE license_id = $1 AND ended_at IS NULL AND offer_until IS NOT NULL";
}

/// The lengths of the last sessions on a license, at most 50.
pub async fn lengths(db: &Db, license: LicenseId) -> Result<Vec<TimeDelta>, DbError> {
    let rows = db.all(&LENGTHS, args![license]).await?;
    rows.iter().map(|row| Ok(row.get::<DateTime<Utc>>("ended_at")? - row.get::<DateTime<Utc>>("created_at")?)).collect()
}

/// Since when each agent on a license is in session, at most 1,000.
pub async fn since(db: &Db, license: LicenseId) -> Result<Vec<DateTime<Utc>>, DbError> {
    db.all(&SINCE, args![license]).await?.iter().map(|row| row.get("since")).collect()
}

/// How many seats of a license are kept for the first in its line.
pub async fn offered(db: &Db, license: LicenseId) -> Result<i64, DbError> {
    db.one(&OFFERED, args![license]).await?.map_or(Ok(0), |row| row.get("offered"))
}

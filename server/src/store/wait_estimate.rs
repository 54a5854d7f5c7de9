//! The data for estimating waiting times: how long sessions on a license lasted recently, and since when its seats are
//! occupied.

use crate::db::{Db, DbError, args, statements};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::LicenseId;

statements! {
    // Borrowed seats say nothing about the length of sessions. Reads through the log, which is indexed by license and
    // position.
    SESSION_TIMES = "
        SELECT s.created_at, s.ended_at
        FROM (SELECT session_id FROM events
              WHERE license_id = $1 AND kind = LOG_TEXT('session_ended')
              ORDER BY position DESC
              LIMIT 50) e
        JOIN sessions s ON s.id = e.session_id
        WHERE s.ended_at IS NOT NULL AND s.borrowed_until IS NULL";

    STARTED_AT = "
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

/// The durations of the last sessions on a license, at most 50.
pub async fn durations(db: &Db, license: LicenseId) -> Result<Vec<TimeDelta>, DbError> {
    let rows = db.all(&SESSION_TIMES, args![license]).await?;
    rows.iter().map(|row| Ok(row.get::<DateTime<Utc>>("ended_at")? - row.get::<DateTime<Utc>>("created_at")?)).collect()
}

/// Since when each agent has a session on a license, at most 1,000.
pub async fn started_at(db: &Db, license: LicenseId) -> Result<Vec<DateTime<Utc>>, DbError> {
    db.all(&STARTED_AT, args![license]).await?.iter().map(|row| row.get("since")).collect()
}

/// The number of seats of a license that are offered to the head of its queue.
pub async fn count_offers(db: &Db, license: LicenseId) -> Result<i64, DbError> {
    db.one(&OFFERED, args![license]).await?.map_or(Ok(0), |row| row.get("offered"))
}

//! When a sweep last ran, and extending leases after a time in which none did.

use super::set;
use crate::db::{DbError, Sql, Tx, args, fields, statements};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::{LicenseId, SessionId, UserId};

statements! {
    LOCK_LAST = "
        SELECT last_at FROM sweeps FOR UPDATE";

    MARK = "
        UPDATE sweeps SET last_at = $1";

    // Each live session gets a whole lease from now, unless it has more; its other clocks go on from now. What is borrowed has its time,
    // which its device knows.
    EXTEND = "
        UPDATE sessions
        SET lease_until = CASE WHEN sessions.lease_until < $2 THEN $2 ELSE sessions.lease_until END,
            active_at = CASE WHEN sessions.active_at > $1 THEN sessions.active_at ELSE $1 END,
            warned_at = NULL
        FROM licenses
        WHERE licenses.id = sessions.license_id
          AND sessions.ended_at IS NULL
          AND sessions.borrowed_until IS NULL
          AND licenses.lease_seconds = $3";

    EXTEND_TICKETS = "
        UPDATE tickets
        SET lease_until = CASE WHEN tickets.lease_until < $1 THEN $1 ELSE tickets.lease_until END,
            offer_until = CASE WHEN tickets.offer_until < $1 THEN $1 ELSE tickets.offer_until END
        FROM licenses
        WHERE licenses.id = tickets.license_id
          AND tickets.ended_at IS NULL
          AND licenses.lease_seconds = $2";

    // The same whatever the leases are now: they were counted by a clock that was wrong, before or after.
    START_ANEW = "
        UPDATE sessions
        SET lease_until = $2, active_at = $1, warned_at = NULL
        FROM licenses
        WHERE licenses.id = sessions.license_id
          AND sessions.ended_at IS NULL
          AND sessions.borrowed_until IS NULL
          AND licenses.lease_seconds = $3";

    START_TICKETS_ANEW = "
        UPDATE tickets
        SET lease_until = $1, offer_until = CASE WHEN tickets.offer_until IS NULL THEN tickets.offer_until ELSE $1 END
        FROM licenses
        WHERE licenses.id = tickets.license_id
          AND tickets.ended_at IS NULL
          AND licenses.lease_seconds = $2";

    APPOINTMENTS = "
        SELECT id, ending_at, key_expires_at
        FROM sessions
        WHERE ended_at IS NULL AND (ending_at IS NOT NULL OR key_expires_at IS NOT NULL)";

    MOVE_APPOINTMENTS = "
        UPDATE sessions
        SET ending_at = given.ending_at, key_expires_at = given.key_expires_at
        FROM ROWS($1: id uuid, ending_at time, key_expires_at time)
        WHERE sessions.id = given.id";

    COOLING = "
        SELECT license_id, user_id, cool_until FROM assignments WHERE cool_until IS NOT NULL";

    MOVE_COOLING = super::seats::write::COOL;

    LEASES = "
        SELECT DISTINCT lease_seconds FROM licenses";

    EXTEND_KEYS = "
        UPDATE sessions
        SET key_expires_at = lease_until
        WHERE ended_at IS NULL
          AND key_expires_at < lease_until
          AND key_expires_at < $1";
}

/// When a sweep last ran; locked until the end of the transaction.
pub async fn lock_last(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, DbError> {
    Ok(tx.one(&LOCK_LAST, args![]).await?.map(|row| row.opt("last_at")).transpose()?.flatten())
}

/// A sweep runs now.
pub async fn mark(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&MARK, args![now]).await.map(drop)
}

/// Gives every session and ticket a whole lease from now, unless it has more; returns how many sessions live.
pub async fn extend(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, DbError> {
    each_lease(tx, now, &EXTEND, &EXTEND_TICKETS).await
}

/// Gives every session and ticket just one lease from now, because the clock was set ahead by so much, or back; what was to be at a
/// certain time is then as far off as before. Returns how many sessions live.
pub async fn start_anew(tx: &mut Tx, now: DateTime<Utc>, ahead: TimeDelta) -> Result<u64, DbError> {
    let moved = |at: Option<DateTime<Utc>>| at.and_then(|at| at.checked_add_signed(ahead));
    let mut appointments = Vec::new();
    for row in tx.all(&APPOINTMENTS, args![]).await? {
        let (ending_at, key_expires_at) = (moved(row.opt("ending_at")?), moved(row.opt("key_expires_at")?));
        let id: SessionId = row.get("id")?;
        appointments.push(fields! { "id": id, "ending_at": ending_at, "key_expires_at": key_expires_at });
    }
    let mut cooling = Vec::new();
    for row in tx.all(&COOLING, args![]).await? {
        let (license, user): (LicenseId, UserId) = (row.get("license_id")?, row.get("user_id")?);
        let until = moved(row.opt("cool_until")?);
        cooling.push(fields! { "license_id": license, "user_id": user, "until": until });
    }
    for (sql, rows) in [(&MOVE_APPOINTMENTS, appointments), (&MOVE_COOLING, cooling)] {
        if !rows.is_empty() {
            tx.run(sql, args![set(rows)]).await?;
        }
    }
    each_lease(tx, now, &START_ANEW, &START_TICKETS_ANEW).await
}

async fn each_lease(
    tx: &mut Tx,
    now: DateTime<Utc>,
    sessions: &'static Sql,
    tickets: &'static Sql,
) -> Result<u64, DbError> {
    let mut extended = 0;
    for row in tx.all(&LEASES, args![]).await? {
        let lease: i64 = row.get("lease_seconds")?;
        let until = now + TimeDelta::seconds(lease);
        extended += tx.run(sessions, args![now, until, lease]).await?;
        tx.run(tickets, args![until, lease]).await?;
    }
    // A key that ran out meanwhile can still be used for one lease.
    tx.run(&EXTEND_KEYS, args![now]).await?;
    Ok(extended)
}

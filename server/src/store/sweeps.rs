//! The time of the last sweep, and the extension of leases after a period without sweeps or a jump of the clock.

use super::set;
use crate::db::{DbError, Sql, Tx, args, fields, statements};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::{LicenseId, SessionId, UserId};

statements! {
    LOCK_LAST_SWEEP = "
        SELECT last_at FROM sweeps FOR UPDATE";

    SET_LAST_SWEEP = "
        UPDATE sweeps SET last_at = $1";

    // Each live session gets a full lease from now, unless it has more; its other timers restart now. The end of a
    // borrowed seat does not change, because the device has it in its lease.
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

    // Unconditional: the current values were computed with a wrong clock.
    RESET = "
        UPDATE sessions
        SET lease_until = $2, active_at = $1, warned_at = NULL
        FROM licenses
        WHERE licenses.id = sessions.license_id
          AND sessions.ended_at IS NULL
          AND sessions.borrowed_until IS NULL
          AND licenses.lease_seconds = $3";

    RESET_TICKETS = "
        UPDATE tickets
        SET lease_until = $1, offer_until = CASE WHEN tickets.offer_until IS NULL THEN tickets.offer_until ELSE $1 END
        FROM licenses
        WHERE licenses.id = tickets.license_id
          AND tickets.ended_at IS NULL
          AND licenses.lease_seconds = $2";

    SCHEDULED_TIMES = "
        SELECT id, ending_at, key_expires_at
        FROM sessions
        WHERE ended_at IS NULL AND (ending_at IS NOT NULL OR key_expires_at IS NOT NULL)";

    SHIFT_SCHEDULED_TIMES = "
        UPDATE sessions
        SET ending_at = given.ending_at, key_expires_at = given.key_expires_at
        FROM ROWS($1: id uuid, ending_at time, key_expires_at time)
        WHERE sessions.id = given.id";

    COOL_DOWNS = "
        SELECT license_id, user_id, cool_until FROM assignments WHERE cool_until IS NOT NULL";

    SHIFT_COOL_DOWNS = super::seats::write::COOL;

    LEASE_DURATIONS = "
        SELECT DISTINCT lease_seconds FROM licenses";

    EXTEND_KEYS = "
        UPDATE sessions
        SET key_expires_at = lease_until
        WHERE ended_at IS NULL
          AND key_expires_at < lease_until
          AND key_expires_at < $1";
}

/// The time of the last sweep, locked until the end of the transaction.
pub async fn lock_last_sweep(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, DbError> {
    Ok(tx.one(&LOCK_LAST_SWEEP, args![]).await?.map(|row| row.opt("last_at")).transpose()?.flatten())
}

/// Saves the time of a sweep.
pub async fn set_last_sweep(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&SET_LAST_SWEEP, args![now]).await.map(drop)
}

/// Extends the lease of every session and ticket to a full lease from now, unless it has more. Returns the number of
/// live sessions.
pub async fn extend(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, DbError> {
    for_each_duration(tx, now, &EXTEND, &EXTEND_TICKETS).await
}

/// Resets the lease of every session and ticket to exactly one lease from now, because the clock has jumped `ahead` (or
/// back, if negative). Scheduled times are shifted, so that they are as far away as before. Returns the number of live
/// sessions.
pub async fn reset(tx: &mut Tx, now: DateTime<Utc>, ahead: TimeDelta) -> Result<u64, DbError> {
    let shifted = |at: Option<DateTime<Utc>>| at.and_then(|at| at.checked_add_signed(ahead));
    let mut scheduled = Vec::new();
    for row in tx.all(&SCHEDULED_TIMES, args![]).await? {
        let (ending_at, key_expires_at) = (shifted(row.opt("ending_at")?), shifted(row.opt("key_expires_at")?));
        let id: SessionId = row.get("id")?;
        scheduled.push(fields! { "id": id, "ending_at": ending_at, "key_expires_at": key_expires_at });
    }
    let mut cool_downs = Vec::new();
    for row in tx.all(&COOL_DOWNS, args![]).await? {
        let (license, user): (LicenseId, UserId) = (row.get("license_id")?, row.get("user_id")?);
        let until = shifted(row.opt("cool_until")?);
        cool_downs.push(fields! { "license_id": license, "user_id": user, "until": until });
    }
    for (sql, rows) in [(&SHIFT_SCHEDULED_TIMES, scheduled), (&SHIFT_COOL_DOWNS, cool_downs)] {
        if !rows.is_empty() {
            tx.run(sql, args![set(rows)]).await?;
        }
    }
    for_each_duration(tx, now, &RESET, &RESET_TICKETS).await
}

async fn for_each_duration(
    tx: &mut Tx,
    now: DateTime<Utc>,
    sessions: &'static Sql,
    tickets: &'static Sql,
) -> Result<u64, DbError> {
    let mut extended = 0;
    for row in tx.all(&LEASE_DURATIONS, args![]).await? {
        let lease: i64 = row.get("lease_seconds")?;
        let until = now + TimeDelta::seconds(lease);
        extended += tx.run(sessions, args![now, until, lease]).await?;
        tx.run(tickets, args![until, lease]).await?;
    }
    // A support key that has expired meanwhile can still be used for one lease.
    tx.run(&EXTEND_KEYS, args![now]).await?;
    Ok(extended)
}

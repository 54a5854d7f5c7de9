//! When a sweep last ran, and extending leases after a time in which none did.

use crate::db::{DbError, Sql, Tx, args, statements};
use chrono::{DateTime, Utc};

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

/// Gives every session and ticket just one lease from now, because the clock was set; returns how many sessions live.
pub async fn start_anew(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, DbError> {
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
        let until = now + chrono::TimeDelta::seconds(lease);
        extended += tx.run(sessions, args![now, until, lease]).await?;
        tx.run(tickets, args![until, lease]).await?;
    }
    // A key that ran out meanwhile can still be used for one lease.
    tx.run(&EXTEND_KEYS, args![now]).await?;
    Ok(extended)
}

//! When a sweep last ran, and extending leases after a time in which none did.

use crate::db::{DbError, Tx, args, statements};
use chrono::{DateTime, Utc};

statements! {
    LOCK_LAST = "
        SELECT last_at FROM sweeps FOR UPDATE";

    MARK = "
        UPDATE sweeps SET last_at = $1";

    // Each live session gets a whole lease from now, unless it has more.
    EXTEND = "
        UPDATE sessions
        SET lease_until = $1
        FROM licenses
        WHERE licenses.id = sessions.license_id
          AND sessions.ended_at IS NULL
          AND sessions.lease_until < $1
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

/// Starts all leases anew; returns how many were extended.
pub async fn extend(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, DbError> {
    let mut extended = 0;
    for row in tx.all(&LEASES, args![]).await? {
        let lease: i64 = row.get("lease_seconds")?;
        extended += tx.run(&EXTEND, args![now + chrono::TimeDelta::seconds(lease), lease]).await?;
    }
    // A key that ran out meanwhile can still be used for one lease.
    tx.run(&EXTEND_KEYS, args![now]).await?;
    Ok(extended)
}

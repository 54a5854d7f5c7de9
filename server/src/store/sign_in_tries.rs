//! Rate limits of sign-in attempts, and the known devices of users.

use crate::db::{Db, DbError, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;

/// The most known devices of a user; the least recently used one is deleted first.
const MAX_DEVICES: i64 = 20;

statements! {
    // Adds an attempt unless the limit is reached. Concurrent attempts are serialized here.
    CHARGE = "
        INSERT INTO sign_in_tries (key_hash, busy_until_ms)
        VALUES ($1, $3)
        ON CONFLICT (key_hash) DO UPDATE
        SET busy_until_ms = CASE
                WHEN sign_in_tries.busy_until_ms > $2 THEN sign_in_tries.busy_until_ms + $5
                ELSE $3
            END
        WHERE sign_in_tries.busy_until_ms <= $4";

    REFUND = "
        UPDATE sign_in_tries SET busy_until_ms = busy_until_ms - $2 WHERE key_hash = $1";

    DELETE_IDLE = "
        DELETE FROM sign_in_tries WHERE busy_until_ms <= $1";

    IS_KNOWN = "
        SELECT d.user_id
        FROM known_devices d
        JOIN users u ON u.id = d.user_id
        WHERE d.secret_hash = $1 AND u.email_key = $2";

    REMEMBER = "
        INSERT INTO known_devices (secret_hash, user_id, used_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (secret_hash, user_id) DO UPDATE SET used_at = excluded.used_at";

    DELETE_OLDEST_DEVICES = "
        DELETE FROM known_devices
        WHERE user_id = $1 AND secret_hash NOT IN (
            SELECT secret_hash FROM known_devices
            WHERE user_id = $1
            ORDER BY used_at DESC, secret_hash
            LIMIT $2)";
}

/// A rate limit (GCRA).
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The number of attempts possible at once.
    pub burst: i64,
    /// The time after which one more attempt is available.
    pub period_ms: i64,
}

/// Uses one attempt. Returns false if none is left.
pub async fn charge(tx: &mut Tx, key_hash: &str, rate: Rate, now: DateTime<Utc>) -> Result<bool, DbError> {
    let (now, Rate { burst, period_ms }) = (now.timestamp_millis(), rate);
    let (first, latest) = (now + period_ms, now + (burst - 1) * period_ms);
    Ok(tx.run(&CHARGE, args![key_hash, now, first, latest, period_ms]).await? == 1)
}

/// Returns one attempt.
pub async fn refund(tx: &mut Tx, key_hash: &str, rate: Rate) -> Result<(), DbError> {
    tx.run(&REFUND, args![key_hash, rate.period_ms]).await.map(drop)
}

/// Deletes the limits with all attempts available. Returns how many.
pub async fn delete_idle(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, DbError> {
    tx.run(&DELETE_IDLE, args![now.timestamp_millis()]).await
}

/// Whether the user with this e-mail address has signed in before in the browser with this secret.
pub async fn is_known(db: &Db, secret_hash: &str, email_key: &str) -> Result<bool, DbError> {
    Ok(db.one(&IS_KNOWN, args![secret_hash, email_key]).await?.is_some())
}

/// Records the browser with this secret as a known device of a user.
pub async fn remember(tx: &mut Tx, secret_hash: &str, user: UserId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&REMEMBER, args![secret_hash, user, now]).await?;
    tx.run(&DELETE_OLDEST_DEVICES, args![user, MAX_DEVICES]).await.map(drop)
}

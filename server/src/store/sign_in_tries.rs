//! How many tries at an account are used up, and the browsers that are known at it.

use crate::db::{Db, DbError, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::UserId;

/// How many browsers of one user are known; the one that was used the longest ago is forgotten first.
const MAX_DEVICES: i64 = 20;

statements! {
    // Adds one try, unless that would be one too many. Two who try at once wait for each other here.
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

    FORGET = "
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

    FORGET_OLDEST = "
        DELETE FROM known_devices
        WHERE user_id = $1 AND secret_hash NOT IN (
            SELECT secret_hash FROM known_devices
            WHERE user_id = $1
            ORDER BY used_at DESC, secret_hash
            LIMIT $2)";
}

/// How much of an allowance there is, and how fast it comes back.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// How many tries there are at once.
    pub burst: i64,
    /// After how long another one is there.
    pub period_ms: i64,
}

/// Uses up one try; false if there is none left.
pub async fn charge(tx: &mut Tx, key_hash: &str, rate: Rate, now: DateTime<Utc>) -> Result<bool, DbError> {
    let (now, Rate { burst, period_ms }) = (now.timestamp_millis(), rate);
    let (first, latest) = (now + period_ms, now + (burst - 1) * period_ms);
    Ok(tx.run(&CHARGE, args![key_hash, now, first, latest, period_ms]).await? == 1)
}

/// Gives one try back.
pub async fn refund(tx: &mut Tx, key_hash: &str, rate: Rate) -> Result<(), DbError> {
    tx.run(&REFUND, args![key_hash, rate.period_ms]).await.map(drop)
}

/// Forgets those whose tries are all back.
pub async fn forget_over(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, DbError> {
    tx.run(&FORGET, args![now.timestamp_millis()]).await
}

/// Whether somebody with this e-mail address has signed in before in the browser with this secret.
pub async fn is_known(db: &Db, secret_hash: &str, email_key: &str) -> Result<bool, DbError> {
    Ok(db.one(&IS_KNOWN, args![secret_hash, email_key]).await?.is_some())
}

/// Notes that a user has signed in in the browser with this secret.
pub async fn remember(tx: &mut Tx, secret_hash: &str, user: UserId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&REMEMBER, args![secret_hash, user, now]).await?;
    tx.run(&FORGET_OLDEST, args![user, MAX_DEVICES]).await.map(drop)
}

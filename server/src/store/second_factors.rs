//! Second factors: the secrets of authenticator apps, the last used time step, recovery codes; and sign-ins that wait
//! for the second factor.

use super::set;
use crate::{
    db::{Db, DbError, Tx, args, fields, statements},
    store::secrets::StoredSecret,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::UserId,
    people::{Role, UserStatus},
    wire::account::SecondFactorRule,
};

/// After this many attempts the sign-in has to start over with the password.
const MAX_CHALLENGE_ATTEMPTS: i64 = 5;

statements! {
    GET = "
        SELECT f.secret, f.confirmed_at,
               (SELECT COUNT(*) FROM recovery_codes c WHERE c.user_id = f.user_id) AS codes
        FROM second_factors f
        WHERE f.user_id = $1";

    OF_USER = "
        SELECT u.role, a.second_factor,
               (SELECT COUNT(*) FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS apps,
               (SELECT COUNT(*) FROM passkeys k WHERE k.user_id = u.id) AS passkeys
        FROM users u
        JOIN account a ON a.id = 1
        WHERE u.id = $1";

    START = "
        INSERT INTO second_factors (user_id, secret, last_step)
        VALUES ($1, $2, 0)
        ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0
        WHERE second_factors.confirmed_at IS NULL";

    CONFIRM = "
        UPDATE second_factors SET confirmed_at = $2, last_step = $3
        WHERE user_id = $1 AND confirmed_at IS NULL AND secret = $4";

    USE_STEP = "
        UPDATE second_factors SET last_step = $2
        WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2";

    INSERT_CODES = "
        INSERT INTO recovery_codes (user_id, code_hash)
        SELECT user_id, code_hash
        FROM ROWS($1: user_id uuid, code_hash text)";

    USE_RECOVERY_CODE = "
        DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2";

    REMOVE = "
        DELETE FROM second_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL";

    REMOVE_CODES = "
        DELETE FROM recovery_codes WHERE user_id = $1";

    DELETE_EXPIRED_CHALLENGES = "
        DELETE FROM sign_in_challenges WHERE expires_at <= $1";

    INSERT_CHALLENGE = "
        INSERT INTO sign_in_challenges (secret_hash, user_id, expires_at, tries)
        VALUES ($1, $2, $3, 0)";

    COUNT_ATTEMPT = "
        UPDATE sign_in_challenges SET tries = tries + 1
        WHERE secret_hash = $1 AND expires_at > $2 AND tries < $3";

    USER_OF_CHALLENGE = "
        SELECT u.id, u.name, u.email, u.status
        FROM sign_in_challenges c
        JOIN users u ON u.id = c.user_id
        WHERE c.secret_hash = $1";

    DELETE_CHALLENGE = "
        DELETE FROM sign_in_challenges WHERE secret_hash = $1";
}

/// The secret of a user's authenticator app.
#[derive(Debug)]
pub struct StoredFactor {
    /// The TOTP secret in base32, encrypted.
    pub secret: StoredSecret,
    /// Whether the user has confirmed it with a code; only then is it effective.
    pub confirmed: bool,
    /// The number of unused recovery codes.
    pub codes: i64,
}

/// A user's second factors, and whether one is required.
#[derive(Clone, Copy, Debug)]
pub struct SecondFactors {
    /// An authenticator app.
    pub code: bool,
    pub passkey: bool,
    /// Whether the account requires a second factor.
    pub required: bool,
}

impl SecondFactors {
    /// Whether signing in with a password requires a second factor. Having a passkey does not require it unless the
    /// account does.
    pub fn is_needed(self) -> bool {
        self.code || self.passkey && self.required
    }
}

/// The authenticator app of a user.
pub async fn get(db: &Db, user: UserId) -> Result<Option<StoredFactor>, DbError> {
    let row = db.one(&GET, args![user]).await?;
    row.map(|row| {
        Ok(StoredFactor {
            secret: StoredSecret::from_column(row.get("secret")?),
            confirmed: row.opt::<DateTime<Utc>>("confirmed_at")?.is_some(),
            codes: row.get("codes")?,
        })
    })
    .transpose()
}

/// The second factors of a user.
pub async fn of_user(db: &Db, user: UserId) -> Result<SecondFactors, DbError> {
    let Some(row) = db.one(&OF_USER, args![user]).await? else {
        return Ok(SecondFactors { code: false, passkey: false, required: false });
    };
    let (rule, role): (SecondFactorRule, Role) = (row.get("second_factor")?, row.get("role")?);
    let (apps, passkeys): (i64, i64) = (row.get("apps")?, row.get("passkeys")?);
    Ok(SecondFactors { code: apps > 0, passkey: passkeys > 0, required: rule.binds(role) })
}

/// Stores an unconfirmed secret. Returns false if there is a confirmed one.
pub async fn start(tx: &mut Tx, user: UserId, secret: &StoredSecret) -> Result<bool, DbError> {
    Ok(tx.run(&START, args![user, secret.as_str()]).await? == 1)
}

/// Confirms this secret. Returns false if one is confirmed already, or if the secret was replaced meanwhile.
pub async fn confirm(
    tx: &mut Tx,
    user: UserId,
    secret: &StoredSecret,
    now: DateTime<Utc>,
    step: i64,
) -> Result<bool, DbError> {
    Ok(tx.run(&CONFIRM, args![user, now, step, secret.as_str()]).await? == 1)
}

/// Replaces the recovery codes of a user.
pub async fn set_codes(tx: &mut Tx, user: UserId, hashes: &[String]) -> Result<(), DbError> {
    tx.run(&REMOVE_CODES, args![user]).await?;
    let rows = hashes.iter().map(|hash| fields! { "user_id": user, "code_hash": hash });
    tx.run(&INSERT_CODES, args![set(rows)]).await.map(drop)
}

/// Uses the code of a time step. Returns false if it or a later one was used before, so that a code works only once.
pub async fn use_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool, DbError> {
    Ok(tx.run(&USE_STEP, args![user, step]).await? == 1)
}

/// Uses a recovery code. Returns false if there is no such code.
pub async fn use_recovery_code(tx: &mut Tx, user: UserId, hash: &str) -> Result<bool, DbError> {
    Ok(tx.run(&USE_RECOVERY_CODE, args![user, hash]).await? == 1)
}

/// Removes the authenticator app and the recovery codes. Returns false if there was no confirmed app.
pub async fn remove(tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
    tx.run(&REMOVE_CODES, args![user]).await?;
    Ok(tx.run(&REMOVE, args![user]).await? == 1)
}

/// The user of a sign-in that waits for the second factor.
#[derive(Debug)]
pub struct PendingSignIn {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub status: UserStatus,
}

/// Stores a sign-in that waits for the second factor.
pub async fn insert_challenge(
    tx: &mut Tx,
    hash: &str,
    user: UserId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&DELETE_EXPIRED_CHALLENGES, args![now]).await?;
    tx.run(&INSERT_CHALLENGE, args![hash, user, until]).await.map(drop)
}

/// Counts an attempt and returns the user of the waiting sign-in; `None` if it has expired or has no attempts left.
pub async fn count_attempt(tx: &mut Tx, hash: &str, now: DateTime<Utc>) -> Result<Option<PendingSignIn>, DbError> {
    if tx.run(&COUNT_ATTEMPT, args![hash, now, MAX_CHALLENGE_ATTEMPTS]).await? == 0 {
        return Ok(None);
    }
    let row = tx.one(&USER_OF_CHALLENGE, args![hash]).await?;
    row.map(|row| {
        Ok(PendingSignIn {
            id: row.get("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            status: row.get("status")?,
        })
    })
    .transpose()
}

/// Completes a waiting sign-in. Returns false if it was completed before.
pub async fn use_challenge(tx: &mut Tx, hash: &str) -> Result<bool, DbError> {
    Ok(tx.run(&DELETE_CHALLENGE, args![hash]).await? == 1)
}

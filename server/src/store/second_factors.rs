//! The second factor of a user: the secret of the app that shows codes, the last code that was taken, recovery codes; and sign-ins
//! that wait for it.

use super::set;
use crate::{
    db::{Db, DbError, Tx, args, fields, statements},
    secrets::Stored,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::UserId,
    people::{Role, UserStatus},
    wire::account::SecondFactorRule,
};

/// After how many wrong codes one has to begin with the password again.
const TRIES: i64 = 5;

statements! {
    GET = "
        SELECT f.secret, f.confirmed_at,
               (SELECT COUNT(*) FROM recovery_codes c WHERE c.user_id = f.user_id) AS codes
        FROM second_factors f
        WHERE f.user_id = $1";

    HELD = "
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

    TAKE_STEP = "
        UPDATE second_factors SET last_step = $2
        WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2";

    INSERT_CODES = "
        INSERT INTO recovery_codes (user_id, code_hash)
        SELECT user_id, code_hash
        FROM ROWS($1: user_id uuid, code_hash text)";

    TAKE_CODE = "
        DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2";

    REMOVE = "
        DELETE FROM second_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL";

    REMOVE_CODES = "
        DELETE FROM recovery_codes WHERE user_id = $1";

    FORGET_CHALLENGES = "
        DELETE FROM sign_in_challenges WHERE expires_at <= $1";

    INSERT_CHALLENGE = "
        INSERT INTO sign_in_challenges (secret_hash, user_id, expires_at, tries)
        VALUES ($1, $2, $3, 0)";

    TRY_CHALLENGE = "
        UPDATE sign_in_challenges SET tries = tries + 1
        WHERE secret_hash = $1 AND expires_at > $2 AND tries < $3";

    CHALLENGED = "
        SELECT u.id, u.name, u.email, u.status
        FROM sign_in_challenges c
        JOIN users u ON u.id = c.user_id
        WHERE c.secret_hash = $1";

    DELETE_CHALLENGE = "
        DELETE FROM sign_in_challenges WHERE secret_hash = $1";
}

/// A second factor, confirmed or not.
#[derive(Debug)]
pub struct Factor {
    /// Its secret, in base32, as it is stored.
    pub secret: Stored,
    /// Whether it counts.
    pub confirmed: bool,
    /// How many recovery codes are left.
    pub codes: i64,
}

/// What somebody has besides a password, and whether he has to.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// An app that shows codes.
    pub code: bool,
    /// A passkey.
    pub passkey: bool,
    /// Whether the account asks for one of them.
    pub required: bool,
}

impl Held {
    /// Whether the password alone does not let him in. A passkey does not make the password weaker than it was for those who need
    /// not have a second factor.
    pub fn is_needed(self) -> bool {
        self.code || self.passkey && self.required
    }
}

/// The second factor of a user.
pub async fn get(db: &Db, user: UserId) -> Result<Option<Factor>, DbError> {
    let row = db.one(&GET, args![user]).await?;
    row.map(|row| {
        Ok(Factor {
            secret: Stored::read(row.get("secret")?),
            confirmed: row.opt::<DateTime<Utc>>("confirmed_at")?.is_some(),
            codes: row.get("codes")?,
        })
    })
    .transpose()
}

/// What a user has besides a password.
pub async fn held(db: &Db, user: UserId) -> Result<Held, DbError> {
    let Some(row) = db.one(&HELD, args![user]).await? else {
        return Ok(Held { code: false, passkey: false, required: false });
    };
    let (rule, role): (SecondFactorRule, Role) = (row.get("second_factor")?, row.get("role")?);
    let (apps, passkeys): (i64, i64) = (row.get("apps")?, row.get("passkeys")?);
    Ok(Held { code: apps > 0, passkey: passkeys > 0, required: rule.binds(role) })
}

/// Stores a secret that does not count yet; false if there is one that counts.
pub async fn start(tx: &mut Tx, user: UserId, secret: &Stored) -> Result<bool, DbError> {
    Ok(tx.run(&START, args![user, secret.as_str()]).await? == 1)
}

/// Lets this secret count from now on; false if another counts already, or was begun with meanwhile.
pub async fn confirm(
    tx: &mut Tx,
    user: UserId,
    secret: &Stored,
    now: DateTime<Utc>,
    step: i64,
) -> Result<bool, DbError> {
    Ok(tx.run(&CONFIRM, args![user, now, step, secret.as_str()]).await? == 1)
}

/// Gives a user these recovery codes; those of before are void.
pub async fn set_codes(tx: &mut Tx, user: UserId, hashes: &[String]) -> Result<(), DbError> {
    tx.run(&REMOVE_CODES, args![user]).await?;
    let rows = hashes.iter().map(|hash| fields! { "user_id": user, "code_hash": hash });
    tx.run(&INSERT_CODES, args![set(rows)]).await.map(drop)
}

/// Takes the code of a step of time; false if that one or a later one was taken already. Of two who show the same code at once,
/// one is turned away.
pub async fn take_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool, DbError> {
    Ok(tx.run(&TAKE_STEP, args![user, step]).await? == 1)
}

/// Uses up a recovery code; false if there is no such code.
pub async fn take_code(tx: &mut Tx, user: UserId, hash: &str) -> Result<bool, DbError> {
    Ok(tx.run(&TAKE_CODE, args![user, hash]).await? == 1)
}

/// Removes the second factor with its recovery codes; false if there was none that counted.
pub async fn remove(tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
    tx.run(&REMOVE_CODES, args![user]).await?;
    Ok(tx.run(&REMOVE, args![user]).await? == 1)
}

/// Somebody whose password was right.
#[derive(Debug)]
pub struct Challenged {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Active or suspended.
    pub status: UserStatus,
}

/// Lets a sign-in wait for the second factor.
pub async fn insert_challenge(
    tx: &mut Tx,
    hash: &str,
    user: UserId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&FORGET_CHALLENGES, args![now]).await?;
    tx.run(&INSERT_CHALLENGE, args![hash, user, until]).await.map(drop)
}

/// Whose sign-in waits for the second factor. It counts as a try, whatever becomes of it; nobody if it is over.
pub async fn try_challenge(tx: &mut Tx, hash: &str, now: DateTime<Utc>) -> Result<Option<Challenged>, DbError> {
    if tx.run(&TRY_CHALLENGE, args![hash, now, TRIES]).await? == 0 {
        return Ok(None);
    }
    let row = tx.one(&CHALLENGED, args![hash]).await?;
    row.map(|row| {
        Ok(Challenged {
            id: row.get("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            status: row.get("status")?,
        })
    })
    .transpose()
}

/// Uses up a sign-in that waits; false if somebody else did.
pub async fn use_challenge(tx: &mut Tx, hash: &str) -> Result<bool, DbError> {
    Ok(tx.run(&DELETE_CHALLENGE, args![hash]).await? == 1)
}

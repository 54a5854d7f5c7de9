//! Passkeys: their public keys, and what browsers were asked to sign.

use crate::{
    auth::passkeys::{Asked, Stored},
    db::{Db, DbError, Row, Tx, args, statements},
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{PasskeyId, UserId},
    people::UserStatus,
    wire::passkeys::PasskeyView,
};

/// For how long a browser may take to answer.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

statements! {
    OF = "
        SELECT id, name, created_at, last_used_at
        FROM passkeys
        WHERE user_id = $1
        ORDER BY created_at, id";

    CREDENTIALS_OF = "
        SELECT credential_id FROM passkeys WHERE user_id = $1";

    INSERT = "
        INSERT INTO passkeys (id, user_id, name, credential_id, public_key, state, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";

    LOCK = "
        SELECT id, name, created_at, last_used_at FROM passkeys WHERE id = $1 AND user_id = $2 FOR UPDATE";

    RENAME = "
        UPDATE passkeys SET name = $2 WHERE id = $1";

    REMOVE = "
        DELETE FROM passkeys WHERE id = $1 AND user_id = $2
        RETURNING name";

    REMOVE_ALL = "
        DELETE FROM passkeys WHERE user_id = $1";

    // Locked, so that of two sign-ins with a copied authenticator the second sees the counter of the first.
    HELD = "
        SELECT k.id, k.public_key, k.state, u.id AS user_id, u.name, u.email, u.status
        FROM passkeys k
        JOIN users u ON u.id = k.user_id
        WHERE k.credential_id = $1
        FOR UPDATE";

    USED = "
        UPDATE passkeys SET state = $2, last_used_at = $3 WHERE id = $1";

    FORGET_CHALLENGES = "
        DELETE FROM passkey_challenges WHERE expires_at <= $1";

    INSERT_CHALLENGE = "
        INSERT INTO passkey_challenges (challenge, user_id, state, expires_at)
        VALUES ($1, $2, $3, $4)";

    TAKE_CHALLENGE = "
        DELETE FROM passkey_challenges
        WHERE challenge = $1 AND expires_at > $2
        RETURNING user_id, state";
}

/// The passkeys of a user, the oldest first.
pub async fn of(db: &Db, user: UserId) -> Result<Vec<PasskeyView>, DbError> {
    db.all(&OF, args![user]).await?.iter().map(view).collect()
}

fn view(row: &Row) -> Result<PasskeyView, DbError> {
    Ok(PasskeyView {
        id: row.get("id")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        last_used_at: row.opt("last_used_at")?,
    })
}

/// By what authenticators know the passkeys of a user.
pub async fn credentials_of(db: &Db, user: UserId) -> Result<Vec<String>, DbError> {
    db.all(&CREDENTIALS_OF, args![user]).await?.iter().map(|row| row.get("credential_id")).collect()
}

/// Adds a passkey.
///
/// # Errors
/// [`DbError::Taken`] `passkeys_credential_id` if it is there already.
pub async fn insert(tx: &mut Tx, user: UserId, passkey: &PasskeyView, stored: &Stored) -> Result<(), DbError> {
    let Stored { credential, key, state } = stored;
    let args = args![passkey.id, user, &passkey.name, credential, key, state, passkey.created_at];
    tx.run(&INSERT, args).await.map(drop)
}

/// A passkey of this user, locked.
pub async fn lock(tx: &mut Tx, user: UserId, id: PasskeyId) -> Result<Option<PasskeyView>, DbError> {
    tx.one(&LOCK, args![id, user]).await?.map(|row| view(&row)).transpose()
}

/// Gives a passkey another name.
pub async fn rename(tx: &mut Tx, id: PasskeyId, name: &str) -> Result<(), DbError> {
    tx.run(&RENAME, args![id, name]).await.map(drop)
}

/// Removes a passkey of this user and says what it was called.
pub async fn remove(tx: &mut Tx, user: UserId, id: PasskeyId) -> Result<Option<String>, DbError> {
    tx.one(&REMOVE, args![id, user]).await?.map(|row| row.get("name")).transpose()
}

/// Removes all passkeys of a user; how many that were.
pub async fn remove_all(tx: &mut Tx, user: UserId) -> Result<u64, DbError> {
    tx.run(&REMOVE_ALL, args![user]).await
}

/// A passkey and whose it is.
#[derive(Debug)]
pub struct Held {
    /// Its id.
    pub id: PasskeyId,
    /// What is stored of it.
    pub stored: Stored,
    /// Whose it is.
    pub user: UserId,
    /// His name.
    pub name: String,
    /// His e-mail address.
    pub email: String,
    /// Active or suspended.
    pub status: UserStatus,
}

/// The passkey that an authenticator knows by this, locked.
pub async fn held(tx: &mut Tx, credential: &str) -> Result<Option<Held>, DbError> {
    let row = tx.one(&HELD, args![credential]).await?;
    row.map(|row| {
        let stored =
            Stored { credential: credential.to_owned(), key: row.get("public_key")?, state: row.get("state")? };
        Ok(Held {
            id: row.get("id")?,
            stored,
            user: row.get("user_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            status: row.get("status")?,
        })
    })
    .transpose()
}

/// A passkey was used.
pub async fn used(tx: &mut Tx, id: PasskeyId, state: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&USED, args![id, state, now]).await.map(drop)
}

/// Keeps what a browser was asked; without a user for signing in.
pub async fn ask(tx: &mut Tx, user: Option<UserId>, asked: &Asked, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&FORGET_CHALLENGES, args![now]).await?;
    let args = args![&asked.challenge, user, &asked.state, now + PATIENCE];
    tx.run(&INSERT_CHALLENGE, args).await.map(drop)
}

/// What a browser was asked and has not answered yet: who, and what has to be known. Each is answered once.
pub async fn asked(
    tx: &mut Tx,
    challenge: &str,
    now: DateTime<Utc>,
) -> Result<Option<(Option<UserId>, String)>, DbError> {
    let row = tx.one(&TAKE_CHALLENGE, args![challenge, now]).await?;
    row.map(|row| Ok((row.opt("user_id")?, row.get("state")?))).transpose()
}

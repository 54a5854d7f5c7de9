//! Passkeys, and pending WebAuthn challenges.

use crate::db::{Db, DbError, Row, Tx, args, statements};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{PasskeyId, UserId},
    people::UserStatus,
    wire::passkeys::PasskeyView,
};
use serde_json::Value;

/// How long a challenge is valid.
const CHALLENGE_LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// A passkey as stored; all fields in base64url.
#[derive(Clone, Debug)]
pub struct StoredPasskey {
    /// The credential id.
    pub credential: String,
    /// The public key and other static state.
    pub key: String,
    /// The dynamic state, updated on each use.
    pub state: String,
}

/// A ceremony that was started.
pub struct Ceremony {
    /// The challenge in hexadecimal, by which the response is matched.
    pub challenge: String,
    /// The server's state until the response arrives, in base64url.
    pub state: String,
    /// The options for the browser.
    pub options: Value,
}

statements! {
    OF_USER = "
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

    // Locked, so that of two sign-ins with a copied authenticator the second one sees the counter of the first.
    LOCK_BY_CREDENTIAL = "
        SELECT k.id, k.public_key, k.state, u.id AS user_id, u.name, u.email, u.status
        FROM passkeys k
        JOIN users u ON u.id = k.user_id
        WHERE k.credential_id = $1
        FOR UPDATE";

    USED = "
        UPDATE passkeys SET state = $2, last_used_at = $3 WHERE id = $1";

    DELETE_EXPIRED_CHALLENGES = "
        DELETE FROM passkey_challenges WHERE expires_at <= $1";

    INSERT_CHALLENGE = "
        INSERT INTO passkey_challenges (challenge, user_id, state, expires_at)
        VALUES ($1, $2, $3, $4)";

    TAKE_CHALLENGE = "
        DELETE FROM passkey_challenges
        WHERE challenge = $1 AND expires_at > $2
        RETURNING user_id, state";
}

/// The passkeys of a user, oldest first.
pub async fn of_user(db: &Db, user: UserId) -> Result<Vec<PasskeyView>, DbError> {
    db.all(&OF_USER, args![user]).await?.iter().map(view).collect()
}

fn view(row: &Row) -> Result<PasskeyView, DbError> {
    Ok(PasskeyView {
        id: row.get("id")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        last_used_at: row.opt("last_used_at")?,
    })
}

/// The WebAuthn credential ids of a user's passkeys.
pub async fn credentials_of(db: &Db, user: UserId) -> Result<Vec<String>, DbError> {
    db.all(&CREDENTIALS_OF, args![user]).await?.iter().map(|row| row.get("credential_id")).collect()
}

/// Adds a passkey.
///
/// # Errors
/// Returns [`DbError::Taken`] `passkeys_credential_id` if the credential is registered already.
pub async fn insert(tx: &mut Tx, user: UserId, passkey: &PasskeyView, stored: &StoredPasskey) -> Result<(), DbError> {
    let StoredPasskey { credential, key, state } = stored;
    let args = args![passkey.id, user, &passkey.name, credential, key, state, passkey.created_at];
    tx.run(&INSERT, args).await.map(drop)
}

/// Locks a passkey of this user.
pub async fn lock(tx: &mut Tx, user: UserId, id: PasskeyId) -> Result<Option<PasskeyView>, DbError> {
    tx.one(&LOCK, args![id, user]).await?.map(|row| view(&row)).transpose()
}

pub async fn rename(tx: &mut Tx, id: PasskeyId, name: &str) -> Result<(), DbError> {
    tx.run(&RENAME, args![id, name]).await.map(drop)
}

/// Removes a passkey of this user. Returns its name.
pub async fn remove(tx: &mut Tx, user: UserId, id: PasskeyId) -> Result<Option<String>, DbError> {
    tx.one(&REMOVE, args![id, user]).await?.map(|row| row.get("name")).transpose()
}

/// Removes all passkeys of a user. Returns how many.
pub async fn remove_all(tx: &mut Tx, user: UserId) -> Result<u64, DbError> {
    tx.run(&REMOVE_ALL, args![user]).await
}

/// A passkey and its owner.
#[derive(Debug)]
pub struct OwnedPasskey {
    pub id: PasskeyId,
    pub stored: StoredPasskey,
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub status: UserStatus,
}

/// Locks the passkey with this WebAuthn credential id.
pub async fn lock_by_credential(tx: &mut Tx, credential: &str) -> Result<Option<OwnedPasskey>, DbError> {
    let row = tx.one(&LOCK_BY_CREDENTIAL, args![credential]).await?;
    row.map(|row| {
        let stored =
            StoredPasskey { credential: credential.to_owned(), key: row.get("public_key")?, state: row.get("state")? };
        Ok(OwnedPasskey {
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

/// Saves the use of a passkey.
pub async fn set_used(tx: &mut Tx, id: PasskeyId, state: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&USED, args![id, state, now]).await.map(drop)
}

/// Stores a pending challenge; without a user for signing in.
pub async fn insert_challenge(
    tx: &mut Tx,
    user: Option<UserId>,
    asked: &Ceremony,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&DELETE_EXPIRED_CHALLENGES, args![now]).await?;
    let args = args![&asked.challenge, user, &asked.state, now + CHALLENGE_LIFETIME];
    tx.run(&INSERT_CHALLENGE, args).await.map(drop)
}

/// A ceremony that was started and not yet finished.
pub struct PendingCeremony {
    /// Who adds a passkey; `None` for a sign-in.
    pub user: Option<UserId>,
    pub state: String,
}

/// Takes the ceremony of a challenge, which can be used once.
pub async fn take_challenge(
    tx: &mut Tx,
    challenge: &str,
    now: DateTime<Utc>,
) -> Result<Option<PendingCeremony>, DbError> {
    let row = tx.one(&TAKE_CHALLENGE, args![challenge, now]).await?;
    row.map(|row| Ok(PendingCeremony { user: row.opt("user_id")?, state: row.get("state")? })).transpose()
}

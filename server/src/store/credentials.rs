//! Browser sessions and API tokens. Only hashes of their secrets are stored.

use crate::{
    auth::{
        Caller,
        callers::{Credential, Known},
        secret,
    },
    db::{Db, DbError, Row, Tx, args, statements},
    seats::Door,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{TokenId, UserId},
    wire::account::TokenView,
};

statements! {
    CALLER_BY_COOKIE = "
        SELECT u.id, u.name, u.email, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.locale,
               b.expires_at
        FROM browser_sessions b
        JOIN users u ON u.id = b.user_id
        WHERE b.secret_hash = $1 AND b.expires_at > $2 AND u.status = 'active'";

    CALLER_BY_TOKEN = "
        SELECT u.id, u.name, u.email, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.locale,
               t.expires_at
        FROM api_tokens t
        JOIN users u ON u.id = t.user_id
        WHERE t.secret_hash = $1 AND t.expires_at > $2 AND u.status = 'active'";

    INSERT_BROWSER_SESSION = "
        INSERT INTO browser_sessions (secret_hash, user_id, created_at, expires_at)
        VALUES ($1, $2, $3, $4)";

    DELETE_BROWSER_SESSION = "
        DELETE FROM browser_sessions WHERE secret_hash = $1";

    DELETE_OLD_BROWSER_SESSIONS = "
        DELETE FROM browser_sessions WHERE expires_at <= $1";

    INSERT_TOKEN = "
        INSERT INTO api_tokens (id, user_id, name, secret_hash, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";

    TOKENS_OF = "
        SELECT id, name, created_at, expires_at
        FROM api_tokens
        WHERE user_id = $1
        ORDER BY created_at DESC, id";

    DELETE_TOKEN = "
        DELETE FROM api_tokens WHERE id = $1 AND user_id = $2
        RETURNING name";
}

/// Who holds this cookie or token, if it is good and the user active.
pub async fn caller(db: &Db, credential: &Credential, now: DateTime<Utc>) -> Result<Option<Known>, DbError> {
    let (sql, digest, door) = match credential {
        Credential::Cookie(digest) => (&CALLER_BY_COOKIE, digest, Door::App),
        Credential::Token(digest) => (&CALLER_BY_TOKEN, digest, Door::Api),
    };
    db.one(sql, args![secret::stored(digest), now]).await?.map(|row| known(&row, door)).transpose()
}

fn known(row: &Row, door: Door) -> Result<Known, DbError> {
    let caller = Caller {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        locale: row.opt("locale")?,
        rights: super::users::rights(row)?,
        door,
        address: None,
    };
    Ok(Known { caller, expires_at: row.get("expires_at")? })
}

/// Starts a browser session.
pub async fn insert_browser_session(
    tx: &mut Tx,
    hash: &str,
    user: UserId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&DELETE_OLD_BROWSER_SESSIONS, args![now]).await?;
    tx.run(&INSERT_BROWSER_SESSION, args![hash, user, now, until]).await.map(drop)
}

/// Ends a browser session.
pub async fn delete_browser_session(tx: &mut Tx, hash: &str) -> Result<(), DbError> {
    tx.run(&DELETE_BROWSER_SESSION, args![hash]).await.map(drop)
}

/// Stores a token of a user.
pub async fn insert_token(tx: &mut Tx, user: UserId, token: &TokenView, hash: &str) -> Result<(), DbError> {
    let args = args![token.id, user, &token.name, hash, token.created_at, token.expires_at];
    tx.run(&INSERT_TOKEN, args).await.map(drop)
}

/// The tokens of a user, the newest first.
pub async fn tokens_of(db: &Db, user: UserId) -> Result<Vec<TokenView>, DbError> {
    let rows = db.all(&TOKENS_OF, args![user]).await?;
    rows.iter()
        .map(|row| {
            Ok(TokenView {
                id: row.get("id")?,
                name: row.get("name")?,
                created_at: row.get("created_at")?,
                expires_at: row.get("expires_at")?,
            })
        })
        .collect()
}

/// Deletes a token of a user and says what it was called; nothing if he has no such token.
pub async fn delete_token(tx: &mut Tx, user: UserId, token: TokenId) -> Result<Option<String>, DbError> {
    tx.one(&DELETE_TOKEN, args![token, user]).await?.map(|row| row.get("name")).transpose()
}

//! The browsers in which a user is signed in, and the last use of cookies and tokens.

use super::set;
use crate::{
    caller::Credential,
    db::{Db, DbError, Tx, args, fields, statements},
    secret_hash as secret,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{SignInId, UserId},
    wire::account::SignInView,
};

statements! {
    OF_USER = "
        SELECT id, browser, address, created_at, COALESCE(last_used_at, created_at) AS used_at
        FROM browser_sessions
        WHERE user_id = $1 AND expires_at > $2 AND id IS NOT NULL
        ORDER BY COALESCE(last_used_at, created_at) DESC, id";

    END = "
        DELETE FROM browser_sessions WHERE user_id = $1 AND id = $2";

    END_OTHERS = "
        DELETE FROM browser_sessions WHERE user_id = $1 AND (id IS NULL OR id <> $2 OR $2 IS NULL)";

    VOID_PENDING = "
        DELETE FROM sign_in_challenges WHERE user_id = $1";

    SET_VERIFIED = "
        UPDATE browser_sessions SET verified_at = $3 WHERE user_id = $1 AND id = $2";

    COOKIES_USED = "
        UPDATE browser_sessions SET last_used_at = given.used_at
        FROM ROWS($1: secret_hash text, used_at time)
        WHERE browser_sessions.secret_hash = given.secret_hash";

    TOKENS_USED = "
        UPDATE api_tokens SET last_used_at = given.used_at
        FROM ROWS($1: secret_hash text, used_at time)
        WHERE api_tokens.secret_hash = given.secret_hash";
}

/// The browser sessions of a user, the most recently used first. `current` is the one that makes the request.
pub async fn of_user(
    db: &Db,
    user: UserId,
    now: DateTime<Utc>,
    current: Option<SignInId>,
) -> Result<Vec<SignInView>, DbError> {
    let rows = db.all(&OF_USER, args![user, now]).await?;
    rows.iter()
        .map(|row| {
            let id = row.get("id")?;
            Ok(SignInView {
                id,
                browser: row.opt("browser")?,
                address: row.opt("address")?,
                created_at: row.get("created_at")?,
                last_used_at: row.get("used_at")?,
                this: current == Some(id),
            })
        })
        .collect()
}

/// Ends one browser session of a user. Returns false if there is no such session.
pub async fn end(tx: &mut Tx, user: UserId, id: SignInId) -> Result<bool, DbError> {
    Ok(tx.run(&END, args![user, id]).await? == 1)
}

/// Ends all browser sessions of a user, except the current one, and voids the sign-ins that wait for a second factor.
/// Returns the number of browser sessions.
///
/// The waiting sign-ins go first: one that is being completed holds its row, so that its browser session is already
/// visible when the sessions are deleted.
pub async fn end_others(tx: &mut Tx, user: UserId, current: Option<SignInId>) -> Result<u64, DbError> {
    tx.run(&VOID_PENDING, args![user]).await?;
    tx.run(&END_OTHERS, args![user, current]).await
}

/// Saves when a user has verified their identity in a browser session.
pub async fn set_verified(tx: &mut Tx, user: UserId, id: SignInId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&SET_VERIFIED, args![user, id, now]).await.map(drop)
}

/// Saves when cookies and tokens were last used. Deleted ones are skipped.
pub async fn set_last_used(tx: &mut Tx, uses: &[(Credential, DateTime<Utc>)]) -> Result<(), DbError> {
    let (mut cookies, mut tokens) = (Vec::new(), Vec::new());
    for (credential, at) in uses {
        match credential {
            Credential::Cookie(digest) => cookies.push((secret::encode_digest(digest), *at)),
            Credential::Token(digest) => tokens.push((secret::encode_digest(digest), *at)),
        }
    }
    // Sorted, so that two servers that write at once cannot deadlock.
    for (sql, mut all) in [(&COOKIES_USED, cookies), (&TOKENS_USED, tokens)] {
        all.sort_unstable();
        if !all.is_empty() {
            let rows = all.iter().map(|(hash, at)| fields! { "secret_hash": hash, "used_at": *at });
            tx.run(sql, args![set(rows)]).await?;
        }
    }
    Ok(())
}

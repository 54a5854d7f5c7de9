//! Where somebody is signed in, and when cookies and tokens were last used.

use super::set;
use crate::{
    auth::{callers::Credential, secret},
    db::{Db, DbError, Tx, args, fields, statements},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{SignInId, UserId},
    wire::account::SignInView,
};

statements! {
    OF = "
        SELECT id, browser, address, created_at, COALESCE(last_used_at, created_at) AS used_at
        FROM browser_sessions
        WHERE user_id = $1 AND expires_at > $2 AND id IS NOT NULL
        ORDER BY COALESCE(last_used_at, created_at) DESC, id";

    END = "
        DELETE FROM browser_sessions WHERE user_id = $1 AND id = $2";

    END_OTHERS = "
        DELETE FROM browser_sessions WHERE user_id = $1 AND (id IS NULL OR id <> $2 OR $2 IS NULL)";

    VERIFIED = "
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

/// Where a user is signed in, the last used first; `this` is the browser that asks.
pub async fn of(db: &Db, user: UserId, now: DateTime<Utc>, this: Option<SignInId>) -> Result<Vec<SignInView>, DbError> {
    let rows = db.all(&OF, args![user, now]).await?;
    rows.iter()
        .map(|row| {
            let id = row.get("id")?;
            Ok(SignInView {
                id,
                browser: row.opt("browser")?,
                address: row.opt("address")?,
                created_at: row.get("created_at")?,
                last_used_at: row.get("used_at")?,
                this: this == Some(id),
            })
        })
        .collect()
}

/// Signs a user out in one of his browsers; false if he is not signed in there.
pub async fn end(tx: &mut Tx, user: UserId, id: SignInId) -> Result<bool, DbError> {
    Ok(tx.run(&END, args![user, id]).await? == 1)
}

/// Signs a user out in all his browsers but this one; how many that were.
pub async fn end_others(tx: &mut Tx, user: UserId, this: Option<SignInId>) -> Result<u64, DbError> {
    tx.run(&END_OTHERS, args![user, this]).await
}

/// Writes down that a user showed who they are in one of their browsers.
pub async fn verified(tx: &mut Tx, user: UserId, id: SignInId, now: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&VERIFIED, args![user, id, now]).await.map(drop)
}

/// Writes down when cookies and tokens were last used. Those that are gone meanwhile are left out.
pub async fn used(tx: &mut Tx, uses: &[(Credential, DateTime<Utc>)]) -> Result<(), DbError> {
    let (mut cookies, mut tokens) = (Vec::new(), Vec::new());
    for (credential, at) in uses {
        match credential {
            Credential::Cookie(digest) => cookies.push((secret::stored(digest), *at)),
            Credential::Token(digest) => tokens.push((secret::stored(digest), *at)),
        }
    }
    // Always in the same order: two servers that write at once wait for each other, but never in a circle.
    for (sql, mut all) in [(&COOKIES_USED, cookies), (&TOKENS_USED, tokens)] {
        all.sort_unstable();
        if !all.is_empty() {
            let rows = all.iter().map(|(hash, at)| fields! { "secret_hash": hash, "used_at": *at });
            tx.run(sql, args![set(rows)]).await?;
        }
    }
    Ok(())
}

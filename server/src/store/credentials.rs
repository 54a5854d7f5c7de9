//! Browser sessions and API tokens, stored as hashes of their secrets.

use super::set;
use crate::{
    actor::Origin,
    caller::{CachedCaller, Caller, Credential},
    db::{Db, DbError, Row, Tx, args, fields, statements},
    secret_hash as secret,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SignInId, TokenId, UserId},
    scope::Scope,
    wire::account::{SecondFactorRule, TokenView},
};
use std::collections::HashMap;
use uuid::Uuid;

const BY_COOKIE: &str = "
        SELECT u.id, u.name, u.email, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.locale,
               b.expires_at, b.created_at, b.last_used_at, b.verified_at, b.id AS sign_in, a.idle_minutes,
               a.session_minutes, a.second_factor, b.provider_id, b.secret_hash,
               (SELECT COUNT(*) FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) +
               (SELECT COUNT(*) FROM passkeys k WHERE k.user_id = u.id) AS factors
        FROM browser_sessions b
        JOIN users u ON u.id = b.user_id
        JOIN account a ON a.id = 1";

const BY_TOKEN: &str = "
        SELECT u.id, u.name, u.email, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.locale,
               t.expires_at, t.last_used_at, t.scope, t.secret_hash
        FROM api_tokens t
        JOIN users u ON u.id = t.user_id";

const ONE: &str = "secret_hash = $1";
const SOME: &str = "secret_hash IN (SELECT secret_hash FROM ROWS($1: secret_hash text))";

statements! {
    CALLER_BY_COOKIE = format!("{BY_COOKIE}
        WHERE b.{ONE} AND b.expires_at > $2 AND u.status = 'active'");

    CALLER_BY_TOKEN = format!("{BY_TOKEN}
        WHERE t.{ONE} AND t.expires_at > $2 AND u.status = 'active'");

    CALLERS_BY_COOKIES = format!("{BY_COOKIE}
        WHERE b.{SOME} AND b.expires_at > $2 AND u.status = 'active'");

    CALLERS_BY_TOKENS = format!("{BY_TOKEN}
        WHERE t.{SOME} AND t.expires_at > $2 AND u.status = 'active'");

    INSERT_BROWSER_SESSION = "
        INSERT INTO browser_sessions (secret_hash, user_id, created_at, expires_at, id, browser, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";

    DELETE_BROWSER_SESSION = "
        DELETE FROM browser_sessions WHERE secret_hash = $1
        RETURNING user_id";

    DELETE_OLD_BROWSER_SESSIONS = "
        DELETE FROM browser_sessions WHERE expires_at <= $1";

    SET_PASSWORD = "
        UPDATE users SET password_hash = $2 WHERE id = $1";

    FORGET_DEVICES = "
        DELETE FROM known_devices WHERE user_id = $1";

    INSERT_TOKEN = "
        INSERT INTO api_tokens (id, user_id, name, secret_hash, created_at, expires_at, scope)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";

    TOKENS_OF = "
        SELECT id, name, created_at, expires_at, scope, last_used_at
        FROM api_tokens
        WHERE user_id = $1
        ORDER BY created_at DESC, id";

    DELETE_TOKEN = "
        DELETE FROM api_tokens WHERE id = $1 AND user_id = $2
        RETURNING name";
}

/// The caller with this cookie or token, if it is valid and the user is active.
pub async fn caller(db: &Db, credential: &Credential, now: DateTime<Utc>) -> Result<Option<CachedCaller>, DbError> {
    let known = match credential {
        Credential::Cookie(digest) => {
            let row = db.one(&CALLER_BY_COOKIE, args![secret::encode_digest(digest), now]).await?;
            row.map(|row| known(&row, Origin::App, session_expiry(&row)?)).transpose()?
        }
        Credential::Token(digest) => {
            let row = db.one(&CALLER_BY_TOKEN, args![secret::encode_digest(digest), now]).await?;
            row.map(|row| known(&row, Origin::Api, row.get("expires_at")?)).transpose()?
        }
    };
    Ok(known.filter(|known| known.expires_at > now))
}

/// The callers with these cookies and tokens, as far as they are valid and the users are active.
pub async fn callers(
    db: &Db,
    credentials: &[Credential],
    now: DateTime<Utc>,
) -> Result<HashMap<Credential, CachedCaller>, DbError> {
    let (mut cookies, mut tokens) = (HashMap::new(), HashMap::new());
    for credential in credentials {
        match credential {
            Credential::Cookie(digest) => cookies.insert(secret::encode_digest(digest), *credential),
            Credential::Token(digest) => tokens.insert(secret::encode_digest(digest), *credential),
        };
    }
    let mut callers = HashMap::new();
    for (sql, origin, of) in [(&CALLERS_BY_COOKIES, Origin::App, cookies), (&CALLERS_BY_TOKENS, Origin::Api, tokens)] {
        if of.is_empty() {
            continue;
        }
        let hashes = set(of.keys().map(|hash| fields! { "secret_hash": hash }));
        for row in db.all(sql, args![hashes, now]).await? {
            let until = if origin == Origin::App { session_expiry(&row)? } else { row.get("expires_at")? };
            let (hash, known): (String, _) = (row.get("secret_hash")?, known(&row, origin, until)?);
            if let Some(credential) = of.get(&hash).filter(|_| until > now) {
                callers.insert(*credential, known);
            }
        }
    }
    Ok(callers)
}

/// When a browser session expires: at its original expiry, or earlier if the account's current settings say so.
fn session_expiry(row: &Row) -> Result<DateTime<Utc>, DbError> {
    let created: DateTime<Utc> = row.get("created_at")?;
    let used = row.opt("last_used_at")?.unwrap_or(created);
    let minutes = |column| row.get(column).map(TimeDelta::minutes);
    let given: DateTime<Utc> = row.get("expires_at")?;
    Ok(given.min(created + minutes("session_minutes")?).min(used + minutes("idle_minutes")?))
}

fn known(row: &Row, origin: Origin, expires_at: DateTime<Utc>) -> Result<CachedCaller, DbError> {
    let (sign_in, scope, verified_at) = match origin {
        Origin::App => {
            let signed_in: DateTime<Utc> = row.get("created_at")?;
            (row.opt("sign_in")?, Scope::All, Some(row.opt("verified_at")?.unwrap_or(signed_in)))
        }
        _ => (None, row.get("scope")?, None),
    };
    let rights = super::users::rights(row)?;
    // A sign-in by a provider has met the provider's own requirements.
    let needs_second_factor = origin == Origin::App
        && row.opt::<Uuid>("provider_id")?.is_none()
        && row.get::<SecondFactorRule>("second_factor")?.binds(rights.role)
        && row.get::<i64>("factors")? == 0;
    let caller = Caller {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        locale: row.opt("locale")?,
        rights,
        origin,
        address: None,
        sign_in,
        verified_at,
        scope,
        needs_second_factor,
    };
    Ok(CachedCaller { caller, expires_at, last_used_at: row.opt("last_used_at")? })
}

/// A browser session to be stored.
#[derive(Debug)]
pub struct NewBrowserSession {
    pub id: SignInId,
    /// The hash of the cookie's secret.
    pub hash: String,
    /// Browser and operating system, from the User-Agent header.
    pub browser: Option<String>,
    /// The client's IP address.
    pub address: String,
    pub expires_at: DateTime<Utc>,
    /// The hash of the cookie that the browser sent: this session replaces that one.
    pub replaces: Option<String>,
    /// The hash of the secret that identifies the browser as a known device of the user.
    pub device: String,
}

/// Stores a browser session and ends the one it replaces. Returns the user of the replaced session, if it still
/// existed.
pub async fn insert_browser_session(
    tx: &mut Tx,
    user: UserId,
    started: &NewBrowserSession,
    now: DateTime<Utc>,
) -> Result<Option<UserId>, DbError> {
    tx.run(&DELETE_OLD_BROWSER_SESSIONS, args![now]).await?;
    let NewBrowserSession { id, hash, browser, address, expires_at, replaces, device: _ } = started;
    let replaced = match replaces {
        Some(hash) => delete_browser_session(tx, hash).await?,
        None => None,
    };
    let args = args![hash, user, now, *expires_at, *id, browser.as_deref(), address];
    tx.run(&INSERT_BROWSER_SESSION, args).await?;
    Ok(replaced)
}

/// Ends a browser session. Returns its user, if it still existed.
pub async fn delete_browser_session(tx: &mut Tx, hash: &str) -> Result<Option<UserId>, DbError> {
    tx.one(&DELETE_BROWSER_SESSION, args![hash]).await?.map(|row| row.get("user_id")).transpose()
}

/// Sets the password of a user, and forgets their known devices. Callers also end the user's browser sessions, because
/// someone who knew the old password may be signed in. Password links and pending sign-ins become invalid by a trigger.
pub async fn set_password(tx: &mut Tx, user: UserId, hash: &str) -> Result<(), DbError> {
    tx.run(&SET_PASSWORD, args![user, hash]).await?;
    tx.run(&FORGET_DEVICES, args![user]).await.map(drop)
}

/// Adds a token.
pub async fn insert_token(tx: &mut Tx, user: UserId, token: &TokenView, hash: &str) -> Result<(), DbError> {
    let args = args![token.id, user, &token.name, hash, token.created_at, token.expires_at, token.scope];
    tx.run(&INSERT_TOKEN, args).await.map(drop)
}

/// The tokens of a user, newest first.
pub async fn tokens_of(db: &Db, user: UserId) -> Result<Vec<TokenView>, DbError> {
    let rows = db.all(&TOKENS_OF, args![user]).await?;
    rows.iter()
        .map(|row| {
            Ok(TokenView {
                id: row.get("id")?,
                name: row.get("name")?,
                created_at: row.get("created_at")?,
                expires_at: row.get("expires_at")?,
                scope: row.get("scope")?,
                last_used_at: row.opt("last_used_at")?,
            })
        })
        .collect()
}

/// Deletes a token of a user. Returns its name; `None` if there is no such token.
pub async fn delete_token(tx: &mut Tx, user: UserId, token: TokenId) -> Result<Option<String>, DbError> {
    tx.one(&DELETE_TOKEN, args![token, user]).await?.map(|row| row.get("name")).transpose()
}

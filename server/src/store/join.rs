//! Customers joining with a support key, and the launch links of products.

use crate::{
    db::{Db, DbError, Tx, args, statements},
    secret_hash as secret,
    store::secrets::StoredSecret,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::{ProductId, SessionId};

/// How long a used key is remembered.
const USED_KEY_RETENTION: TimeDelta = TimeDelta::hours(24);
/// After this time a claim whose customer was not connected can be taken over.
const CONNECT_TIMEOUT: TimeDelta = TimeDelta::seconds(30);

statements! {
    BY_KEY = "
        SELECT id FROM sessions
        WHERE support_key = $1 AND ended_at IS NULL AND key_expires_at > $2 AND lease_until > $2";

    JOINED = "
        SELECT session_id FROM joined_keys WHERE key_hash = $1";

    // If two customers use the same key, the second updates no row, unless the first claim has timed out.
    CLAIM = "
        INSERT INTO joined_keys (key_hash, session_id, at)
        VALUES ($1, $2, $3)
        ON CONFLICT (key_hash) DO UPDATE
        SET session_id = excluded.session_id, at = excluded.at
        WHERE joined_keys.session_id <> excluded.session_id OR joined_keys.at < $4";

    RELEASE = "
        DELETE FROM joined_keys WHERE key_hash = $1 AND session_id = $2";

    DELETE_OLD = "
        DELETE FROM joined_keys WHERE at < $1";

    LINKS = "
        SELECT slug, agent_link, customer_link, link_secret FROM products WHERE id = $1";
}

/// The session waiting for a customer with this key.
pub async fn waiting(db: &Db, key: &str, now: DateTime<Utc>) -> Result<Option<SessionId>, DbError> {
    db.one(&BY_KEY, args![key, now]).await?.map(|row| row.get("id")).transpose()
}

/// The session that a customer has joined with this key.
pub async fn joined(db: &Db, key: &str) -> Result<Option<SessionId>, DbError> {
    db.one(&JOINED, args![secret::hash(key)]).await?.map(|row| row.get("session_id")).transpose()
}

/// Claims the key of a waiting session for one customer. Returns false if another customer was first. Deletes old
/// claims.
pub async fn claim(tx: &mut Tx, key: &str, session: SessionId, now: DateTime<Utc>) -> Result<bool, DbError> {
    tx.run(&DELETE_OLD, args![now - USED_KEY_RETENTION]).await?;
    Ok(tx.run(&CLAIM, args![secret::hash(key), session, now, now - CONNECT_TIMEOUT]).await? > 0)
}

/// Releases the claim of a customer who could not be connected: the key is valid again.
pub async fn release(tx: &mut Tx, key: &str, session: SessionId) -> Result<(), DbError> {
    tx.run(&RELEASE, args![secret::hash(key), session]).await.map(drop)
}

/// The launch links of a product.
#[derive(Clone, Debug)]
pub struct ProductLinks {
    pub slug: String,
    /// The template for agents.
    pub agent: Option<String>,
    /// The template for customers.
    pub customer: Option<String>,
    /// The key that signs tokens, encrypted.
    pub secret: Option<StoredSecret>,
}

/// The launch links of a product.
pub async fn links(db: &Db, product: ProductId) -> Result<Option<ProductLinks>, DbError> {
    let Some(row) = db.one(&LINKS, args![product]).await? else { return Ok(None) };
    Ok(Some(ProductLinks {
        slug: row.get("slug")?,
        agent: row.opt("agent_link")?,
        customer: row.opt("customer_link")?,
        secret: row.opt("link_secret")?.map(StoredSecret::from_column),
    }))
}

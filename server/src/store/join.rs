//! Customers who join with a support key, and with what a product is opened.

use crate::{
    auth::secret,
    db::{Db, DbError, Tx, args, statements},
    secrets::Stored,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::{ProductId, SessionId};

/// For how long it is remembered that a key was used.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);
/// Connecting takes no longer.
const CUT_OFF: TimeDelta = TimeDelta::seconds(30);

statements! {
    BY_KEY = "
        SELECT id FROM sessions
        WHERE support_key = $1 AND ended_at IS NULL AND key_expires_at > $2 AND lease_until > $2";

    JOINED = "
        SELECT session_id FROM joined_keys WHERE key_hash = $1";

    // Of two who come with the same key, the second changes nothing; unless the first was cut off long ago before he was connected.
    CLAIM = "
        INSERT INTO joined_keys (key_hash, session_id, at)
        VALUES ($1, $2, $3)
        ON CONFLICT (key_hash) DO UPDATE
        SET session_id = excluded.session_id, at = excluded.at
        WHERE joined_keys.session_id <> excluded.session_id OR joined_keys.at < $4";

    RELEASE = "
        DELETE FROM joined_keys WHERE key_hash = $1 AND session_id = $2";

    FORGET = "
        DELETE FROM joined_keys WHERE at < $1";

    LINKS = "
        SELECT slug, agent_link, customer_link, link_secret FROM products WHERE id = $1";
}

/// The session that waits for a customer with this key.
pub async fn waiting(db: &Db, key: &str, now: DateTime<Utc>) -> Result<Option<SessionId>, DbError> {
    db.one(&BY_KEY, args![key, now]).await?.map(|row| row.get("id")).transpose()
}

/// The session that a customer has joined with this key.
pub async fn joined(db: &Db, key: &str) -> Result<Option<SessionId>, DbError> {
    db.one(&JOINED, args![secret::hash(key)]).await?.map(|row| row.get("session_id")).transpose()
}

/// Takes the key of a session that waits for one customer; false if another was first. Forgets what was long ago.
pub async fn claim(tx: &mut Tx, key: &str, session: SessionId, now: DateTime<Utc>) -> Result<bool, DbError> {
    tx.run(&FORGET, args![now - REMEMBERED]).await?;
    Ok(tx.run(&CLAIM, args![secret::hash(key), session, now, now - CUT_OFF]).await? > 0)
}

/// The customer could not be connected after all: the key is good again.
pub async fn release(tx: &mut Tx, key: &str, session: SessionId) -> Result<(), DbError> {
    tx.run(&RELEASE, args![secret::hash(key), session]).await.map(drop)
}

/// With what a product is opened.
#[derive(Clone, Debug)]
pub struct Links {
    /// Its slug.
    pub slug: String,
    /// What agents open.
    pub agent: Option<String>,
    /// What customers open.
    pub customer: Option<String>,
    /// What tokens are signed with, as it is stored.
    pub secret: Option<Stored>,
}

/// With what a product is opened.
pub async fn links(db: &Db, product: ProductId) -> Result<Option<Links>, DbError> {
    let Some(row) = db.one(&LINKS, args![product]).await? else { return Ok(None) };
    Ok(Some(Links {
        slug: row.get("slug")?,
        agent: row.opt("agent_link")?,
        customer: row.opt("customer_link")?,
        secret: row.opt("link_secret")?.map(Stored::read),
    }))
}

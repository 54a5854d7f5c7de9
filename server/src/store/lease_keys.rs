//! The keys that leases are signed with, and data for the other claims of a lease.

use crate::{
    db::{Db, DbError, Row, Tx, args, statements},
    store::secrets::StoredSecret,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{ids::ProductId, wire::borrow::BorrowKey};
use uuid::Uuid;

statements! {
    // Deterministic order: if there ever are two current keys, all servers sign with the same one.
    CURRENT = "
        SELECT k.id, k.secret, a.installation_id, a.name
        FROM borrow_keys k
        CROSS JOIN account a
        WHERE k.retired_at IS NULL
        ORDER BY k.created_at DESC, k.id
        LIMIT 1";

    KEYS = "
        SELECT id, public
        FROM borrow_keys
        WHERE retired_at IS NULL OR listed_until IS NULL OR listed_until > $1
        ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, created_at DESC, id";

    INSERT = "
        INSERT INTO borrow_keys (id, secret, public, created_at)
        VALUES ($1, $2, $3, $4)";

    RETIRE = "
        UPDATE borrow_keys SET retired_at = $1, listed_until = $2, secret = '' WHERE retired_at IS NULL";

    LAST_BORROW_END = "
        SELECT MAX(borrowed_until) AS until FROM sessions WHERE borrowed_until > $1";

    MAX_BORROW_SECONDS = "
        SELECT MAX(borrow_seconds) AS seconds FROM licenses";

    NAME_INSTALLATION = "
        UPDATE account SET installation_id = $1 WHERE installation_id IS NULL";

    PRODUCT_SLUG = "
        SELECT slug FROM products WHERE id = $1";
}

/// The current key, and the issuer's data for a lease.
#[derive(Clone, Debug)]
pub struct StoredLeaseKey {
    /// The key's id: its JWK thumbprint (RFC 7638).
    pub kid: String,
    /// The seed of the Ed25519 key in base64url, encrypted.
    pub secret: StoredSecret,
    pub installation: Uuid,
    /// The account's name.
    pub account: String,
}

/// The current key, if there is one.
pub async fn current(db: &Db) -> Result<Option<StoredLeaseKey>, DbError> {
    db.one(&CURRENT, args![]).await?.map(|row| stored_key(&row)).transpose()
}

/// The current key, within a transaction that has locked the account, so that no other one is added meanwhile.
pub async fn current_in(tx: &mut Tx) -> Result<Option<StoredLeaseKey>, DbError> {
    tx.one(&CURRENT, args![]).await?.map(|row| stored_key(&row)).transpose()
}

fn stored_key(row: &Row) -> Result<StoredLeaseKey, DbError> {
    Ok(StoredLeaseKey {
        kid: row.get("id")?,
        secret: StoredSecret::from_column(row.get("secret")?),
        installation: row.get("installation_id")?,
        account: row.get("name")?,
    })
}

/// The published public keys, the current one first.
pub async fn keys(db: &Db, now: DateTime<Utc>) -> Result<Vec<BorrowKey>, DbError> {
    let rows = db.all(&KEYS, args![now]).await?;
    rows.iter().map(|row| Ok(BorrowKey::new(row.get("id")?, row.get("public")?))).collect()
}

/// Adds a key, and sets the id of the installation if it has none.
pub async fn insert(
    tx: &mut Tx,
    key: &BorrowKey,
    secret: &StoredSecret,
    installation: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&INSERT, args![&key.kid, secret.as_str(), &key.x, now]).await?;
    tx.run(&NAME_INSTALLATION, args![installation]).await.map(drop)
}

/// The latest possible end of a lease signed with the current key, including a seat that is being borrowed right now.
pub async fn last_lease_end(tx: &mut Tx, now: DateTime<Utc>) -> Result<DateTime<Utc>, DbError> {
    let last: Option<DateTime<Utc>> = match tx.one(&LAST_BORROW_END, args![now]).await? {
        Some(row) => row.opt("until")?,
        None => None,
    };
    let max_seconds: Option<i64> = match tx.one(&MAX_BORROW_SECONDS, args![]).await? {
        Some(row) => row.opt("seconds")?,
        None => None,
    };
    let possible = now + TimeDelta::seconds(max_seconds.unwrap_or_default());
    Ok(last.map_or(possible, |last| last.max(possible)))
}

/// Retires all current keys: deletes their secrets; their public keys stay published until `listed_until`.
pub async fn retire(tx: &mut Tx, now: DateTime<Utc>, listed_until: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&RETIRE, args![now, listed_until]).await.map(drop)
}

pub async fn product_slug(db: &Db, product: ProductId) -> Result<Option<String>, DbError> {
    db.one(&PRODUCT_SLUG, args![product]).await?.map(|row| row.get("slug")).transpose()
}

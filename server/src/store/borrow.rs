//! The keys that leases are signed with, and what else stands in a lease.

use crate::{
    db::{Db, DbError, Row, Tx, args, statements},
    secrets::Stored,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{ids::ProductId, wire::borrow::BorrowKey};
use uuid::Uuid;

statements! {
    // Should two ever be good, all servers sign with the same.
    SIGNER = "
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

    LEASES_END = "
        SELECT MAX(borrowed_until) AS until FROM sessions WHERE borrowed_until > $1";

    LONGEST = "
        SELECT MAX(borrow_seconds) AS seconds FROM licenses";

    NAME_INSTALLATION = "
        UPDATE account SET installation_id = $1 WHERE installation_id IS NULL";

    SLUG = "
        SELECT slug FROM products WHERE id = $1";
}

/// The key that signs now, and who signs with it.
#[derive(Clone, Debug)]
pub struct Signs {
    /// The id of the key.
    pub kid: String,
    /// The seed of the secret key, in base64url, as it is stored.
    pub secret: Stored,
    /// The installation.
    pub installation: Uuid,
    /// The name of its account.
    pub account: String,
}

/// The key that signs now, if there is one.
pub async fn signer(db: &Db) -> Result<Option<Signs>, DbError> {
    db.one(&SIGNER, args![]).await?.map(|row| signs(&row)).transpose()
}

/// The same, in a transaction that holds the account, so that nobody else makes one meanwhile.
pub async fn signer_in(tx: &mut Tx) -> Result<Option<Signs>, DbError> {
    tx.one(&SIGNER, args![]).await?.map(|row| signs(&row)).transpose()
}

fn signs(row: &Row) -> Result<Signs, DbError> {
    Ok(Signs {
        kid: row.get("id")?,
        secret: Stored::read(row.get("secret")?),
        installation: row.get("installation_id")?,
        account: row.get("name")?,
    })
}

/// The public keys of leases that may last, the one that signs now first.
pub async fn keys(db: &Db, now: DateTime<Utc>) -> Result<Vec<BorrowKey>, DbError> {
    let rows = db.all(&KEYS, args![now]).await?;
    rows.iter().map(|row| Ok(BorrowKey::new(row.get("id")?, row.get("public")?))).collect()
}

/// Adds a key, and gives the installation its id if it has none.
pub async fn insert(
    tx: &mut Tx,
    key: &BorrowKey,
    secret: &Stored,
    installation: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.run(&INSERT, args![&key.kid, secret.as_str(), &key.x, now]).await?;
    tx.run(&NAME_INSTALLATION, args![installation]).await.map(drop)
}

/// When the last lease that was signed until now is over at the latest: those that last, and one that is being
/// borrowed now.
pub async fn leases_end(tx: &mut Tx, now: DateTime<Utc>) -> Result<DateTime<Utc>, DbError> {
    let last: Option<DateTime<Utc>> = match tx.one(&LEASES_END, args![now]).await? {
        Some(row) => row.opt("until")?,
        None => None,
    };
    let longest: Option<i64> = match tx.one(&LONGEST, args![]).await? {
        Some(row) => row.opt("seconds")?,
        None => None,
    };
    let possible = now + TimeDelta::seconds(longest.unwrap_or_default());
    Ok(last.map_or(possible, |last| last.max(possible)))
}

/// Lets no key sign any more. Their secrets are deleted, and their public halves are told until then.
pub async fn retire(tx: &mut Tx, now: DateTime<Utc>, listed_until: DateTime<Utc>) -> Result<(), DbError> {
    tx.run(&RETIRE, args![now, listed_until]).await.map(drop)
}

/// The slug of a product.
pub async fn slug(db: &Db, product: ProductId) -> Result<Option<String>, DbError> {
    db.one(&SLUG, args![product]).await?.map(|row| row.get("slug")).transpose()
}

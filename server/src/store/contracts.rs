//! What was bought and on which terms, apart from seats and rules: dates, contracts, the archive, warnings of the end, and the
//! most seats that were used.

use super::ids;
use crate::{
    db::{Db, DbError, Row, Tx, args, statements},
    seats::paper::Paper,
    secrets::Stored,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    license::Price,
    wire::licenses::{Contract, Doors, LicenseView, Peak},
};
use std::collections::HashMap;

statements! {
    // The licenses first, as everybody locks them: no decision on one may be half-way while its product is archived.
    LOCK_LICENSES_OF = "
        SELECT id FROM licenses WHERE product_id = $1 ORDER BY id FOR UPDATE";

    LOCK_PRODUCT = "
        SELECT name, key_seconds, archived_at, gate_origins, agent_link, customer_link, link_secret
        FROM products
        WHERE id = $1
        FOR UPDATE";

    CHANGE_PRODUCT = "
        UPDATE products
        SET name = $2, key_seconds = $3, archived_at = $4, gate_origins = $5, agent_link = $6, customer_link = $7,
            link_secret = $8
        WHERE id = $1";

    LOCK = "
        SELECT starts_at, ends_at, archived_at, notes, order_number, price_minor, currency
        FROM licenses
        WHERE id = $1
        FOR UPDATE";

    CHANGE = "
        UPDATE licenses
        SET starts_at = $2, ends_at = $3, archived_at = $4, notes = $5, order_number = $6, price_minor = $7, currency = $8
        WHERE id = $1";

    FORGET_WARNINGS = "
        UPDATE licenses SET warned_days = NULL WHERE id = $1";

    CONTRACTS = "
        SELECT id, notes, order_number, price_minor, currency
        FROM licenses
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    ENDING = "
        SELECT l.id, l.ends_at, l.warned_days
        FROM licenses l
        JOIN products p ON p.id = l.product_id
        WHERE l.ends_at > $1 AND l.ends_at <= $2 AND l.archived_at IS NULL AND p.archived_at IS NULL
        ORDER BY l.id";

    // Of two servers that warn at once, the second finds it done.
    WARN = "
        UPDATE licenses
        SET warned_days = $2
        WHERE id = $1 AND ends_at = $3 AND (warned_days IS NULL OR warned_days > $2)";

    // Places and times rise together, and the log has an index in the order of places for each license.
    PEAK = "
        SELECT occupied, MAX(at) AS at
        FROM events
        WHERE license_id = $1
          AND position >= (SELECT position FROM events WHERE at > $2 ORDER BY at LIMIT 1)
          AND occupied IS NOT NULL
        GROUP BY occupied
        ORDER BY occupied DESC
        LIMIT 1";
}

/// What can be changed about a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its name.
    pub name: String,
    /// How long an unused support key lives.
    pub key_seconds: i64,
    /// Since when it gives no new seats.
    pub archived_at: Option<DateTime<Utc>>,
    /// Where the applications behind the gate are.
    pub gate_origins: Vec<String>,
    /// What agents open.
    pub agent_link: Option<String>,
    /// What customers open.
    pub customer_link: Option<String>,
    /// What tokens in these links are signed with, as it is stored.
    pub link_secret: Option<Stored>,
}

impl Product {
    /// Whether tokens stand in its links.
    pub fn signs(&self) -> bool {
        self.agent_link.iter().chain(&self.customer_link).any(|link| link.contains("{token}"))
    }
}

/// The origins of the applications behind the gate, from a row with that column.
pub(super) fn origins(row: &Row) -> Result<Vec<String>, DbError> {
    let text: String = row.get("gate_origins")?;
    serde_json::from_str(&text)
        .map_err(|error| DbError::Unreadable { column: "gate_origins".to_owned(), problem: error.to_string() })
}

/// How one gets into a product, from a row with all that.
pub(super) fn doors(row: &Row) -> Result<Doors, DbError> {
    let agent_link: Option<String> = row.opt("agent_link")?;
    Ok(Doors {
        opens: agent_link.is_some(),
        gate_origins: origins(row)?,
        agent_link,
        customer_link: row.opt("customer_link")?,
        has_link_secret: row.get("has_link_secret")?,
    })
}

/// A product as it is now, locked with its licenses until the end of the transaction.
pub async fn lock_product(tx: &mut Tx, id: ProductId) -> Result<Option<Product>, DbError> {
    tx.all(&LOCK_LICENSES_OF, args![id]).await?;
    let row = tx.one(&LOCK_PRODUCT, args![id]).await?;
    row.map(|row| {
        Ok(Product {
            name: row.get("name")?,
            key_seconds: row.get("key_seconds")?,
            archived_at: row.opt("archived_at")?,
            gate_origins: origins(&row)?,
            agent_link: row.opt("agent_link")?,
            customer_link: row.opt("customer_link")?,
            link_secret: row.opt("link_secret")?.map(Stored::read),
        })
    })
    .transpose()
}

/// Changes a product.
pub async fn change_product(tx: &mut Tx, id: ProductId, to: &Product) -> Result<(), DbError> {
    let origins = serde_json::to_string(&to.gate_origins).unwrap_or_default();
    let args = args![
        id,
        &to.name,
        to.key_seconds,
        to.archived_at,
        origins,
        to.agent_link.as_deref(),
        to.customer_link.as_deref(),
        to.link_secret.as_ref().map(Stored::as_str),
    ];
    tx.run(&CHANGE_PRODUCT, args).await.map(drop)
}

/// What stands on paper about a license, locked until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: LicenseId) -> Result<Option<Paper>, DbError> {
    let row = tx.one(&LOCK, args![id]).await?;
    row.map(|row| {
        Ok(Paper {
            starts_at: row.opt("starts_at")?,
            ends_at: row.opt("ends_at")?,
            archived_at: row.opt("archived_at")?,
            contract: contract(&row)?,
        })
    })
    .transpose()
}

fn contract(row: &Row) -> Result<Contract, DbError> {
    let price = row.opt("price_minor")?.zip(row.opt("currency")?);
    Ok(Contract {
        notes: row.opt("notes")?,
        order_number: row.opt("order_number")?,
        price_per_seat: price.map(|(minor, currency)| Price { minor, currency }),
    })
}

/// Changes what stands on paper; another end is warned of anew.
pub async fn change(tx: &mut Tx, id: LicenseId, to: &Paper, other_end: bool) -> Result<(), DbError> {
    let Contract { notes, order_number, price_per_seat } = &to.contract;
    let args = args![
        id,
        to.starts_at,
        to.ends_at,
        to.archived_at,
        notes.as_deref(),
        order_number.as_deref(),
        price_per_seat.as_ref().map(|price| price.minor),
        price_per_seat.as_ref().map(|price| price.currency.as_str()),
    ];
    tx.run(&CHANGE, args).await?;
    if other_end {
        tx.run(&FORGET_WARNINGS, args![id]).await?;
    }
    Ok(())
}

/// Writes what stands in their contracts into the views of licenses.
pub async fn complete(db: &Db, licenses: &mut [LicenseView]) -> Result<(), DbError> {
    if licenses.is_empty() {
        return Ok(());
    }
    let mut of: HashMap<LicenseId, Contract> = HashMap::new();
    for row in db.all(&CONTRACTS, args![ids(licenses.iter().map(|license| license.id))]).await? {
        of.insert(row.get("id")?, contract(&row)?);
    }
    for license in licenses {
        license.contract = of.remove(&license.id).unwrap_or_default();
    }
    Ok(())
}

/// A license that ends, when, and the last warning of it that was given.
pub type Ending = (LicenseId, DateTime<Utc>, Option<i64>);

/// The licenses that end between these times and are not archived.
pub async fn ending(db: &Db, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Ending>, DbError> {
    let rows = db.all(&ENDING, args![from, until]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("ends_at")?, row.opt("warned_days")?))).collect()
}

/// Takes note that it is warned of this end; false if it was already, or the end is another one by now.
pub async fn warn(tx: &mut Tx, id: LicenseId, days: i64, ends_at: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&WARN, args![id, days, ends_at]).await? > 0)
}

/// The most seats of a license that were occupied at once since a time, and when that was last so.
pub async fn peak(db: &Db, id: LicenseId, since: DateTime<Utc>) -> Result<Option<Peak>, DbError> {
    let row = db.one(&PEAK, args![id, since]).await?;
    row.map(|row| Ok(Peak { occupied: row.get("occupied")?, at: row.get("at")? })).transpose()
}

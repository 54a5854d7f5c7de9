//! The terms of products and licenses, apart from seats and rules: dates, contract data, archiving, expiry warnings,
//! and peak usage.

use super::ids;
use crate::{
    db::{Db, DbError, Row, Tx, args, statements},
    pool::license_terms::ContractTerms,
    store::secrets::StoredSecret,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    license::Price,
    wire::licenses::{Contract, LicenseView, Peak, ProductIntegration},
};
use std::collections::HashMap;

statements! {
    // Licenses are locked first, as everywhere, so that no decision on one is in progress while its product is
    // archived.
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
        SET starts_at = $2, ends_at = $3, archived_at = $4, notes = $5, order_number = $6, price_minor = $7,
            currency = $8
        WHERE id = $1";

    CLEAR_WARNING = "
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

    // If two servers warn at once, the second one updates no row.
    SET_WARNED = "
        UPDATE licenses
        SET warned_days = $2
        WHERE id = $1 AND ends_at = $3 AND (warned_days IS NULL OR warned_days > $2)";

    // Events are indexed by license and position.
    PEAK = "
        SELECT occupied, MAX(at) AS at
        FROM events
        WHERE license_id = $1 AND position > $3 AND at > $2 AND occupied IS NOT NULL
        GROUP BY occupied
        ORDER BY occupied DESC
        LIMIT 1",
    // Positions and times increase together.
    on_postgres: "
        SELECT occupied, MAX(at) AS at
        FROM events
        WHERE license_id = $1
          AND position >= (SELECT position FROM events WHERE at > $2 ORDER BY at LIMIT 1)
          AND occupied IS NOT NULL
        GROUP BY occupied
        ORDER BY occupied DESC
        LIMIT 1";
}

/// The fields of a product that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditableProduct {
    pub name: String,
    /// The lifetime of an unused support key.
    pub key_seconds: i64,
    /// Since when it admits no new sessions.
    pub archived_at: Option<DateTime<Utc>>,
    /// The origins of the applications behind the gate.
    pub gate_origins: Vec<String>,
    /// The launch link of agents.
    pub agent_link: Option<String>,
    /// The launch link of customers.
    pub customer_link: Option<String>,
    /// The key that signs the tokens in these links, encrypted.
    pub link_secret: Option<StoredSecret>,
}

impl EditableProduct {
    /// Whether a launch link contains a token.
    pub fn has_token_link(&self) -> bool {
        self.agent_link.iter().chain(&self.customer_link).any(|link| link.contains("{token}"))
    }
}

/// Reads the origins of the applications behind the gate.
pub(super) fn origins(row: &Row) -> Result<Vec<String>, DbError> {
    let text: String = row.get("gate_origins")?;
    serde_json::from_str(&text)
        .map_err(|error| DbError::Unreadable { column: "gate_origins".to_owned(), problem: error.to_string() })
}

/// Reads the launch links and gate origins of a product.
pub(super) fn integration(row: &Row) -> Result<ProductIntegration, DbError> {
    let agent_link: Option<String> = row.opt("agent_link")?;
    Ok(ProductIntegration {
        opens: agent_link.is_some(),
        gate_origins: origins(row)?,
        agent_link,
        customer_link: row.opt("customer_link")?,
        has_link_secret: row.get("has_link_secret")?,
    })
}

/// Locks a product and its licenses until the end of the transaction.
pub async fn lock_product(tx: &mut Tx, id: ProductId) -> Result<Option<EditableProduct>, DbError> {
    tx.all(&LOCK_LICENSES_OF, args![id]).await?;
    let row = tx.one(&LOCK_PRODUCT, args![id]).await?;
    row.map(|row| {
        Ok(EditableProduct {
            name: row.get("name")?,
            key_seconds: row.get("key_seconds")?,
            archived_at: row.opt("archived_at")?,
            gate_origins: origins(&row)?,
            agent_link: row.opt("agent_link")?,
            customer_link: row.opt("customer_link")?,
            link_secret: row.opt("link_secret")?.map(StoredSecret::from_column),
        })
    })
    .transpose()
}

pub async fn change_product(tx: &mut Tx, id: ProductId, to: &EditableProduct) -> Result<(), DbError> {
    let origins = serde_json::to_string(&to.gate_origins).unwrap_or_default();
    let args = args![
        id,
        &to.name,
        to.key_seconds,
        to.archived_at,
        origins,
        to.agent_link.as_deref(),
        to.customer_link.as_deref(),
        to.link_secret.as_ref().map(StoredSecret::as_str),
    ];
    tx.run(&CHANGE_PRODUCT, args).await.map(drop)
}

/// Locks the terms of a license until the end of the transaction.
pub async fn lock(tx: &mut Tx, id: LicenseId) -> Result<Option<ContractTerms>, DbError> {
    let row = tx.one(&LOCK, args![id]).await?;
    row.map(|row| {
        Ok(ContractTerms {
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

/// Changes the terms of a license. With `end_changed`, expiry warnings start over.
pub async fn change(tx: &mut Tx, id: LicenseId, to: &ContractTerms, end_changed: bool) -> Result<(), DbError> {
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
    if end_changed {
        tx.run(&CLEAR_WARNING, args![id]).await?;
    }
    Ok(())
}

/// Adds the contract data to the views of licenses.
pub async fn add_contracts(db: &Db, licenses: &mut [LicenseView]) -> Result<(), DbError> {
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

/// A license, its end, and the days of the last warning.
pub type EndingLicense = (LicenseId, DateTime<Utc>, Option<i64>);

/// The licenses that are not archived and end between these times.
pub async fn ending(db: &Db, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<EndingLicense>, DbError> {
    let rows = db.all(&ENDING, args![from, until]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("ends_at")?, row.opt("warned_days")?))).collect()
}

/// Records a warning of this end. Returns false if it was recorded before, or if the end has changed.
pub async fn set_warned(tx: &mut Tx, id: LicenseId, days: i64, ends_at: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(tx.run(&SET_WARNED, args![id, days, ends_at]).await? > 0)
}

/// The peak usage of a license since a time, and when it was last reached.
pub async fn peak(db: &Db, id: LicenseId, since: DateTime<Utc>) -> Result<Option<Peak>, DbError> {
    let range = db.log_range(Some(since), None).await?;
    let row = db.one(&PEAK, args![id, since, range.after]).await?;
    row.map(|row| Ok(Peak { occupied: row.get("occupied")?, at: row.get("at")? })).transpose()
}

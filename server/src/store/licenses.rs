//! Products and licenses, with their usage counts, which are computed on each read. No counter is stored.

use super::ids;
use crate::db::{Db, DbError, Row, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    license::{GroupLimit, Model, Rules, expiry_warning},
    wire::licenses::{Contract, LicenseUse, LicenseView, ProductView},
};

/// Selects licenses with their counts at the time `$1`. A holder is what occupies a seat by the license's seat rule.
/// Only the requested licenses are counted, because the live feed runs this ten times a second.
fn view(which: &str) -> String {
    VIEW.replace("WHICH", which)
}

const VIEW: &str = "
    SELECT l.id, l.product_id, p.slug, p.name, l.model, l.seats, l.starts_at, l.ends_at, l.seat_rule, l.second_device,
           l.lease_seconds, l.overdraft, l.offer_seconds, l.idle_seconds, l.idle_warning_seconds, l.idle_ends_connected,
           l.cool_down_seconds, l.borrow_seconds, l.borrow_seats, l.group_limits,
           COALESCE(l.archived_at, p.archived_at) AS archived_at,
           (SELECT COUNT(*) FROM tickets t WHERE t.license_id = l.id AND t.ended_at IS NULL) AS waiting,
           (SELECT COUNT(*) FROM tickets t
            WHERE t.license_id = l.id AND t.ended_at IS NULL AND t.offer_until IS NOT NULL) AS offered,
           (SELECT COUNT(*) FROM assignments a WHERE a.license_id = l.id) AS assigned,
           COALESCE(used.sessions, 0) AS sessions,
           COALESCE(used.occupied, 0) AS occupied,
           COALESCE(used.connected, 0) AS connected
    FROM licenses l
    JOIN products p ON p.id = l.product_id
    LEFT JOIN (
        SELECT s.license_id,
               COUNT(*) AS sessions,
               COUNT(DISTINCT s.holder) AS occupied,
               COUNT(DISTINCT CASE WHEN s.state = 'connected' THEN s.holder END) AS connected
        FROM (
            SELECT sessions.license_id, sessions.state,
                   CASE WHEN terms.model = 'named' THEN ID_TEXT(user_id)
                        WHEN terms.seat_rule = 'session' THEN ID_TEXT(sessions.id)
                        WHEN terms.seat_rule = 'device' OR terms.second_device = 'second_seat'
                            THEN ID_TEXT(user_id) || ' ' || device
                        ELSE ID_TEXT(user_id) END AS holder
            FROM sessions
            JOIN licenses terms ON terms.id = sessions.license_id
            WHERE sessions.ended_at IS NULL AND sessions.lease_until > $1
              AND (sessions.key_expires_at IS NULL OR sessions.key_expires_at > $1)
              AND terms.id IN (WHICH)
        ) s
        GROUP BY s.license_id
    ) used ON used.license_id = l.id
    WHERE l.id IN (WHICH)
    ORDER BY p.name, p.id, l.model, l.created_at, l.id";

statements! {
    ALL = view("SELECT id FROM licenses");

    SOME = view("SELECT id FROM ROWS($2: id uuid)");

    OF_USER = view("SELECT license_id FROM assignments WHERE user_id = $2");

    PRODUCTS = "
        SELECT id, slug, name, key_seconds, archived_at, gate_origins, agent_link, customer_link,
               link_secret IS NOT NULL AS has_link_secret
        FROM products
        ORDER BY name, id";

    PRODUCT_BY_SLUG = "
        SELECT id FROM products WHERE slug = $1";

    PRODUCT_EXISTS = "
        SELECT id FROM products WHERE id = $1";

    INSERT_PRODUCT = "
        INSERT INTO products (id, slug, name, key_seconds, created_at)
        VALUES ($1, $2, $3, $4, $5)";

    INSERT_LICENSE = "
        INSERT INTO licenses (id, product_id, model, seats, starts_at, ends_at, created_at, seat_rule, second_device,
                              lease_seconds, overdraft, offer_seconds, idle_seconds, idle_warning_seconds,
                              idle_ends_connected, cool_down_seconds, borrow_seconds, borrow_seats,
                              notes, order_number, price_minor, currency)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)";
}

/// All licenses with their counts at this time.
pub async fn all(db: &Db, now: DateTime<Utc>) -> Result<Vec<LicenseView>, DbError> {
    db.all(&ALL, args![now]).await?.iter().map(|row| license(row, now)).collect()
}

/// Reads the group limits of a license.
pub(super) fn group_limits(row: &Row) -> Result<Vec<GroupLimit>, DbError> {
    let text: String = row.get("group_limits")?;
    serde_json::from_str(&text)
        .map_err(|error| DbError::Unreadable { column: "group_limits".to_owned(), problem: error.to_string() })
}

/// Reads the rules of a license.
pub(super) fn rules(row: &Row) -> Result<Rules, DbError> {
    Ok(Rules {
        seat_rule: row.get("seat_rule")?,
        second_device: row.get("second_device")?,
        lease_seconds: row.get("lease_seconds")?,
        overdraft: row.get("overdraft")?,
        offer_seconds: row.get("offer_seconds")?,
        idle_seconds: row.get("idle_seconds")?,
        idle_warning_seconds: row.get("idle_warning_seconds")?,
        idle_ends_connected: row.get("idle_ends_connected")?,
        cool_down_seconds: row.get("cool_down_seconds")?,
        borrow_seconds: row.get("borrow_seconds")?,
        borrow_seats: row.get("borrow_seats")?,
    })
}

/// These licenses with their counts at this time.
pub async fn some(
    db: &Db,
    now: DateTime<Utc>,
    which: impl IntoIterator<Item = LicenseId>,
) -> Result<Vec<LicenseView>, DbError> {
    db.all(&SOME, args![now, ids(which)]).await?.iter().map(|row| license(row, now)).collect()
}

/// The licenses assigned to a user, with their counts at this time.
pub async fn of_user(db: &Db, now: DateTime<Utc>, user: UserId) -> Result<Vec<LicenseView>, DbError> {
    db.all(&OF_USER, args![now, user]).await?.iter().map(|row| license(row, now)).collect()
}

fn license(row: &Row, now: DateTime<Utc>) -> Result<LicenseView, DbError> {
    let ends_at = row.opt("ends_at")?;
    Ok(LicenseView {
        id: row.get("id")?,
        product_id: row.get("product_id")?,
        product_slug: row.get("slug")?,
        product_name: row.get("name")?,
        model: row.get("model")?,
        seats: row.get("seats")?,
        starts_at: row.opt("starts_at")?,
        ends_at,
        expiry_warning: expiry_warning(ends_at, now),
        archived_at: row.opt("archived_at")?,
        contract: Contract::default(),
        rules: rules(row)?,
        group_limits: group_limits(row)?,
        usage: LicenseUse {
            assigned: row.get("assigned")?,
            occupied: row.get("occupied")?,
            connected: row.get("connected")?,
            sessions: row.get("sessions")?,
            waiting: row.get("waiting")?,
            offered: row.get("offered")?,
            full_since: None,
            peak: None,
        },
    })
}

/// All products, without their licenses.
pub async fn products(db: &Db) -> Result<Vec<ProductView>, DbError> {
    let rows = db.all(&PRODUCTS, args![]).await?;
    rows.iter()
        .map(|row| {
            Ok(ProductView {
                id: row.get("id")?,
                slug: row.get("slug")?,
                name: row.get("name")?,
                key_seconds: row.get("key_seconds")?,
                archived_at: row.opt("archived_at")?,
                integration: super::contracts::integration(row)?,
                licenses: Vec::new(),
            })
        })
        .collect()
}

/// The product with this slug or id.
pub async fn product(db: &Db, slug_or_id: &str) -> Result<Option<ProductId>, DbError> {
    let row = match slug_or_id.parse::<ProductId>() {
        Ok(id) => db.one(&PRODUCT_EXISTS, args![id]).await?,
        Err(_) => db.one(&PRODUCT_BY_SLUG, args![slug_or_id]).await?,
    };
    row.map(|row| row.get("id")).transpose()
}

/// Adds a product.
///
/// # Errors
/// Returns [`DbError::Taken`] `products_slug` if the slug is taken.
pub async fn insert_product(tx: &mut Tx, product: &ProductView, now: DateTime<Utc>) -> Result<(), DbError> {
    let args = args![product.id, &product.slug, &product.name, product.key_seconds, now];
    tx.run(&INSERT_PRODUCT, args).await.map(drop)
}

/// A license to be added.
#[derive(Debug)]
pub struct LicenseToAdd {
    pub id: LicenseId,
    pub product: ProductId,
    pub model: Model,
    pub seats: i64,
    /// Inclusive.
    pub starts_at: Option<DateTime<Utc>>,
    /// Exclusive.
    pub ends_at: Option<DateTime<Utc>>,
    pub rules: Rules,
    pub contract: Contract,
}

/// Adds a license.
pub async fn insert_license(tx: &mut Tx, license: &LicenseToAdd, now: DateTime<Utc>) -> Result<(), DbError> {
    let args = args![
        license.id,
        license.product,
        license.model,
        license.seats,
        license.starts_at,
        license.ends_at,
        now,
        license.rules.seat_rule,
        license.rules.second_device,
        license.rules.lease_seconds,
        license.rules.overdraft,
        license.rules.offer_seconds,
        license.rules.idle_seconds,
        license.rules.idle_warning_seconds,
        license.rules.idle_ends_connected,
        license.rules.cool_down_seconds,
        license.rules.borrow_seconds,
        license.rules.borrow_seats,
        license.contract.notes.as_deref(),
        license.contract.order_number.as_deref(),
        license.contract.price_per_seat.as_ref().map(|price| price.minor),
        license.contract.price_per_seat.as_ref().map(|price| price.currency.as_str()),
    ];
    tx.run(&INSERT_LICENSE, args).await.map(drop)
}

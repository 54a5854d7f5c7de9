//! Who has a named seat of a product, and what it costs.

use crate::{
    db::{Db, DbError, Row, args, statements},
    store::manager_scope::visible_work,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{LicenseId, ProductId, UserId};

statements! {
    OF_PRODUCT = format!("
        SELECT a.license_id, a.user_id, u.name AS user_name, a.created_at AS granted_at, l.price_minor
        FROM licenses l
        JOIN products p ON p.id = l.product_id
        JOIN assignments a ON a.license_id = l.id
        JOIN users u ON u.id = a.user_id
        WHERE l.product_id = $1
          AND l.model = 'named' AND l.archived_at IS NULL AND p.archived_at IS NULL
          AND l.currency = $2
          AND u.deleted_at IS NULL
          AND {}", visible_work("a.user_id", 3));
}

/// A named seat of a user.
#[derive(Clone, Debug)]
pub struct NamedSeat {
    pub license: LicenseId,
    pub user: UserId,
    pub user_name: String,
    pub granted_at: DateTime<Utc>,
    /// Per month, in the smallest unit of the currency.
    pub price: i64,
}

/// The named seats of a product that have a price in this currency, of users whom the manager sees.
pub async fn of_product(
    db: &Db,
    product: ProductId,
    currency: &str,
    manager: Option<UserId>,
) -> Result<Vec<NamedSeat>, DbError> {
    db.all(&OF_PRODUCT, args![product, currency, manager]).await?.iter().map(named_seat).collect()
}

fn named_seat(row: &Row) -> Result<NamedSeat, DbError> {
    Ok(NamedSeat {
        license: row.get("license_id")?,
        user: row.get("user_id")?,
        user_name: row.get("user_name")?,
        granted_at: row.get("granted_at")?,
        price: row.get("price_minor")?,
    })
}

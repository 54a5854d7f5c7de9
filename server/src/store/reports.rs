//! What the reports read: which licenses a report is about, records of the event log, and sessions.

pub mod days;
pub mod history;
pub mod named_seats;
pub mod records;
pub mod sessions;
pub mod unused_seats;

use crate::{
    db::{Db, DbError, Row, args, statements},
    reports::seat_time::SharingRule,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId},
    license::Price,
    wire::reports::ReportLicense,
};
use uuid::Uuid;

statements! {
    LICENSES = "
        SELECT l.id, l.product_id, p.name, l.model, l.seats, l.seat_rule, l.second_device, l.price_minor, l.currency
        FROM licenses l
        JOIN products p ON p.id = l.product_id
        WHERE 1 = 1
          AND l.id = $1 -- if $1
          AND l.product_id = $2 -- if $2
        ORDER BY p.name, p.id, l.model, l.created_at, l.id";

    LOG_START = "
        SELECT h.pruned, e.at
        FROM seal_head h
        LEFT JOIN events e ON e.position = (SELECT MIN(position) FROM events WHERE position > h.pruned)";
}

/// Which licenses a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportScope {
    License(LicenseId),
    /// All licenses of a product, counted together.
    Product(ProductId),
}

impl ReportScope {
    /// The id of the license or product.
    pub fn id(self) -> Uuid {
        match self {
            Self::License(license) => license.0,
            Self::Product(product) => product.0,
        }
    }
}

/// A license of a report, with its price regardless of who asks, and the rule by which sessions share a seat.
#[derive(Clone, Debug)]
pub struct ScopeLicense {
    pub view: ReportLicense,
    pub rule: SharingRule,
}

/// The licenses of a scope, or all licenses; empty if there is no such license or product.
pub async fn licenses(db: &Db, scope: Option<ReportScope>) -> Result<Vec<ScopeLicense>, DbError> {
    let (license, product) = match scope {
        Some(ReportScope::License(license)) => (Some(license), None),
        Some(ReportScope::Product(product)) => (None, Some(product)),
        None => (None, None),
    };
    db.all(&LICENSES, args![license, product]).await?.iter().map(scope_license).collect()
}

fn scope_license(row: &Row) -> Result<ScopeLicense, DbError> {
    let price = row.opt("price_minor")?.zip(row.opt("currency")?);
    let model = row.get("model")?;
    Ok(ScopeLicense {
        view: ReportLicense {
            id: row.get("id")?,
            product_id: row.get("product_id")?,
            product_name: row.get("name")?,
            model,
            seats: row.get("seats")?,
            price_per_seat: price.map(|(minor, currency)| Price { minor, currency }),
        },
        rule: SharingRule { model, seat_rule: row.get("seat_rule")?, second_device: row.get("second_device")? },
    })
}

/// The time of the first event that the log still has, if earlier ones were removed.
pub async fn pruned_until(db: &Db) -> Result<Option<DateTime<Utc>>, DbError> {
    let Some(row) = db.one(&LOG_START, args![]).await? else { return Ok(None) };
    if row.get::<i64>("pruned")? == 0 { Ok(None) } else { row.opt("at") }
}

//! Reports: what happened with the seats of a license or a product in a period. Computed from the event log, the
//! sessions and the queue, never sampled.

mod demand;
mod overview;
mod people;
mod refusals;
mod sizing;
mod usage;

pub use demand::*;
pub use overview::*;
pub use people::*;
pub use refusals::*;
pub use sizing::*;
pub use usage::*;

use crate::{
    ids::{LicenseId, ProductId},
    license::{Model, Price},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The time that a report is about, cut off at the time of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportPeriod {
    /// The beginning, inclusive.
    pub from: DateTime<Utc>,
    /// The end, exclusive; not later than the time of the report.
    pub to: DateTime<Utc>,
    /// The time zone of the account, in which days, hours and weekdays are counted, for example `Europe/Berlin`.
    pub time_zone: String,
    /// When records begin, if that is after `from`: nothing is known of the time before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_from: Option<DateTime<Utc>>,
}

/// A license whose seats are counted, as it is at the time of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportLicense {
    /// The license's id.
    pub id: LicenseId,
    /// The licensed product.
    pub product_id: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The model of the license.
    pub model: Model,
    /// The purchased seats at the time of the report.
    pub seats: i64,
    /// What one seat costs, for users who may manage products; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_seat: Option<Price>,
}

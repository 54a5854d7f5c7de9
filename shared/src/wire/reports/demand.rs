//! The recorded demand of a license, for a replay in the browser.

use super::ReportPeriod;
use serde::{Deserialize, Serialize};

/// What was asked of a concurrent license in a period, without names: people, devices and groups are numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizingDemand {
    /// The period that the demand covers, which begins later than asked for if there was too much of it.
    pub period: ReportPeriod,
    /// Whether it begins later because there was too much.
    pub is_shortened: bool,
    /// The recorded requests for a seat.
    pub requests: i64,
    /// The demand, as JSON in the form of the crate `seatkeeper-pool`. The form changes with the version of the server.
    pub demand: String,
}

//! Who used the seats, and which assigned seats nobody used.

use super::{ReportLicense, ReportPeriod};
use crate::{
    ids::{LicenseId, UserId},
    license::Price,
    string_enum::string_enum,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

string_enum! {
    /// By what a report of seat-hours is grouped.
    SeatTimeGrouping {
        /// By user.
        User = "user",
        /// By group. A user in several groups counts in each.
        Group = "group",
        /// By product.
        Product = "product",
        /// By platform of the device at the other end.
        Platform = "platform",
    }
}

/// Who used the seats in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatTimeReport {
    /// What time it is about.
    pub period: ReportPeriod,
    /// The licenses that are counted together.
    pub licenses: Vec<ReportLicense>,
    /// What a row stands for.
    pub grouping: SeatTimeGrouping,
    /// The rows, the most seat time first, at most 1,000; of users whom the caller sees.
    pub rows: Vec<SeatTimeRow>,
    /// The sum of all rows, each user counted once.
    pub total: SeatTime,
    /// The different users who had a session, also those whom the caller does not see.
    pub users: i64,
    /// The purchased seats at the end of the period.
    pub seats: i64,
}

/// The seat time of a user, a group, a product or a platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatTimeRow {
    /// The id of the user, group or product, or the platform; absent for users without a group, and for an unknown
    /// platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name of the user, group or product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How long seats were occupied, and by what.
    #[serde(flatten)]
    pub time: SeatTime,
    /// The share of the cost of the period's seats, by seat time; absent without prices. A seat's price is taken as
    /// the price of a month of 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Price>,
}

/// How long seats were occupied, and by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatTime {
    /// Occupied seats times seconds. Sessions that share a seat count once.
    pub seat_seconds: i64,
    /// The part of it in which a session was connected.
    pub connected_seconds: i64,
    /// The part of it in which all sessions waited for a customer.
    pub waiting_seconds: i64,
    /// The part of the connected time after the last reported activity of a session until its end.
    pub idle_seconds: i64,
    /// How many sessions that was.
    pub sessions: i64,
}

/// Named seats that nobody uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnusedSeats {
    /// The number of days without a session after which a seat is listed.
    pub days: i64,
    /// The seats, the longest unused first; of users whom the caller sees.
    pub items: Vec<UnusedSeat>,
}

/// A named seat that its user has not used for some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnusedSeat {
    /// The named license that the seat belongs to.
    pub license_id: LicenseId,
    /// The product's name.
    pub product_name: String,
    /// To whom the license is assigned.
    pub user_id: UserId,
    /// The user's name.
    pub user_name: String,
    /// When the license was assigned.
    pub granted_at: DateTime<Utc>,
    /// When the user's last session on the license ended or was last heard of; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// What the seat costs, for users who may manage products; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_seat: Option<Price>,
    /// The exception, if there is one: the seat is kept although it is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<UnusedSeatException>,
}

/// Why a named seat is kept although it is not used, for example parental leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnusedSeatException {
    /// The reason, at most 200 characters.
    pub reason: String,
    /// Until when; absent: without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

//! Whether a user would get a seat now, and if not, why.

use crate::{
    ids::{LicenseId, ProductId, TicketId},
    license::Model,
    problem::{Code, RefusalFacts},
    string_enum::string_enum,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

string_enum! {
    /// What a request for a seat would lead to now.
    SeatCheckOutcome {
        /// The user has a session already.
        HasSession = "has_session",
        /// The user would get a seat.
        Seat = "seat",
        /// The user would be refused.
        Refused = "refused",
    }
}

/// Whether a user would get a seat now: decided on the current state by the rules that decide requests, and not saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeatCheck {
    /// The time of the check.
    pub at: DateTime<Utc>,
    /// One entry for each license that the user has.
    pub licenses: Vec<LicenseSeatCheck>,
    /// The latest refused requests of the user, the newest first; at most 10.
    pub refusals: Vec<RecentRefusal>,
}

/// The result for one license.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseSeatCheck {
    /// Which one was checked.
    pub license_id: LicenseId,
    /// What the license is for.
    pub product_id: ProductId,
    /// The product's name.
    pub product_name: String,
    /// The model of the license.
    pub model: Model,
    /// What a request would lead to, at a device where the user has no session yet.
    pub outcome: SeatCheckOutcome,
    /// The rule that refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The state of the license, if it refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalFacts>,
    /// The user's place in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<WaitingPlace>,
}

/// A place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingPlace {
    /// Its place in the queue is looked up by this.
    pub ticket_id: TicketId,
    /// 1 for the next one.
    pub position: i64,
    /// Since when the user has waited.
    pub since: DateTime<Utc>,
}

/// A request for a seat that was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecentRefusal {
    /// When it was refused.
    pub at: DateTime<Utc>,
    /// The rule.
    pub code: Code,
    /// The license; absent if the user had none of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_id: Option<LicenseId>,
    /// The name of the product; absent if it has been deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// The device, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

//! Products, licenses with their live counts, and assignments.

use crate::{
    ids::{LicenseId, ProductId, UserId},
    license::{GroupLimit, Model, Price, RuleOverrides, Rules},
    patch::Patch,
    problem::Code,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A product with its live counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProductView {
    /// The product's id.
    pub id: ProductId,
    /// The slug for clients and URLs, for example `remote-support-v5`.
    pub slug: String,
    /// The product's name.
    pub name: String,
    /// How long an unused support key is valid, in seconds.
    pub key_seconds: i64,
    /// Since when it is archived and grants no new seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<DateTime<Utc>>,
    /// Its gate and launch links.
    #[serde(flatten)]
    pub integration: ProductIntegration,
    /// Its licenses with their live counts.
    pub licenses: Vec<LicenseView>,
}

/// The integration of a product: its gate and its launch links. The links are shown only to users who may manage
/// products.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProductIntegration {
    /// Whether there is a launch link for agents.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opens: bool,
    /// The origins of the applications behind the gate, the only ones users are sent back to, for example
    /// `https://app.example.org`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gate_origins: Vec<String>,
    /// The launch link for agents, with the placeholders `{support_key}`, `{session_id}` and `{token}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_link: Option<String>,
    /// The launch link for customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_link: Option<String>,
    /// Whether a secret for signing the tokens in these links is stored. The secret itself is never shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_link_secret: bool,
}

/// Adds a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProduct {
    /// The name, from which the slug is derived.
    pub name: String,
    /// How long an unused support key is valid, in seconds; 600 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_seconds: Option<i64>,
}

/// Changes a product; absent fields stay. The slug never changes, because clients use it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeProduct {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How long an unused support key is valid, 30 to 86,400 seconds; applies to new keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_seconds: Option<i64>,
    /// Archived, it grants no new seats and is hidden from lists; live sessions continue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The origins of the applications behind the gate, at most 20, for example `https://app.example.org`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_origins: Option<Vec<String>>,
    /// The launch link for agents, with the placeholders `{support_key}`, `{session_id}` and `{token}`; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_link: Option<String>,
    /// The launch link for customers; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_link: Option<String>,
    /// The secret for signing the tokens in these links, at least 32 characters; empty: none, and no tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_secret: Option<String>,
}

/// The contract of a license. Agents do not see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contract {
    /// Notes, at most 4,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The order number, at most 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// What one seat costs, for cost reports; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_seat: Option<Price>,
}

/// A license with its live counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseView {
    /// The license's id.
    pub id: LicenseId,
    /// The licensed product.
    pub product_id: ProductId,
    /// The product's slug.
    pub product_slug: String,
    /// The product's name.
    pub product_name: String,
    /// The model of the license.
    pub model: Model,
    /// The purchased seats.
    pub seats: i64,
    /// The start of validity; absent: no start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTime<Utc>>,
    /// The end of validity; absent: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
    /// 60, 30 or 7 if the license ends within that many days; absent if there is more time, or it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_warning: Option<i64>,
    /// Since when the license or its product is archived and grants no new seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<DateTime<Utc>>,
    /// The contract, for users who may manage products; not in the live feed.
    #[serde(flatten)]
    pub contract: Contract,
    /// How its seats are counted, shared and freed.
    #[serde(flatten)]
    pub rules: Rules,
    /// The seats reserved for groups, and their limits; only of groups that the caller sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_limits: Vec<GroupLimit>,
    /// The current usage.
    #[serde(rename = "use")]
    pub usage: LicenseUse,
}

/// The usage of a license at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseUse {
    /// The number of users with the license.
    pub assigned: i64,
    /// The seats whose holder has a live session. Assigned seats of a named license are taken even without one.
    pub occupied: i64,
    /// The part of these whose holder is connected to a customer, a device or a program.
    pub connected: i64,
    /// The live sessions; several may share a seat.
    pub sessions: i64,
    /// The tickets in the queue, including those with an offer.
    #[serde(default)]
    pub waiting: i64,
    /// The part of these to which a free seat is offered.
    #[serde(default)]
    pub offered: i64,
    /// Since when all seats of a concurrent license are occupied, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_since: Option<DateTime<Utc>>,
    /// The most seats occupied at the same time in the last 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<Peak>,
}

/// The most seats occupied at the same time, and when that was last the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Peak {
    /// The number of occupied seats.
    pub occupied: i64,
    /// When it was last the case.
    pub at: DateTime<Utc>,
}

impl LicenseView {
    /// The taken seats: by assignment for a named license, by live sessions for a concurrent one.
    pub fn taken(&self) -> i64 {
        match self.model {
            Model::Named => self.usage.assigned,
            Model::Concurrent => self.usage.occupied,
        }
    }

    /// The seats that are free and not offered to a waiter; 0 while the license is over capacity.
    pub fn free(&self) -> i64 {
        (self.seats - self.taken() - self.usage.offered).max(0)
    }

    /// The seats taken beyond the purchased ones.
    pub fn over(&self) -> i64 {
        (self.taken() - self.seats).max(0)
    }
}

/// Adds a license: a purchase, which requires the billing contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewLicense {
    /// The product of the license.
    pub product_id: ProductId,
    /// The model of the license.
    pub model: Model,
    /// The purchased seats, 0 to 1,000,000.
    pub seats: i64,
    /// The start of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTime<Utc>>,
    /// The end of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
    /// Rules that differ from the defaults.
    #[serde(flatten)]
    pub rules: RuleOverrides,
    /// Dates, order number and notes.
    #[serde(flatten)]
    pub contract: Contract,
}

/// Changes a license; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeLicense {
    /// The purchased seats, 0 to 1,000,000: changing them is a purchase. Fewer than are in use is allowed: no session
    /// ends, and nothing is granted until enough seats are free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<i64>,
    /// The start of validity; `null`: no start.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub starts_at: Patch<DateTime<Utc>>,
    /// The end of validity; `null`: no end. An end in the past ends the sessions.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub ends_at: Patch<DateTime<Utc>>,
    /// Archived, it grants no new seats and is hidden from lists; live sessions continue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Notes on the contract, at most 4,000 characters; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The order number, at most 120 characters; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// The price of a seat, which only the billing contact may change; `null`: unknown.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Price>))]
    pub price_per_seat: Patch<Price>,
    /// Changes to the rules.
    #[serde(flatten)]
    pub rules: RuleOverrides,
}

/// The usage of a license, for deciding on the number of its seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseUsage {
    /// The purchased seats.
    pub seats: i64,
    /// The taken seats: by assignment for a named license, by sessions for a concurrent one.
    pub taken: i64,
    /// The seats taken beyond the purchased ones.
    pub over: i64,
    /// The seats whose holder has a live session.
    pub occupied: i64,
    /// The most seats whose holders had live sessions at the same time in the last 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<Peak>,
}

/// Assigns a license to users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// The users, at most 1,000.
    pub user_ids: Vec<UserId>,
    /// When the assignments end by themselves, in the future; absent: never. Users who have the license already keep it
    /// as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
}

/// Changes when the assignments of a license to users end by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetGrantEnd {
    /// The users, at most 1,000.
    pub user_ids: Vec<UserId>,
    /// The new end, in the future; `null` or absent: they no longer end by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
}

/// When the assignment of a license ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GrantEnd {
    /// The license's id.
    pub license_id: LicenseId,
    /// From this time on, the user has the license no longer.
    pub ends_at: DateTime<Utc>,
}

/// Revokes a license from users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revoke {
    /// The users, at most 1,000.
    pub user_ids: Vec<UserId>,
    /// End their live sessions on this license now; otherwise they may finish.
    pub end_now: bool,
}

/// The results of assigning or revoking, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssignmentResults {
    /// One result for each user of the request.
    pub results: Vec<AssignmentResult>,
}

/// The result for one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssignmentResult {
    /// The user's id.
    pub user_id: UserId,
    /// Whether this request assigned or revoked the license, or changed the end of the assignment.
    pub changed: bool,
    /// Why it was refused; absent if it was done, or nothing had to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Code>,
}

//! Products, licenses with their live counts, and assignments.

use crate::{
    ids::{LicenseId, ProductId, UserId},
    license::{ChosenRules, GroupLimit, Model, Price, Rules},
    problem::Code,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProductView {
    /// Its id.
    pub id: ProductId,
    /// The short name for clients and addresses, for example `remote-support-v5`.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// How long an unused support key lives, in seconds.
    pub key_seconds: i64,
    /// Since when it gives no new seats, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<DateTime<Utc>>,
    /// How one gets from here into the product itself.
    #[serde(flatten)]
    pub doors: Doors,
    /// Its licenses with their live counts.
    pub licenses: Vec<LicenseView>,
}

/// How agents and customers get from here into the product itself. What is entered there is for those who may manage products.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Doors {
    /// Whether there is a launch link for agents.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opens: bool,
    /// Where the applications behind the gate are: only there people are sent back to, for example `https://app.example.org`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gate_origins: Vec<String>,
    /// What agents open, with `{support_key}`, `{session_id}` and `{token}` in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_link: Option<String>,
    /// What customers open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_link: Option<String>,
    /// Whether there is a secret that tokens in these links are signed with. It is shown to nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_link_secret: bool,
}

/// Adds a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProduct {
    /// Its name; the slug is made from it.
    pub name: String,
    /// How long an unused support key lives, in seconds; 600 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_seconds: Option<i64>,
}

/// Changes a product. What is absent stays as it is; the slug always does, because clients know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeProduct {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How long an unused support key lives, 30 to 86,400 seconds; for keys that are made from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_seconds: Option<i64>,
    /// Archived, it gives no new seats and is hidden from lists; sessions that live go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Where the applications behind the gate are, at most 20, for example `https://app.example.org`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_origins: Option<Vec<String>>,
    /// What agents open, with `{support_key}`, `{session_id}` and `{token}` in it; empty: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_link: Option<String>,
    /// What customers open; empty: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_link: Option<String>,
    /// What tokens in these links are signed with, at least 32 characters; empty: none, and then there are no tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_secret: Option<String>,
}

/// What stands in the contract of a license. Agents are not shown it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contract {
    /// Notes, at most 4,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The order number, at most 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// What a seat costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_per_seat: Option<Price>,
}

/// A license with its live counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseView {
    /// Its id.
    pub id: LicenseId,
    /// The product it is for.
    pub product_id: ProductId,
    /// The product's short name.
    pub product_slug: String,
    /// The product's name.
    pub product_name: String,
    /// Named or concurrent.
    pub model: Model,
    /// Seats bought.
    pub seats: i64,
    /// From when it counts; absent: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTime<Utc>>,
    /// From when it no longer counts; absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
    /// 60, 30 or 7: it ends in no more days than that; absent if there is more time, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_warning: Option<i64>,
    /// Since when it or its product gives no new seats, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<DateTime<Utc>>,
    /// What stands in its contract, for those who may manage products; not in the live feed.
    #[serde(flatten)]
    pub contract: Contract,
    /// Its rules.
    #[serde(flatten)]
    pub rules: Rules,
    /// What it keeps for groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_limits: Vec<GroupLimit>,
    /// How things stand now.
    #[serde(rename = "use")]
    pub usage: LicenseUse,
}

/// How things stand at a license at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseUse {
    /// Users to whom it is assigned.
    pub assigned: i64,
    /// Seats whose holder has a live session. Of a named license the others are occupied too, by assignment.
    pub occupied: i64,
    /// Of these, seats whose holder is connected to a customer, a device or a program.
    pub connected: i64,
    /// Live sessions; several may share a seat.
    pub sessions: i64,
    /// Tickets in the line, those with an offer too.
    #[serde(default)]
    pub waiting: i64,
    /// Of these, tickets for which a free seat is kept.
    #[serde(default)]
    pub offered: i64,
    /// Since when every seat of a concurrent license is occupied, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_since: Option<DateTime<Utc>>,
    /// The most seats that were occupied at once in the last 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<Peak>,
}

/// The most seats that were occupied at once, and when that was last so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Peak {
    /// Seats.
    pub occupied: i64,
    /// When.
    pub at: DateTime<Utc>,
}

impl LicenseView {
    /// Seats that count as taken: by assignment for a named license, by a live session for a concurrent one.
    pub fn taken(&self) -> i64 {
        match self.model {
            Model::Named => self.usage.assigned,
            Model::Concurrent => self.usage.occupied,
        }
    }

    /// Seats that are free and not kept for somebody in the line; none while the license is over capacity.
    pub fn free(&self) -> i64 {
        (self.seats - self.taken() - self.usage.offered).max(0)
    }

    /// Seats taken beyond what was bought.
    pub fn over(&self) -> i64 {
        (self.taken() - self.seats).max(0)
    }
}

/// Adds a license: a purchase, so it takes the billing contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewLicense {
    /// For which product.
    pub product_id: ProductId,
    /// Named or concurrent.
    pub model: Model,
    /// How many seats, 0 to 1,000,000.
    pub seats: i64,
    /// From when it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<DateTime<Utc>>,
    /// From when it no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
    /// Rules other than the usual ones.
    #[serde(flatten)]
    pub rules: ChosenRules,
    /// What stands in the contract.
    #[serde(flatten)]
    pub contract: Contract,
}

/// Changes a license. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeLicense {
    /// How many seats, 0 to 1,000,000: a purchase. Fewer than are in use is allowed: nobody is ended, nothing is granted
    /// until drained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<i64>,
    /// From when it counts; `null`: since ever.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub starts_at: Option<Option<DateTime<Utc>>>,
    /// From when it no longer counts; `null`: for ever. One that is over already ends its sessions.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub ends_at: Option<Option<DateTime<Utc>>>,
    /// Archived, it gives no new seats and is hidden from lists; sessions that live go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Notes on the contract, at most 4,000 characters; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The order number, at most 120 characters; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// What a seat costs, which only the billing contact changes; `null`: not known.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Price>))]
    pub price_per_seat: Option<Option<Price>>,
    /// Rules.
    #[serde(flatten)]
    pub rules: ChosenRules,
}

/// A field that was given, be it `null`: not the same as one that is absent and stays as it is.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// How many seats of a license are used, for whoever is about to change their number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenseUsage {
    /// Seats bought.
    pub seats: i64,
    /// Seats that are taken now: of a named license by assignment, of a concurrent one by sessions.
    pub taken: i64,
    /// Seats taken now beyond what was bought.
    pub over: i64,
    /// Seats whose holder has a live session now.
    pub occupied: i64,
    /// The most seats whose holders had live sessions at once in the last 30 days, and when that was last so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<Peak>,
}

/// Assigns a license to users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// To whom, at most 1,000.
    pub user_ids: Vec<UserId>,
}

/// Takes a license away from users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revoke {
    /// From whom, at most 1,000.
    pub user_ids: Vec<UserId>,
    /// End their live sessions on it now; otherwise they may finish.
    pub end_now: bool,
}

/// What became of the assignments, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssignmentResults {
    /// One for each user of the request.
    pub results: Vec<AssignmentResult>,
}

/// What became of one assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssignmentResult {
    /// The user.
    pub user_id: UserId,
    /// Whether the user now has (grant) or no longer has (revoke) the license because of this request.
    pub changed: bool,
    /// Why it could not be done; absent if it was, or if it was so already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Code>,
}

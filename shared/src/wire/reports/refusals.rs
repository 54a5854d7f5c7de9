//! Who was turned away.

use super::{ReportLicense, ReportPeriod};
use crate::{
    ids::{LicenseId, ProductId, UserId},
    problem::Code,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The refused requests of a period. Clients repeat a refused request, sometimes many times a second. Requests of the
/// same user at the same device for the same license, each within the window after the one before, are therefore one
/// attempt; and an attempt after which the user got a seat within the window is not counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalReport {
    /// What time it is about.
    pub period: ReportPeriod,
    /// The licenses that are counted together.
    pub licenses: Vec<ReportLicense>,
    /// Within how many seconds requests belong together.
    pub window_seconds: i64,
    /// The requests that were refused.
    pub requests: i64,
    /// How many of these belong to the same attempt as an earlier one.
    pub repeated: i64,
    /// How many of these belong to attempts after which the user got a seat within the window; the repeated ones are
    /// not counted again.
    pub soon_seated: i64,
    /// The attempts that remain: users who were really turned away.
    pub attempts: i64,
    /// The number of attempts that would remain with other windows.
    pub sensitivity: Vec<WindowAttempts>,
    /// The attempts by the rule that refused first.
    pub by_rule: Vec<RuleRefusals>,
    /// The attempts by user, the most first, at most 100; of users whom the caller sees.
    pub by_user: Vec<UserRefusals>,
    /// The attempts by hour of the day in the account's time zone: 24 numbers.
    pub by_hour: Vec<i64>,
    /// The attempts, the latest first, at most 200; of users whom the caller sees.
    pub latest: Vec<RefusedAttempt>,
}

/// The number of attempts with a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WindowAttempts {
    /// Within how many seconds requests belong together.
    pub window_seconds: i64,
    /// The attempts that remain.
    pub attempts: i64,
}

/// How often a rule has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleRefusals {
    /// The code of the rule.
    pub code: Code,
    /// The requests that this rule refused.
    pub requests: i64,
    /// The attempts whose first request it refused.
    pub attempts: i64,
}

/// How often a user was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserRefusals {
    /// Who was refused.
    pub user_id: UserId,
    /// The user's name.
    pub user_name: String,
    /// The refused requests.
    pub requests: i64,
    /// How many attempts these requests were.
    pub attempts: i64,
}

/// An attempt to get a seat that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedAttempt {
    /// The first request.
    pub first_at: DateTime<Utc>,
    /// The last request.
    pub last_at: DateTime<Utc>,
    /// How many requests.
    pub requests: i64,
    /// Who asked for a seat.
    pub user_id: UserId,
    /// The user's name.
    pub user_name: String,
    /// The device; absent in records of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The license; absent if none of the product was concerned, for example without an assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_id: Option<LicenseId>,
    /// The product, if no license was concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The rule that refused the first request.
    pub code: Code,
    /// How long after the last request the user got a seat, in seconds; absent if they got none in the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seated_after_seconds: Option<i64>,
}

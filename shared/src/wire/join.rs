//! Customers who join with a support key, and the tool that both sides meet in.

use crate::session::Platform;
use serde::{Deserialize, Serialize};

/// Joins with a support key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Join {
    /// Nine digits; spaces and hyphens do not matter.
    pub key: String,
    /// What the customer's side runs on, where its user agent does not say so: that of an iPad says Mac.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

/// The customer is connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Joined {
    /// The product.
    pub product_name: String,
    /// Who helps.
    pub agent_name: String,
    /// What the customer's side runs on.
    pub platform: Platform,
    /// Where to go on, if the product has a launch link for customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// With what a session is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Opened {
    /// The launch link, with everything in it.
    pub link: String,
}

//! Joining a session with a support key, and opening the product's tool.

use crate::session::Platform;
use serde::{Deserialize, Serialize};

/// Joins a session with a support key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Join {
    /// The support key: nine digits; spaces and hyphens are ignored.
    pub key: String,
    /// The platform of the customer's device, if its user agent does not reveal it: an iPad claims to be a Mac.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

/// The response to a customer who joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Joined {
    /// The product's name.
    pub product_name: String,
    /// The agent's name.
    pub agent_name: String,
    /// The platform of the customer's device.
    pub platform: Platform,
    /// The launch link for the customer, if the product has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// The link that opens a session in the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionLink {
    /// The launch link with all placeholders filled in.
    pub link: String,
}

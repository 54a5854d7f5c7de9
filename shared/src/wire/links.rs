//! Links by which people set their passwords: invitations, and what follows a forgotten password.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A link that was made for a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkMade {
    /// Whether it invites: the user had no password yet.
    pub invites: bool,
    /// From when on it is no longer good.
    pub expires_at: DateTime<Utc>,
    /// Whether it was sent to the user by e-mail.
    pub mailed: bool,
    /// The link, to be given to the user; only if it was not sent, and only this once. Without a public address it begins at the
    /// server's root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// The secret of a link. It is never part of an address, which would be logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenLink {
    /// What stands after the `#`.
    pub secret: String,
}

/// A link that is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkView {
    /// Whether it invites: the user has no password yet.
    pub invites: bool,
    /// For whom.
    pub name: String,
    /// His e-mail address, with which he signs in.
    pub email: String,
    /// The organisation.
    pub account_name: String,
    /// The fewest characters of a password.
    pub password_min: usize,
    /// From when on it is no longer good.
    pub expires_at: DateTime<Utc>,
}

/// Sets the password by a link, which is used up by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UseLink {
    /// What stands after the `#`.
    pub secret: String,
    /// The new password.
    pub password: String,
}

/// Asks for a link because the password was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Forgot {
    /// In any case of letters.
    pub email: String,
}

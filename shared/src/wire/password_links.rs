//! Links for setting a password: invitations, and resets of a forgotten password.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A newly created link for a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedPasswordLink {
    /// Whether it is an invitation: the user had no password yet.
    pub invites: bool,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
    /// Whether it was sent to the user by e-mail.
    pub mailed: bool,
    /// The link to give to the user; only if it was not sent, and only in this response. Without a public URL it is a
    /// path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// Looks up a link by its secret, which is never part of a URL, since URLs are logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviewPasswordLink {
    /// The part of the link after the `#`.
    pub secret: String,
}

/// A valid link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordLinkView {
    /// Whether it is an invitation: the user has no password yet.
    pub invites: bool,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address for signing in.
    pub email: String,
    /// The organization's name.
    pub account_name: String,
    /// The minimum length of a password, in characters.
    pub password_min: usize,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
}

/// Sets the password with a link, which can be used only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RedeemPasswordLink {
    /// The part of the link after the `#`.
    pub secret: String,
    /// The new password.
    pub password: String,
}

/// Requests a link because the password was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForgotPassword {
    /// The user's e-mail address, in any case.
    pub email: String,
}

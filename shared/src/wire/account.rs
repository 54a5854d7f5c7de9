//! Setup, sign-in, the own profile, tokens and browsers, and the account.

use crate::{
    ids::{SignInId, TokenId, UserId},
    people::{Locale, Role},
    permissions::Rights,
    scope::Scope,
    string_enum::string_enum,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The state of the installation, for visitors who are not signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupState {
    /// Whether the first admin must still be created.
    pub needed: bool,
    /// Whether the request is signed in, so that a page can find out without an error.
    pub signed_in: bool,
    /// Whether the server can send e-mail, so that a forgotten password can be reset without an admin.
    #[serde(default)]
    pub mails: bool,
}

/// Creates the account and its first admin, who becomes the billing contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setup {
    /// The token from the one-time setup link.
    pub token: String,
    /// The organization's name.
    pub account_name: String,
    /// The admin's name.
    pub name: String,
    /// The admin's e-mail address.
    pub email: String,
    /// The admin's password.
    pub password: String,
    /// The account's time zone (IANA name); UTC if absent.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// Signs in with e-mail address and password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// The e-mail address, in any case.
    pub email: String,
    /// The password in clear text, as the user typed it.
    pub password: String,
}

/// The signed-in user, with their rights and account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address.
    pub email: String,
    /// The chosen language; absent if none was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// The user's rights, as input for [`crate::permissions::may`].
    pub rights: Rights,
    /// The organization.
    pub account: AccountView,
    /// Whether the user must set up a second factor before anything else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_second_factor: bool,
}

string_enum! {
    /// Which users must have a second factor to work in a browser.
    #[derive(Default)]
    SecondFactorRule {
        /// No user; it is optional.
        #[default]
        Optional = "optional",
        /// Admins only.
        Admins = "admins",
        /// All users.
        Everybody = "everybody",
    }
}

impl SecondFactorRule {
    /// Whether the rule requires a second factor for this role.
    pub fn binds(self, role: Role) -> bool {
        match self {
            Self::Optional => false,
            Self::Admins => role == Role::Admin,
            Self::Everybody => true,
        }
    }
}

/// The organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountView {
    /// The organization's name.
    pub name: String,
    /// The organization's time zone (IANA name).
    pub time_zone: String,
    /// The language for users who have not chosen one.
    pub locale: Locale,
    /// The minimum length of a password, in characters.
    pub password_min: usize,
    /// After how many minutes without use a browser must sign in again.
    pub idle_minutes: i64,
    /// After how many minutes a browser must sign in again, regardless of use.
    pub session_minutes: i64,
    /// Which users must have a second factor.
    #[serde(default)]
    pub second_factor: SecondFactorRule,
}

impl AccountView {
    /// Creates an account with default settings.
    pub fn new(name: String, time_zone: String) -> Self {
        Self {
            name,
            time_zone,
            locale: Locale::En,
            password_min: crate::validate::DEFAULT_PASSWORD_MIN,
            idle_minutes: 720,
            session_minutes: 720,
            second_factor: SecondFactorRule::Optional,
        }
    }
}

/// Changes the account; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeAccount {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new time zone (IANA name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The new language for users who have not chosen one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// The minimum length of a password, 8 to 64 characters. Existing passwords stay valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_min: Option<i64>,
    /// Minutes without use until a browser must sign in again, 5 to 43,200. Also applies to signed-in browsers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_minutes: Option<i64>,
    /// Minutes until a browser must sign in again, 15 to 43,200. For signed-in browsers, it can only shorten the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_minutes: Option<i64>,
    /// Which users must have a second factor. Also applies to signed-in browsers, but not to tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactorRule>,
}

/// Changes the own profile; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeMe {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language of the user interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
}

/// Creates an own API token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewToken {
    /// The purpose, as a name.
    pub name: String,
    /// In how many days the token expires, 1 to 365.
    pub days: i64,
    /// The permitted use; everything if absent.
    #[serde(default)]
    pub scope: Scope,
}

/// An API token without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenView {
    /// The token's id.
    pub id: TokenId,
    /// The purpose, as a name.
    pub name: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
    /// The permitted use.
    pub scope: Scope,
    /// When it was last used, to about a minute; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A newly created API token. The secret is shown only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedToken {
    /// What lists of tokens show of it.
    #[serde(flatten)]
    pub token: TokenView,
    /// The secret, for `Authorization: Bearer …`.
    pub secret: String,
}

/// Changes the own password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The old password.
    pub old: String,
    /// The new password.
    pub new: String,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInView {
    /// The browser session's id.
    pub id: SignInId,
    /// The browser and its operating system from the user agent, as in "Firefox · Windows"; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The IP address at sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When the user signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to about a minute.
    pub last_used_at: DateTime<Utc>,
    /// Whether it is the browser that sent this request.
    pub this: bool,
}

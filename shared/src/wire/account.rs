//! Setup, sign-in, oneself and one's tokens.

use crate::{
    ids::{SignInId, TokenId, UserId},
    named::named,
    people::{Locale, Role},
    permissions::Rights,
    scope::Scope,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How things stand before anybody has signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupState {
    /// True until the first admin is created.
    pub needed: bool,
    /// Whether whoever asks is signed in; so a page can ask without being refused.
    pub signed_in: bool,
    /// Whether the server sends e-mails, so that a forgotten password can be replaced without an admin.
    #[serde(default)]
    pub mails: bool,
}

/// Creates the account and its first admin, who becomes the billing contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setup {
    /// The token from the one-time setup link.
    pub token: String,
    /// The organisation's name.
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

/// E-mail and password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// In any case of letters.
    pub email: String,
    /// As it was set.
    pub password: String,
}

/// Who is signed in, and what he may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// The chosen language; absent as long as none was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// For [`crate::permissions::may`].
    pub rights: Rights,
    /// The organisation.
    pub account: AccountView,
    /// Whether one has to set up a second factor before anything else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_second_factor: bool,
}

named! {
    /// Who has to have a second factor to work in a browser.
    #[derive(Default)]
    SecondFactorRule {
        /// Nobody: everybody may.
        #[default]
        Optional = "optional",
        /// Admins.
        Admins = "admins",
        /// Everybody.
        Everybody = "everybody",
    }
}

impl SecondFactorRule {
    /// Whether it asks this of somebody in this role.
    pub fn binds(self, role: Role) -> bool {
        match self {
            Self::Optional => false,
            Self::Admins => role == Role::Admin,
            Self::Everybody => true,
        }
    }
}

/// The organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountView {
    /// Its name.
    pub name: String,
    /// Its time zone (IANA name).
    pub time_zone: String,
    /// The language of those who have not chosen one.
    pub locale: Locale,
    /// The fewest characters of a password.
    pub password_min: usize,
    /// After how many minutes without use a browser has to sign in again.
    pub idle_minutes: i64,
    /// After how many minutes a browser has to sign in again, however much it is used.
    pub session_minutes: i64,
    /// Who has to have a second factor.
    #[serde(default)]
    pub second_factor: SecondFactorRule,
}

impl AccountView {
    /// A new account, with what is usual.
    pub fn new(name: String, time_zone: String) -> Self {
        Self {
            name,
            time_zone,
            locale: Locale::En,
            password_min: crate::validate::MIN_PASSWORD,
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
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new time zone (IANA name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Another language for those who have not chosen one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// The fewest characters of a password, 8 to 64. Passwords that are set already stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_min: Option<i64>,
    /// Minutes without use, 5 to 43,200. Holds for browsers that are signed in, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_minutes: Option<i64>,
    /// Minutes altogether, 15 to 43,200. Browsers that are signed in may get less by it, never more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_minutes: Option<i64>,
    /// Who has to have a second factor. Holds for browsers that are signed in, too, and for no token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactorRule>,
}

/// Changes one's own profile; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeMe {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language of the user interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
}

/// Asks for an API token of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// In how many days it ends, 1 to 365.
    pub days: i64,
    /// What it may be used for; for everything if absent.
    #[serde(default)]
    pub scope: Scope,
}

/// An API token without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// What it may be used for.
    pub scope: Scope,
    /// When it was last used, to about a minute; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A new API token. The secret is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenMade {
    /// The token.
    #[serde(flatten)]
    pub token: TokenView,
    /// Goes into `Authorization: Bearer …`.
    pub secret: String,
}

/// Changes one's own password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The password until now.
    pub old: String,
    /// The new one.
    pub new: String,
}

/// A browser in which one is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInView {
    /// Its id.
    pub id: SignInId,
    /// The browser and the system it says it runs on, as in "Firefox · Windows"; absent if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// From which address one signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When one signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to about a minute.
    pub last_used_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub this: bool,
}

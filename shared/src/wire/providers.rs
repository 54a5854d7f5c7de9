//! Sign-in with OpenID Connect providers, and the rules for passwords.

pub use super::findings::{Finding, FindingCode, ProviderTest, SignInFinding};

use crate::{
    ids::{ProviderId, UserId},
    string_enum::string_enum,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

string_enum! {
    /// Whether an unknown provider identity is linked to the user with the same e-mail address.
    EmailLinking {
        /// Only if the provider confirms the address (`email_verified`).
        Verified = "verified",
        /// Always: for a provider whose addresses only the own organization can set, and that does not send
        /// `email_verified`.
        Trusted = "trusted",
        /// Never: only linked users can sign in.
        Never = "never",
    }
}

string_enum! {
    /// Why a sign-in with a provider failed.
    SignInFailure {
        /// It took too long, or another sign-in was started meanwhile.
        Expired = "expired",
        /// The provider or its user refused.
        Refused = "refused",
        /// The provider does not respond.
        Unreachable = "unreachable",
        /// The provider's response is invalid, or does not match the settings here.
        Failed = "failed",
        /// The provider sent no e-mail address.
        NoEmail = "no_email",
        /// The provider does not confirm the e-mail address.
        EmailUnverified = "email_unverified",
        /// There is no such user, and users are not created automatically.
        Unknown = "unknown",
        /// The user with this address may not be linked, or is linked to another identity.
        NotLinked = "not_linked",
        /// The user is suspended.
        Suspended = "suspended",
        /// There were too many attempts.
        TooMany = "too_many",
        /// There is no such provider, or it is not enabled.
        NoProvider = "no_provider",
        /// The server cannot save at the moment.
        Unavailable = "unavailable",
    }
}

/// The ways of signing in to this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInOptions {
    /// Whether all users may sign in with a password.
    pub passwords: bool,
    /// The enabled providers.
    pub providers: Vec<ProviderOption>,
}

/// A provider as shown to visitors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderOption {
    /// The provider's id.
    pub id: ProviderId,
    /// The label of its button.
    pub name: String,
}

/// All providers, and the URL of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInProviders {
    /// The URL at which browsers reach the server: the base of [`redirect_url`] and [`logout_url`].
    pub base_url: String,
    /// The providers.
    pub items: Vec<ProviderView>,
}

/// A provider. Its client secret is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderView {
    /// The provider's id.
    pub id: ProviderId,
    /// The label of its button.
    pub name: String,
    /// The issuer URL, below which its discovery document is.
    pub issuer: String,
    /// Seatkeeper's client id at the provider.
    pub client_id: String,
    /// Whether a client secret is stored.
    pub has_secret: bool,
    /// The scopes requested besides `openid`, space-separated.
    pub scopes: String,
    /// Whether identities are linked to users by e-mail address.
    pub link_by_email: EmailLinking,
    /// Whether unknown users are created.
    pub create_users: bool,
    /// The claim with the names of the Seatkeeper groups of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_claim: Option<String>,
    /// Whether the response is requested as a form (`response_mode=form_post`).
    #[serde(default)]
    pub form_post: bool,
    /// Whether users can sign in with it.
    pub enabled: bool,
    /// The number of linked users.
    pub users: i64,
    /// When a user last signed in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Adds a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProvider {
    /// The id, if it was chosen in advance to show the provider's URLs; generated if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ProviderId>,
    /// The label of its button.
    pub name: String,
    /// The issuer URL: `https://`, or `http://` to localhost.
    pub issuer: String,
    /// Seatkeeper's client id at the provider.
    pub client_id: String,
    /// The client secret; absent for a public client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// The scopes requested besides `openid`; `email profile` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<String>,
    /// Whether identities are linked to users by e-mail address; only with a verified one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_by_email: Option<EmailLinking>,
    /// Whether unknown users are created.
    #[serde(default)]
    pub create_users: bool,
    /// The claim with the names of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_claim: Option<String>,
    /// Whether the response is requested as a form (`response_mode=form_post`).
    #[serde(default)]
    pub form_post: bool,
    /// Whether users can sign in with it; true if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Changes a provider; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeProvider {
    /// The label of its button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The issuer URL. Users linked to the previous issuer stay linked to that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Seatkeeper's client id at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The new client secret; an empty one removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// The scopes requested besides `openid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<String>,
    /// Whether identities are linked to users by e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_by_email: Option<EmailLinking>,
    /// Whether unknown users are created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_users: Option<bool>,
    /// The claim with the names of groups; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_claim: Option<String>,
    /// Whether the response is requested as a form (`response_mode=form_post`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_post: Option<bool>,
    /// Whether users can sign in with it. Disabling it signs out the users who did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// The rules for signing in with a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInRules {
    /// Only the emergency access may use a password; all other users sign in with a provider.
    pub providers_only: bool,
    /// The admin who may still sign in with a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<EmergencyAccess>,
}

/// The admin who may sign in with a password when all other users must use a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmergencyAccess {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address.
    pub email: String,
    /// Whether this is an active admin with a password. If not, all admins may use theirs, so that the account is not
    /// locked out.
    pub works: bool,
}

/// Changes the rules for signing in with a password; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeSignInRules {
    /// Only the emergency access may use a password. Requires an enabled provider and a working emergency access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub providers_only: Option<bool>,
    /// The user with the emergency access: an active admin with a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_user_id: Option<UserId>,
}

/// The redirect URL to enter at the provider.
pub fn redirect_url(base: &str, provider: ProviderId) -> String {
    format!("{base}/auth/oidc/{provider}/callback")
}

/// The back-channel logout URL to enter at the provider.
pub fn logout_url(base: &str, provider: ProviderId) -> String {
    format!("{base}/auth/oidc/{provider}/backchannel-logout")
}

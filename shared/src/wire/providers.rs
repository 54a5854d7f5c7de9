//! Signing in by OpenID Connect: the providers, and who may still use a password.

pub use super::findings::{Finding, FindingCode, ProviderTest, SignInFinding};

use crate::{
    ids::{ProviderId, UserId},
    named::named,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

named! {
    /// Whether somebody whom a provider names for the first time is taken for the user with the same e-mail address.
    EmailLink {
        /// Only if the provider says that the address is his (`email_verified`).
        Verified = "verified",
        /// Always: for a provider whose addresses only the own organisation can set, and that does not say it.
        Trusted = "trusted",
        /// Never: only those who are linked already come in.
        Never = "never",
    }
}

named! {
    /// Why somebody came back from a provider without being signed in.
    SignInTrouble {
        /// It took too long, or another sign-in was begun meanwhile.
        Expired = "expired",
        /// The provider, or its user, said no.
        Refused = "refused",
        /// The provider does not answer.
        Unreachable = "unreachable",
        /// The provider's answer cannot be believed, or our settings do not fit to it.
        Failed = "failed",
        /// The provider tells no e-mail address.
        NoEmail = "no_email",
        /// The provider does not vouch for the e-mail address.
        EmailUnverified = "email_unverified",
        /// There is no such user, and none is created.
        Unknown = "unknown",
        /// The user with this address may not be linked, or is linked with somebody else.
        NotLinked = "not_linked",
        /// The user is suspended.
        Suspended = "suspended",
        /// There were too many tries.
        TooMany = "too_many",
        /// There is no such provider, or it is not enabled.
        NoProvider = "no_provider",
        /// The server cannot save right now.
        Unavailable = "unavailable",
    }
}

/// How one can sign in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInOptions {
    /// Whether everybody may use a password.
    pub passwords: bool,
    /// The providers that are enabled.
    pub providers: Vec<OfferedProvider>,
}

/// A provider as strangers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfferedProvider {
    /// Its id.
    pub id: ProviderId,
    /// What its button says.
    pub name: String,
}

/// All providers, and where the server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInProviders {
    /// Where browsers reach the server: [`redirect_url`] and [`logout_url`] begin with it.
    pub base_url: String,
    /// The providers.
    pub items: Vec<ProviderView>,
}

/// A provider. Its client secret is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderView {
    /// Its id.
    pub id: ProviderId,
    /// What its button says.
    pub name: String,
    /// Its issuer, a URL: where its discovery document is.
    pub issuer: String,
    /// As what Seatkeeper is known there.
    pub client_id: String,
    /// Whether a client secret is stored.
    pub has_secret: bool,
    /// What is asked for beside `openid`, with spaces between.
    pub scopes: String,
    /// Who is linked with the user of the same e-mail address.
    pub link_by_email: EmailLink,
    /// Whether users are created who are not known yet.
    pub create_users: bool,
    /// The claim with the names of groups of Seatkeeper that its user is put in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_claim: Option<String>,
    /// Whether it is asked to send its answer in a form (`response_mode=form_post`).
    #[serde(default)]
    pub form_post: bool,
    /// Whether one can sign in by it.
    pub enabled: bool,
    /// How many users are linked with it.
    pub users: i64,
    /// When somebody last signed in by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Adds a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProvider {
    /// Its id if it was chosen before, so that its addresses could be shown; drawn if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ProviderId>,
    /// What its button says.
    pub name: String,
    /// Its issuer: `https://`, or `http://` on this machine.
    pub issuer: String,
    /// As what Seatkeeper is known there.
    pub client_id: String,
    /// The client secret; absent for a public client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// What is asked for beside `openid`; `email profile` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<String>,
    /// Who is linked with the user of the same e-mail address; those with a verified one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_by_email: Option<EmailLink>,
    /// Whether users are created who are not known yet.
    #[serde(default)]
    pub create_users: bool,
    /// The claim with the names of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_claim: Option<String>,
    /// Whether it is asked to send its answer in a form (`response_mode=form_post`).
    #[serde(default)]
    pub form_post: bool,
    /// Whether one can sign in by it; yes if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Changes a provider; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeProvider {
    /// What its button says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its issuer. Who was linked with the one before stays linked with that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// As what Seatkeeper is known there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// A new client secret; an empty one removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// What is asked for beside `openid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<String>,
    /// Who is linked with the user of the same e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_by_email: Option<EmailLink>,
    /// Whether users are created who are not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_users: Option<bool>,
    /// The claim with the names of groups; an empty one is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_claim: Option<String>,
    /// Whether it is asked to send its answer in a form (`response_mode=form_post`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_post: Option<bool>,
    /// Whether one can sign in by it. Whoever did is signed out when that ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Who may sign in with a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInRules {
    /// Only the emergency access; everybody else signs in by a provider.
    pub providers_only: bool,
    /// The admin who may sign in with his password nevertheless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
}

/// The admin who may sign in with his password when everybody else has to use a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Emergency {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Whether he is an active admin with a password. If not, all admins may use theirs, so that nobody is locked out.
    pub works: bool,
}

/// Changes who may sign in with a password; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeSignInRules {
    /// Only the emergency access. Takes a provider that is enabled, and an emergency access that works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub providers_only: Option<bool>,
    /// An active admin with a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_user_id: Option<UserId>,
}

/// Where a provider sends browsers back to: to be entered there.
pub fn redirect_url(base: &str, provider: ProviderId) -> String {
    format!("{base}/auth/oidc/{provider}/callback")
}

/// Where a provider tells of sign-outs: to be entered there.
pub fn logout_url(base: &str, provider: ProviderId) -> String {
    format!("{base}/auth/oidc/{provider}/backchannel-logout")
}

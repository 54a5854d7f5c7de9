//! Findings about a sign-in provider, from its test and from sign-ins.

use crate::string_enum::string_enum;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The longest detail, in characters.
const MAX_DETAIL: usize = 300;

string_enum! {
    /// The code of a finding about a provider.
    FindingCode {
        /// No problem was found.
        Good = "good",
        /// The URL cannot be reached; the detail has the reason.
        Unreachable = "unreachable",
        /// The provider does not respond in time.
        TimedOut = "timed_out",
        /// The provider redirects to another URL, which is the detail.
        Redirects = "redirects",
        /// The provider responds with an HTTP error status, which is the detail.
        Status = "status",
        /// The response is too large.
        TooLarge = "too_large",
        /// The response is not a valid OpenID Connect Discovery document.
        NotUnderstood = "not_understood",
        /// The document names another issuer, which is the detail.
        WrongIssuer = "wrong_issuer",
        /// The provider has a private IP address, which is not allowed.
        PrivateAddress = "private_address",
        /// One of its URLs is not secure: not HTTPS, or on localhost.
        Insecure = "insecure",
        /// The provider publishes no keys for verifying its tokens.
        NoKeys = "no_keys",
        /// The provider does not support authorization codes.
        NoCodes = "no_codes",
        /// The provider does not accept the client id or its secret.
        ClientRefused = "client_refused",
        /// A hint only: the provider does not announce PKCE support.
        NoPkce = "no_pkce",
        /// A hint only: the provider does not announce one of the scopes, which is the detail.
        UnknownScope = "unknown_scope",
        /// A hint only: the provider does not announce back-channel logout.
        NoLogout = "no_logout",
        /// A sign-in was refused: the provider sent the browser back with an error, which is the detail.
        AnswerError = "answer_error",
        /// A sign-in was refused: the response names another issuer (RFC 9207).
        AnswerIssuer = "answer_issuer",
        /// A sign-in was refused: the provider rejected the code; the detail is its error.
        CodeRefused = "code_refused",
        /// A sign-in was refused: the response has no ID token.
        NoIdToken = "no_id_token",
        /// A sign-in was refused: the ID token or one of its claims is malformed.
        TokenMalformed = "token_malformed",
        /// A sign-in was refused: the signature algorithm of the ID token is not accepted.
        TokenAlgorithm = "token_algorithm",
        /// A sign-in was refused: the signature of the ID token matches none of the provider's keys.
        TokenSignature = "token_signature",
        /// A sign-in was refused: the ID token is from another issuer.
        TokenIssuer = "token_issuer",
        /// A sign-in was refused: the ID token is for another client.
        TokenAudience = "token_audience",
        /// A sign-in was refused: the ID token was requested by another client, or names several audiences and no
        /// such client.
        TokenParty = "token_party",
        /// A sign-in was refused: the ID token belongs to another sign-in.
        TokenNonce = "token_nonce",
        /// A sign-in was refused: the ID token has expired.
        TokenExpired = "token_expired",
        /// A sign-in was refused: the ID token was issued in the future.
        TokenIssuedAt = "token_issued_at",
        /// A sign-in was refused: the ID token is not valid yet.
        TokenNotBefore = "token_not_before",
        /// A sign-in was refused: there is no e-mail address.
        EmailMissing = "email_missing",
        /// A sign-in was refused: the provider does not confirm the e-mail address.
        EmailUnverified = "email_unverified",
        /// A sign-in was refused: no user has this address, and users are not created automatically.
        UserUnknown = "user_unknown",
        /// A sign-in was refused: the user with this address may not be linked, or is linked to another identity.
        UserNotLinked = "user_not_linked",
        /// A hint only: the group claim is absent; the groups stayed unchanged.
        GroupsMissing = "groups_missing",
        /// A hint only: the group claim is not a list of names; the groups stayed unchanged.
        GroupsMalformed = "groups_malformed",
        /// A hint only: the user has more groups than the provider puts into a token; the groups stayed unchanged.
        GroupsOverage = "groups_overage",
    }
}

impl FindingCode {
    /// Whether it prevents signing in.
    pub const fn is_fatal(self) -> bool {
        !matches!(
            self,
            Self::Good
                | Self::NoPkce
                | Self::UnknownScope
                | Self::NoLogout
                | Self::GroupsMissing
                | Self::GroupsMalformed
                | Self::GroupsOverage
        )
    }

    /// The claim, header or parameter concerned.
    pub const fn claim(self) -> Option<&'static str> {
        Some(match self {
            Self::WrongIssuer => "issuer",
            Self::AnswerError | Self::CodeRefused => "error",
            Self::AnswerIssuer | Self::TokenIssuer => "iss",
            Self::NoIdToken => "id_token",
            Self::TokenAlgorithm => "alg",
            Self::TokenSignature => "kid",
            Self::TokenAudience => "aud",
            Self::TokenParty => "azp",
            Self::TokenNonce => "nonce",
            Self::TokenExpired => "exp",
            Self::TokenIssuedAt => "iat",
            Self::TokenNotBefore => "nbf",
            Self::EmailMissing | Self::UserUnknown => "email",
            Self::EmailUnverified => "email_verified",
            Self::UserNotLinked => "sub",
            _ => return None,
        })
    }

    /// The setting to check: a field of a [provider](super::providers::ProviderView), `clock` for the clocks of both
    /// servers, or the standard's name of the setting at the provider.
    pub const fn setting(self) -> Option<&'static str> {
        Some(match self {
            Self::Good | Self::NoPkce | Self::AnswerError => return None,
            Self::ClientRefused => "client_secret",
            Self::PrivateAddress => "--allow-private-addresses",
            Self::CodeRefused | Self::AnswerIssuer => "redirect_uri",
            Self::NoIdToken | Self::EmailMissing | Self::UnknownScope => "scopes",
            Self::TokenAlgorithm => "id_token_signed_response_alg",
            Self::TokenAudience | Self::TokenParty | Self::TokenNonce => "client_id",
            Self::TokenExpired | Self::TokenIssuedAt | Self::TokenNotBefore => "clock",
            Self::EmailUnverified | Self::UserNotLinked => "link_by_email",
            Self::UserUnknown => "create_users",
            Self::GroupsMissing | Self::GroupsMalformed | Self::GroupsOverage => "group_claim",
            Self::NoLogout => "backchannel_logout_uri",
            _ => "issuer",
        })
    }
}

/// The result of testing a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderTest {
    /// Whether users can sign in, as far as the test can tell.
    pub good: bool,
    /// The findings, the most severe first.
    pub findings: Vec<Finding>,
    /// The findings of sign-ins since the provider was last changed, the newest first.
    #[serde(default)]
    pub sign_ins: Vec<SignInFinding>,
}

/// A finding of sign-ins with a provider: why they were refused, or why groups stayed unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInFinding {
    /// The finding, as of the last time.
    pub finding: Finding,
    /// The number of occurrences.
    pub times: i64,
    /// When it last occurred.
    pub last_at: DateTime<Utc>,
}

/// A finding about a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// The code of the finding.
    pub code: FindingCode,
    /// The claim, header or parameter concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The setting to check: a field of the provider here, `clock`, or a setting at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// Details, such as a URL, a status or an error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Finding {
    /// Creates a finding with the claim and the setting of its code. The detail, often text from outside, is shortened
    /// and stripped of control characters.
    pub fn new(code: FindingCode, detail: Option<String>) -> Self {
        let text = |word: Option<&str>| word.map(str::to_owned);
        let detail = detail.map(|detail| detail.chars().filter(|c| !c.is_control()).take(MAX_DETAIL).collect());
        Self { code, claim: text(code.claim()), setting: text(code.setting()), detail }
    }

    /// Sets the claim of a finding whose code does not imply one.
    #[must_use]
    pub fn about_claim(self, claim: &str) -> Self {
        Self { claim: Some(claim.to_owned()), ..self }
    }
}

//! What is found of a provider: by its test, and in sign-ins by it.

use crate::named::named;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The most characters of a detail.
const MAX_DETAIL: usize = 300;

named! {
    /// What the test of a provider found.
    FindingCode {
        /// All is well.
        Good = "good",
        /// The address cannot be reached; the detail says why.
        Unreachable = "unreachable",
        /// It takes too long to answer.
        TimedOut = "timed_out",
        /// It sends to another address, which is the detail.
        Redirects = "redirects",
        /// It answers with this HTTP status.
        Status = "status",
        /// It answers with more than is read.
        TooLarge = "too_large",
        /// Its answer is not what OpenID Connect Discovery asks for.
        NotUnderstood = "not_understood",
        /// It calls itself by another issuer, which is the detail.
        WrongIssuer = "wrong_issuer",
        /// It is at an address that is not public, and not allowed either.
        PrivateAddress = "private_address",
        /// One of its addresses is not safe: not HTTPS, or on this machine.
        Insecure = "insecure",
        /// It has no keys by which its tokens could be checked.
        NoKeys = "no_keys",
        /// It does not give out authorization codes.
        NoCodes = "no_codes",
        /// It does not know the client, or its secret is wrong.
        ClientRefused = "client_refused",
        /// A hint only: it does not say that it knows PKCE.
        NoPkce = "no_pkce",
        /// A hint only: it does not say that it knows one of the scopes, which is the detail.
        UnknownScope = "unknown_scope",
        /// A hint only: it does not say that it tells of sign-outs.
        NoLogout = "no_logout",
        /// A sign-in was refused: the provider sent the browser back with an error, which is the detail.
        AnswerError = "answer_error",
        /// A sign-in was refused: the answer names another issuer (RFC 9207).
        AnswerIssuer = "answer_issuer",
        /// A sign-in was refused: the provider does not exchange the code; the detail is its error.
        CodeRefused = "code_refused",
        /// A sign-in was refused: there is no ID token in the answer.
        NoIdToken = "no_id_token",
        /// A sign-in was refused: the ID token or one of its claims is malformed.
        TokenMalformed = "token_malformed",
        /// A sign-in was refused: the ID token is signed in a way that is not accepted.
        TokenAlgorithm = "token_algorithm",
        /// A sign-in was refused: the signature of the ID token does not fit any of the provider's keys.
        TokenSignature = "token_signature",
        /// A sign-in was refused: the ID token is of another issuer.
        TokenIssuer = "token_issuer",
        /// A sign-in was refused: the ID token is for another client.
        TokenAudience = "token_audience",
        /// A sign-in was refused: the ID token was requested by another client, or names several audiences and no
        /// such client.
        TokenParty = "token_party",
        /// A sign-in was refused: the ID token was made for another sign-in.
        TokenNonce = "token_nonce",
        /// A sign-in was refused: the ID token has expired.
        TokenExpired = "token_expired",
        /// A sign-in was refused: the ID token was issued in the future.
        TokenIssuedAt = "token_issued_at",
        /// A sign-in was refused: the ID token does not count yet.
        TokenNotBefore = "token_not_before",
        /// A sign-in was refused: no e-mail address.
        EmailMissing = "email_missing",
        /// A sign-in was refused: the provider does not vouch for the e-mail address.
        EmailUnverified = "email_unverified",
        /// A sign-in was refused: nobody here has this address, and nobody is created.
        UserUnknown = "user_unknown",
        /// A sign-in was refused: whoever has this address may not be linked, or is linked with somebody else.
        UserNotLinked = "user_not_linked",
        /// A hint only: the group claim is absent; the groups stayed as they were.
        GroupsMissing = "groups_missing",
        /// A hint only: the group claim is not a list of names; the groups stayed as they were.
        GroupsMalformed = "groups_malformed",
        /// A hint only: the provider has more groups than it puts into a token; the groups stayed as they were.
        GroupsOverage = "groups_overage",
    }
}

impl FindingCode {
    /// Whether nobody can sign in because of it.
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

    /// The claim, header or parameter that it is about.
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

    /// The setting to look at: a field of a [provider](super::providers::ProviderView), `clock` for the clocks of
    /// both servers, or what the standard calls the setting at the provider.
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

/// What the test of a provider found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderTest {
    /// Whether one can sign in by it, as far as can be seen from here.
    pub good: bool,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// What was found in sign-ins since the provider was last changed, the newest first.
    #[serde(default)]
    pub sign_ins: Vec<SignInFinding>,
}

/// What was found in sign-ins by a provider: why somebody was refused, or why groups were left as they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInFinding {
    /// What, the last time.
    pub finding: Finding,
    /// How often.
    pub times: i64,
    /// When it was last found.
    pub last_at: DateTime<Utc>,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// The claim, header or parameter that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The setting to look at: a field of the provider here, `clock`, or a setting at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// What exactly: an address, a status, a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Finding {
    /// A finding, with the claim and the setting that its code is about. The detail, which is often what a stranger
    /// says, is shortened.
    pub fn new(code: FindingCode, detail: Option<String>) -> Self {
        let text = |word: Option<&str>| word.map(str::to_owned);
        let detail = detail.map(|detail| detail.chars().filter(|c| !c.is_control()).take(MAX_DETAIL).collect());
        Self { code, claim: text(code.claim()), setting: text(code.setting()), detail }
    }

    /// The finding about a claim that its code does not know by name.
    #[must_use]
    pub fn about_claim(self, claim: &str) -> Self {
        Self { claim: Some(claim.to_owned()), ..self }
    }
}

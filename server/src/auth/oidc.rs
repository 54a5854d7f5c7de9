//! Signing in by OpenID Connect: authorization code with PKCE, state and nonce.
//!
//! [`flow`] remembers in a cookie what a browser left with; [`known`] knows what a provider says of itself;
//! [`exchange`] turns the code with which the browser comes back into who it is, after [`id_token`] has checked what
//! proves it; [`group_claim`] reads what it says of groups; [`admit`] decides who that is here; [`refusal`] says why
//! nobody is; [`logout`] hears of sign-outs; [`probe`] tells an admin what is wrong.

pub mod admit;
pub mod exchange;
pub mod fetch;
pub mod flow;
pub mod group_claim;
pub mod id_token;
pub mod known;
pub mod logout;
pub mod probe;
pub mod refusal;

pub use known::Known;

use chrono::TimeDelta;
use openidconnect::{
    AdditionalClaims, Client, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken,
    IdTokenFields, ProviderMetadata, StandardErrorResponse, StandardTokenResponse, core,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// By how much the clock of a provider may differ from ours, for every time in a token.
pub const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// The claims that have no name in the standard, as groups.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MoreClaims {
    /// By their names.
    #[serde(flatten)]
    pub all: HashMap<String, serde_json::Value>,
}

impl AdditionalClaims for MoreClaims {}

/// What a provider may say of itself beyond OpenID Connect Discovery 1.0.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MoreMetadata {
    /// RFC 8414: the methods of PKCE.
    #[serde(default)]
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// OpenID Connect Back-Channel Logout 1.0.
    #[serde(default)]
    pub backchannel_logout_supported: Option<bool>,
}

impl openidconnect::AdditionalProviderMetadata for MoreMetadata {}

/// What a provider says of itself, with its keys.
pub type Metadata = ProviderMetadata<
    MoreMetadata,
    core::CoreAuthDisplay,
    core::CoreClientAuthMethod,
    core::CoreClaimName,
    core::CoreClaimType,
    core::CoreGrantType,
    core::CoreJweContentEncryptionAlgorithm,
    core::CoreJweKeyManagementAlgorithm,
    core::CoreJsonWebKey,
    core::CoreResponseMode,
    core::CoreResponseType,
    core::CoreSubjectIdentifierType,
>;

/// An ID token.
pub type Token =
    IdToken<MoreClaims, core::CoreGenderClaim, core::CoreJweContentEncryptionAlgorithm, core::CoreJwsSigningAlgorithm>;

/// What a provider answers to a code.
pub type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        MoreClaims,
        EmptyExtraTokenFields,
        core::CoreGenderClaim,
        core::CoreJweContentEncryptionAlgorithm,
        core::CoreJwsSigningAlgorithm,
    >,
    core::CoreTokenType,
>;

/// Seatkeeper as the client of a provider.
pub type Party = Client<
    MoreClaims,
    core::CoreAuthDisplay,
    core::CoreGenderClaim,
    core::CoreJweContentEncryptionAlgorithm,
    core::CoreJsonWebKey,
    core::CoreAuthPrompt,
    StandardErrorResponse<core::CoreErrorResponseType>,
    TokenAnswer,
    core::CoreTokenIntrospectionResponse,
    core::CoreRevocableToken,
    core::CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The signatures that are believed: those for which the provider alone has the key.
pub const SIGNATURES: [core::CoreJwsSigningAlgorithm; 9] = [
    core::CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    core::CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    core::CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    core::CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    core::CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    core::CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    core::CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    core::CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    core::CoreJwsSigningAlgorithm::EdDsa,
];

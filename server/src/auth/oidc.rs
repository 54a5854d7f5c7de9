//! Sign-in by OpenID Connect: authorization code flow with PKCE, state and nonce.
//!
//! [`authorization`] keeps the state of a pending authorization in a cookie; [`discovery_cache`] reads and caches
//! provider metadata; [`exchange`] exchanges the code for the user's identity, whose ID token [`id_token`] verifies;
//! [`group_claim`] reads the groups; [`account_linking`] finds, links or creates the user; [`refusal`] describes failed
//! sign-ins; [`logout`] handles back-channel logout; [`probe`] checks a provider's configuration for an admin.

pub mod account_linking;
pub mod authorization;
pub mod discovery_cache;
pub mod exchange;
pub mod group_claim;
pub mod http_client;
pub mod id_token;
pub mod logout;
pub mod probe;
pub mod refusal;

pub use discovery_cache::DiscoveryCache;

use crate::{clock::Random, journal::Journal, secrets::Keyring};
use chrono::TimeDelta;
use openidconnect::{
    AdditionalClaims, Client, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken,
    IdTokenFields, ProviderMetadata, StandardErrorResponse, StandardTokenResponse, core,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, ops::Deref};

/// What signs users in by providers. Clones share all.
#[derive(Clone)]
pub struct Oidc {
    pub journal: Journal,
    pub random: Random,
    /// Decrypts the client secrets.
    pub keyring: Keyring,
    /// The metadata of providers.
    pub metadata: DiscoveryCache,
}

impl Deref for Oidc {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}

/// The accepted difference between a provider's clock and ours, for all times in tokens.
pub const CLOCK_LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Claims that the standard does not define, such as groups.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ExtraClaims {
    #[serde(flatten)]
    pub all: HashMap<String, serde_json::Value>,
}

impl AdditionalClaims for ExtraClaims {}

/// Provider metadata beyond OpenID Connect Discovery 1.0.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ExtraMetadata {
    /// RFC 8414: the supported PKCE methods.
    #[serde(default)]
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// OpenID Connect Back-Channel Logout 1.0.
    #[serde(default)]
    pub backchannel_logout_supported: Option<bool>,
}

impl openidconnect::AdditionalProviderMetadata for ExtraMetadata {}

/// A provider's metadata, with its keys.
pub type Metadata = ProviderMetadata<
    ExtraMetadata,
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
    IdToken<ExtraClaims, core::CoreGenderClaim, core::CoreJweContentEncryptionAlgorithm, core::CoreJwsSigningAlgorithm>;

/// The response of the token endpoint.
pub type CodeTokenResponse = StandardTokenResponse<
    IdTokenFields<
        ExtraClaims,
        EmptyExtraTokenFields,
        core::CoreGenderClaim,
        core::CoreJweContentEncryptionAlgorithm,
        core::CoreJwsSigningAlgorithm,
    >,
    core::CoreTokenType,
>;

/// Seatkeeper as a client of the provider.
pub type RelyingParty = Client<
    ExtraClaims,
    core::CoreAuthDisplay,
    core::CoreGenderClaim,
    core::CoreJweContentEncryptionAlgorithm,
    core::CoreJsonWebKey,
    core::CoreAuthPrompt,
    StandardErrorResponse<core::CoreErrorResponseType>,
    CodeTokenResponse,
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

/// The accepted signature algorithms: only asymmetric ones, for which the provider alone has the private key.
pub const ACCEPTED_SIGNATURE_ALGORITHMS: [core::CoreJwsSigningAlgorithm; 9] = [
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

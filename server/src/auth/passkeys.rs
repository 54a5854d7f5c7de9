//! Passkeys (WebAuthn level 3): registration and authentication ceremonies, verified by the crate `webauthn_rp`. Only
//! passkeys with user verification (fingerprint, face or PIN) are accepted: they are two factors by themselves.
//!
//! The crate takes challenges and its timeout of five minutes from the system's randomness and clock, not from the
//! app's.

use crate::store::passkeys::{Ceremony, StoredPasskey};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use seatkeeper_shared::ids::UserId;
use serde_json::Value;
use std::net::IpAddr;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication16, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
    bin::{Decode as _, Encode as _},
    request::{
        AsciiDomain, ExtensionInfo, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{
            CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle16,
            Username,
        },
    },
    response::{
        AuthTransports, CredentialId,
        register::{DynamicState, StaticState},
    },
};

/// Why a ceremony failed. The cause was logged where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// Browsers have no passkeys at IP addresses.
    #[error("the page has no host name")]
    NoHostName,
    /// The response is malformed, or does not belong to this ceremony, site and passkey.
    #[error("the passkey was refused")]
    Refused,
    #[error("the options of a ceremony could not be created")]
    NoOptions,
}

/// The relying party: the origin of the page and the domain that passkeys belong to.
pub struct Site {
    origin: String,
    domain: RpId,
}

impl Site {
    /// The site from the `Origin` header. Pages cannot forge it, and the CSRF check has already verified that it is
    /// this server's.
    ///
    /// # Errors
    /// Returns an error at IP addresses.
    pub fn of(public_url: Option<&str>, headers: &HeaderMap) -> Result<Self, PasskeyError> {
        let said = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let origin = said.or(public_url).map(|url| url.trim_end_matches('/').to_ascii_lowercase());
        let site = origin.and_then(|origin| {
            let domain = AsciiDomain::try_from(host(&origin)?.to_owned()).ok()?;
            Some(Self { origin, domain: RpId::Domain(domain) })
        });
        site.ok_or(PasskeyError::NoHostName)
    }
}

/// The host name of an origin; `None` for IP addresses.
fn host(origin: &str) -> Option<&str> {
    let (_, host) = origin.split_once("://")?;
    let name = host.split(['/', ':']).next().filter(|name| !name.is_empty() && !name.starts_with('['))?;
    name.parse::<IpAddr>().is_err().then_some(name)
}

/// Starts the registration of a passkey for this user. `known` are the ids of existing passkeys, whose authenticators
/// refuse to create another.
///
/// # Errors
/// Returns an error if the options cannot be created.
pub fn start_registration(
    site: &Site,
    user: UserId,
    name: &str,
    email: &str,
    known: &[String],
) -> Result<Ceremony, PasskeyError> {
    let Ok(handle) = UserHandle16::decode(*user.0.as_bytes());
    let entity = PublicKeyCredentialUserEntity {
        name: Username::try_from(email).or_else(|_| Username::try_from("user")).map_err(no_options)?,
        id: &handle,
        display_name: Nickname::try_from(name).ok(),
    };
    let exclude = known.iter().filter_map(|id| {
        let id = CredentialId::<Vec<u8>>::decode(BASE64.decode(id).ok()?).ok()?;
        Some(PublicKeyCredentialDescriptor { id, transports: AuthTransports::decode(0).ok()? })
    });
    let mut options = PublicKeyCredentialCreationOptions::passkey(&site.domain, entity, exclude.collect());
    // Requested, not required: many authenticators do not support it and would fail to create a passkey.
    options.extensions.cred_protect = CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
    let (state, client) = options.start_ceremony().map_err(no_options)?;
    Ok(Ceremony {
        challenge: format_challenge(client.options().challenge.as_data()),
        state: BASE64.encode(state.encode().map_err(no_options)?),
        options: serde_json::to_value(&client).map_err(no_options)?,
    })
}

/// Starts an authentication with any passkey for this site.
///
/// # Errors
/// Returns an error if the options cannot be created.
pub fn start_authentication(site: &Site) -> Result<Ceremony, PasskeyError> {
    let (state, client) =
        DiscoverableCredentialRequestOptions::passkey(&site.domain).start_ceremony().map_err(no_options)?;
    Ok(Ceremony {
        challenge: format_challenge(client.options().0.challenge.as_data()),
        state: BASE64.encode(state.encode().map_err(no_options)?),
        options: serde_json::to_value(&client).map_err(no_options)?,
    })
}

/// A browser's response to [`start_registration`].
pub struct RegistrationResponse(Registration);

impl RegistrationResponse {
    /// Parses the JSON of the response.
    ///
    /// # Errors
    /// Returns an error if it is malformed.
    pub fn parse(credential: &Value) -> Result<Self, PasskeyError> {
        Registration::from_json_relaxed(credential.to_string().as_bytes()).map(Self).map_err(refused)
    }

    /// The challenge of the ceremony, in hexadecimal.
    ///
    /// # Errors
    /// Returns an error if the response has none.
    pub fn challenge(&self) -> Result<String, PasskeyError> {
        self.0.challenge_relaxed().map(|challenge| format_challenge(challenge.0)).map_err(refused)
    }

    /// Verifies the response and returns the new passkey.
    ///
    /// # Errors
    /// Returns an error if the response does not belong to this ceremony and site.
    pub fn verify(&self, site: &Site, state: &str) -> Result<StoredPasskey, PasskeyError> {
        let state = BASE64.decode(state).map_err(refused)?;
        let state = RegistrationServerState::<16>::decode(&state).map_err(refused)?;
        let options = RegistrationVerificationOptions::<'_, '_, _, &str> {
            allowed_origins: &[site.origin.as_str()],
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let registered = state.verify(&site.domain, &self.0, &options).map_err(refused)?;
        let (Ok(key), Ok(state)) = (registered.static_state().encode(), registered.dynamic_state().encode());
        Ok(StoredPasskey {
            credential: BASE64.encode(registered.id().into_inner()),
            key: BASE64.encode(key),
            state: BASE64.encode(state),
        })
    }
}

/// A browser's response to [`start_authentication`].
pub struct AuthenticationResponse(DiscoverableAuthentication16);

impl AuthenticationResponse {
    /// Parses the JSON of the response.
    ///
    /// # Errors
    /// Returns an error if it is malformed.
    pub fn parse(credential: &Value) -> Result<Self, PasskeyError> {
        DiscoverableAuthentication16::from_json_relaxed(credential.to_string().as_bytes()).map(Self).map_err(refused)
    }

    /// The challenge of the ceremony, in hexadecimal.
    ///
    /// # Errors
    /// Returns an error if the response has none.
    pub fn challenge(&self) -> Result<String, PasskeyError> {
        self.0.challenge_relaxed().map(|challenge| format_challenge(challenge.0)).map_err(refused)
    }

    /// The credential id, in base64url.
    pub fn credential_id(&self) -> String {
        BASE64.encode(self.0.raw_id().into_inner())
    }

    /// Verifies that this passkey of this user signed the challenge at this site, and returns its new dynamic state.
    ///
    /// # Errors
    /// Returns an error if the verification fails.
    pub fn verify(
        &self,
        site: &Site,
        state: &str,
        user: UserId,
        passkey: &StoredPasskey,
    ) -> Result<String, PasskeyError> {
        let state = BASE64.decode(state).map_err(refused)?;
        let state = DiscoverableAuthenticationServerState::decode(&state).map_err(refused)?;
        let key = StaticState::decode(&BASE64.decode(&passkey.key).map_err(refused)?).map_err(refused)?;
        let dynamic = BASE64
            .decode(&passkey.state)
            .map_err(refused)?
            .try_into()
            .map_err(|_| refused("invalid length of the dynamic state"))?;
        let dynamic = DynamicState::decode(dynamic).map_err(refused)?;
        let Ok(handle) = UserHandle16::decode(*user.0.as_bytes());
        let mut authenticated =
            AuthenticatedCredential::new(self.0.raw_id(), &handle, key, dynamic).map_err(refused)?;
        let options = AuthenticationVerificationOptions::<'_, '_, _, &str> {
            allowed_origins: &[site.origin.as_str()],
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        state.verify(&site.domain, &self.0, &mut authenticated, &options).map_err(refused)?;
        let Ok(state) = authenticated.dynamic_state().encode();
        Ok(BASE64.encode(state))
    }
}

fn format_challenge(challenge: u128) -> String {
    format!("{challenge:032x}")
}

fn refused(why: impl std::fmt::Display) -> PasskeyError {
    tracing::debug!(error = %why, "passkey refused");
    PasskeyError::Refused
}

fn no_options(why: impl std::fmt::Display) -> PasskeyError {
    tracing::error!(error = %why, "passkey ceremony could not be started");
    PasskeyError::NoOptions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_host_name() {
        for (origin, name) in [
            ("https://seats.example.org", Some("seats.example.org")),
            ("http://localhost:8080", Some("localhost")),
            ("http://127.0.0.1:8080", None),
            ("https://[::1]:8080", None),
            ("null", None),
            ("https://", None),
        ] {
            assert_eq!(host(origin), name, "{origin}");
        }
    }
}

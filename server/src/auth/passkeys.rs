//! Passkeys (WebAuthn level 3): what browsers are asked to sign, and whether they signed it. The checks are those of the crate
//! `webauthn_rp`. Only passkeys that ask who holds them (by finger, face or PIN) are taken: they are two factors by themselves.
//!
//! The crate takes challenges and its five minutes from chance and clock of the machine, not from ours.

use crate::{app::App, http::problem::Fail};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use seatkeeper_shared::{ids::UserId, problem::Code};
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

/// Where the browser is: passkeys belong to a domain.
pub struct Site {
    origin: String,
    domain: RpId,
}

impl Site {
    /// The site that a browser says it is at. It cannot lie about that, and that it is ours is checked before any handler runs.
    ///
    /// # Errors
    /// `no_passkeys` where browsers have none: at IP addresses.
    pub fn of(app: &App, headers: &HeaderMap) -> Result<Self, Fail> {
        let said = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let origin = said.or(app.public_url.as_deref()).map(|url| url.trim_end_matches('/').to_ascii_lowercase());
        let site = origin.and_then(|origin| {
            let domain = AsciiDomain::try_from(host(&origin)?.to_owned()).ok()?;
            Some(Self { origin, domain: RpId::Domain(domain) })
        });
        site.ok_or_else(|| Fail::code(Code::NoPasskeys))
    }
}

/// The name of the host in an origin, if it has one.
fn host(origin: &str) -> Option<&str> {
    let (_, host) = origin.split_once("://")?;
    let name = host.split(['/', ':']).next().filter(|name| !name.is_empty() && !name.starts_with('['))?;
    name.parse::<IpAddr>().is_err().then_some(name)
}

/// What a browser is asked, and what has to be known when it answers.
pub struct Asked {
    /// By what the answer is known.
    pub challenge: String,
    /// What has to be known then.
    pub state: String,
    /// What the browser gets.
    pub options: Value,
}

/// Asks for a new passkey of this user, on none of the devices that have one of these already.
///
/// # Errors
/// A fault of ours.
pub fn ask_for_new(site: &Site, user: UserId, name: &str, email: &str, known: &[String]) -> Result<Asked, Fail> {
    let Ok(handle) = UserHandle16::decode(*user.0.as_bytes());
    let entity = PublicKeyCredentialUserEntity {
        name: Username::try_from(email).or_else(|_| Username::try_from("user")).map_err(fault)?,
        id: &handle,
        display_name: Nickname::try_from(name).ok(),
    };
    let exclude = known.iter().filter_map(|id| {
        let id = CredentialId::<Vec<u8>>::decode(BASE64.decode(id).ok()?).ok()?;
        Some(PublicKeyCredentialDescriptor { id, transports: AuthTransports::decode(0).ok()? })
    });
    let mut options = PublicKeyCredentialCreationOptions::passkey(&site.domain, entity, exclude.collect());
    // Wished for, not demanded: many devices know no such protection and would make no passkey at all.
    options.extensions.cred_protect = CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
    let (state, client) = options.start_ceremony().map_err(fault)?;
    Ok(Asked {
        challenge: written(client.options().challenge.as_data()),
        state: BASE64.encode(state.encode().map_err(fault)?),
        options: serde_json::to_value(&client).map_err(fault)?,
    })
}

/// Asks for any passkey for this site.
///
/// # Errors
/// A fault of ours.
pub fn ask_for_any(site: &Site) -> Result<Asked, Fail> {
    let (state, client) =
        DiscoverableCredentialRequestOptions::passkey(&site.domain).start_ceremony().map_err(fault)?;
    Ok(Asked {
        challenge: written(client.options().0.challenge.as_data()),
        state: BASE64.encode(state.encode().map_err(fault)?),
        options: serde_json::to_value(&client).map_err(fault)?,
    })
}

/// A passkey as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// By what the authenticator knows it.
    pub credential: String,
    /// Its public key.
    pub key: String,
    /// What changes when it is used.
    pub state: String,
}

/// What a browser answered to [`ask_for_new`].
pub struct Made(Registration);

impl Made {
    /// Reads it.
    ///
    /// # Errors
    /// `passkey_refused`: it is no such answer.
    pub fn read(credential: &Value) -> Result<Self, Fail> {
        Registration::from_json_relaxed(credential.to_string().as_bytes()).map(Self).map_err(refused)
    }

    /// By what the question is known.
    ///
    /// # Errors
    /// `passkey_refused`.
    pub fn challenge(&self) -> Result<String, Fail> {
        self.0.challenge_relaxed().map(|challenge| written(challenge.0)).map_err(refused)
    }

    /// The passkey, if the answer is one to this question at this site.
    ///
    /// # Errors
    /// `passkey_refused`.
    pub fn check(&self, site: &Site, state: &str) -> Result<Stored, Fail> {
        let state = BASE64.decode(state).map_err(refused)?;
        let state = RegistrationServerState::<16>::decode(&state).map_err(refused)?;
        let options = RegistrationVerificationOptions::<'_, '_, _, &str> {
            allowed_origins: &[site.origin.as_str()],
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = state.verify(&site.domain, &self.0, &options).map_err(refused)?;
        let (Ok(key), Ok(state)) = (made.static_state().encode(), made.dynamic_state().encode());
        Ok(Stored {
            credential: BASE64.encode(made.id().into_inner()),
            key: BASE64.encode(key),
            state: BASE64.encode(state),
        })
    }
}

/// What a browser answered to [`ask_for_any`].
pub struct Shown(DiscoverableAuthentication16);

impl Shown {
    /// Reads it.
    ///
    /// # Errors
    /// `passkey_refused`: it is no such answer.
    pub fn read(credential: &Value) -> Result<Self, Fail> {
        DiscoverableAuthentication16::from_json_relaxed(credential.to_string().as_bytes()).map(Self).map_err(refused)
    }

    /// By what the question is known.
    ///
    /// # Errors
    /// `passkey_refused`.
    pub fn challenge(&self) -> Result<String, Fail> {
        self.0.challenge_relaxed().map(|challenge| written(challenge.0)).map_err(refused)
    }

    /// By what the authenticator knows the passkey.
    pub fn credential(&self) -> String {
        BASE64.encode(self.0.raw_id().into_inner())
    }

    /// What has to be stored from now on, if this passkey of this user signed the question at this site.
    ///
    /// # Errors
    /// `passkey_refused`.
    pub fn check(&self, site: &Site, state: &str, user: UserId, passkey: &Stored) -> Result<String, Fail> {
        let state = BASE64.decode(state).map_err(refused)?;
        let state = DiscoverableAuthenticationServerState::decode(&state).map_err(refused)?;
        let key = StaticState::decode(&BASE64.decode(&passkey.key).map_err(refused)?).map_err(refused)?;
        let known = BASE64.decode(&passkey.state).map_err(refused)?.try_into().map_err(|_| refused("its length"))?;
        let known = DynamicState::decode(known).map_err(refused)?;
        let Ok(handle) = UserHandle16::decode(*user.0.as_bytes());
        let mut held = AuthenticatedCredential::new(self.0.raw_id(), &handle, key, known).map_err(refused)?;
        let options = AuthenticationVerificationOptions::<'_, '_, _, &str> {
            allowed_origins: &[site.origin.as_str()],
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        state.verify(&site.domain, &self.0, &mut held, &options).map_err(refused)?;
        let Ok(state) = held.dynamic_state().encode();
        Ok(BASE64.encode(state))
    }
}

fn written(challenge: u128) -> String {
    format!("{challenge:032x}")
}

fn refused(why: impl std::fmt::Display) -> Fail {
    tracing::debug!(%why, "a passkey was refused");
    Fail::code(Code::PasskeyRefused)
}

fn fault(why: impl std::fmt::Display) -> Fail {
    tracing::error!(%why, "no passkey can be asked for");
    Fail::code(Code::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name() {
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

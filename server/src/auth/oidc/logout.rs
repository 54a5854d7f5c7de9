//! Handles back-channel logout (OpenID Connect Back-Channel Logout 1.0): ends the browser sessions of a user who signed
//! out at the provider.

use super::{ACCEPTED_SIGNATURE_ALGORITHMS, CLOCK_LEEWAY, Metadata};
use crate::{
    auth::oidc::Oidc,
    db::{DbError, Tx},
    events::Event,
    seats::Actor,
    store::{oidc_identities, providers::Provider},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    JsonWebKey as _, JsonWebKeyAlgorithm, JsonWebKeyUse as _, JwsSigningAlgorithm as _, core::CoreJwsSigningAlgorithm,
};
use seatkeeper_shared::{
    audit::{EventData, Origin},
    ids::UserId,
};
use serde::Deserialize;
use serde_json::Value;
use std::net::IpAddr;

/// The member of the `events` claim that identifies a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const MAX_TOKEN_AGE: TimeDelta = TimeDelta::minutes(10);

/// Why a logout token was not processed.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// The token is invalid, for this reason.
    #[error("{0}")]
    Invalid(&'static str),
    /// The provider's keys are not available.
    #[error("the provider's keys cannot be read")]
    NoKeys,
    /// The logout could not be saved.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The claims of a logout token.
#[derive(Debug, Deserialize)]
struct LogoutClaims {
    iss: String,
    aud: Value,
    iat: i64,
    jti: String,
    #[serde(default)]
    exp: Option<i64>,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    nonce: Option<Value>,
    events: Value,
}

#[derive(Deserialize)]
struct JwsHeader {
    alg: CoreJwsSigningAlgorithm,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

/// Verifies a logout token and ends the browser sessions that it names. Returns the number of affected users. A token
/// can be used only once.
///
/// # Errors
/// See [`LogoutError`].
pub async fn handle_logout_token(
    oidc: &Oidc,
    provider: &Provider,
    token: &str,
    from: IpAddr,
) -> Result<usize, LogoutError> {
    let (now, issuer) = (oidc.clock.now(), &provider.settings.issuer);
    let token = SignedToken::of(token)?;
    let metadata = oidc.metadata.get(issuer, now).await.map_err(|_| LogoutError::NoKeys)?;
    let mut is_valid = token.is_signed_by(&metadata);
    if !is_valid {
        let newer = oidc.metadata.refresh(issuer, now).await.map_err(|_| LogoutError::NoKeys)?;
        is_valid = token.is_signed_by(&newer);
    }
    if !is_valid {
        return Err(LogoutError::Invalid("the signature is invalid"));
    }
    let claims = token.claims()?;
    claims.check(provider, now)?;
    let mut tx = oidc.db.begin().await?;
    if !oidc_identities::record_logout_token(&mut tx, issuer, &claims.jti, now, now + MAX_TOKEN_AGE + CLOCK_LEEWAY)
        .await?
    {
        return Err(LogoutError::Invalid("the token was used before"));
    }
    let users = end_sessions(&mut tx, provider, &claims).await?;
    let name = Some(provider.settings.name.clone());
    let actor = Actor { id: None, name, origin: Origin::Api, address: Some(from.to_canonical()) };
    let events = sign_out_events(&mut tx, &actor, &users).await?;
    oidc.commit(tx, &events).await?;
    Ok(users.len())
}

async fn end_sessions(tx: &mut Tx, provider: &Provider, claims: &LogoutClaims) -> Result<Vec<UserId>, DbError> {
    match (&claims.sub, &claims.sid) {
        (Some(subject), session) => {
            let subject = (provider.settings.issuer.as_str(), subject.as_str());
            oidc_identities::end_subject(tx, provider.id, subject, session.as_deref()).await
        }
        (None, Some(session)) => oidc_identities::end_session(tx, provider.id, session).await,
        (None, None) => Ok(Vec::new()),
    }
}

/// The audit log entries for users whose browser sessions were ended.
pub async fn sign_out_events(tx: &mut Tx, actor: &Actor, users: &[UserId]) -> Result<Vec<Event>, DbError> {
    let names = oidc_identities::names(tx, users).await?;
    let events = names.into_iter().map(|(user, name)| {
        let data = EventData::SignInsEnded { sign_ins: None, by_provider: Some(true) };
        Event::new(data, actor.clone(), Some(user)).named(name)
    });
    Ok(events.collect())
}

/// A token in the JWS compact serialization, decoded.
struct SignedToken<'a> {
    header: JwsHeader,
    signed: &'a str,
    claims: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> SignedToken<'a> {
    fn of(token: &'a str) -> Result<Self, LogoutError> {
        let malformed = || LogoutError::Invalid("this is not a signed token");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
        let header: JwsHeader = serde_json::from_slice(&decode(header)?).map_err(|_| malformed())?;
        let kind = header.typ.as_deref().unwrap_or("jwt").to_ascii_lowercase();
        // An ID token must not pass as a logout token. It also lacks `events`, but this does not rely on that.
        if !["jwt", "logout+jwt", "application/logout+jwt"].contains(&kind.as_str()) || header.crit.is_some() {
            return Err(LogoutError::Invalid("this is not a logout token"));
        }
        Ok(Self { header, signed, claims: decode(claims)?, signature: decode(signature)? })
    }

    fn is_signed_by(&self, metadata: &Metadata) -> bool {
        let alg = &self.header.alg;
        let fits = |key: &&openidconnect::core::CoreJsonWebKey| {
            let named = self.header.kid.as_deref().is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid));
            let kind = alg.key_type().as_ref() == Some(key.key_type());
            let for_it = match key.signing_alg() {
                JsonWebKeyAlgorithm::Algorithm(own) => own == alg,
                JsonWebKeyAlgorithm::Unspecified => true,
                JsonWebKeyAlgorithm::Unsupported => false,
            };
            named && kind && for_it && key.key_use().is_none_or(|use_| use_.allows_signature())
        };
        ACCEPTED_SIGNATURE_ALGORITHMS.contains(alg)
            && metadata
                .jwks()
                .keys()
                .iter()
                .filter(fits)
                .any(|key| key.verify_signature(alg, self.signed.as_bytes(), &self.signature).is_ok())
    }

    fn claims(&self) -> Result<LogoutClaims, LogoutError> {
        serde_json::from_slice(&self.claims)
            .map_err(|_| LogoutError::Invalid("a required claim is missing or malformed"))
    }
}

impl LogoutClaims {
    /// Validates the claims (section 2.6 of the standard).
    fn check(&self, provider: &Provider, now: DateTime<Utc>) -> Result<(), LogoutError> {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(LogoutError::Invalid("a time is invalid"));
        let ours = |aud: &Value| aud.as_str() == Some(&provider.settings.client_id);
        let for_us = ours(&self.aud) || self.aud.as_array().is_some_and(|all| all.iter().any(ours));
        let issued = time(self.iat)?;
        let expired = self.exp.map(time).transpose()?.is_some_and(|at| at < now - CLOCK_LEEWAY);
        let wrong = match () {
            () if self.iss != provider.settings.issuer => "it has another issuer",
            () if !for_us => "it is for another client",
            () if issued > now + CLOCK_LEEWAY || issued < now - MAX_TOKEN_AGE || expired => {
                "it is too old, or from the future"
            }
            () if !self.events.get(LOGOUT_EVENT).is_some_and(Value::is_object) => "it is not about a logout",
            () if self.nonce.is_some() => "a logout token has no nonce",
            () if self.sub.is_none() && self.sid.is_none() => "it names neither a user nor a session",
            () if self.jti.is_empty() || self.jti.len() > 500 => "it has no id",
            () => return Ok(()),
        };
        Err(LogoutError::Invalid(wrong))
    }
}

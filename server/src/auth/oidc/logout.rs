//! Hears from a provider that somebody signed out there (OpenID Connect Back-Channel Logout 1.0), and signs him out here.

use super::{LEEWAY, Metadata, SIGNATURES};
use crate::{
    app::App,
    db::{DbError, Tx},
    events::Event,
    seats::{Actor, Door},
    store::{identities, providers::Provider},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    JsonWebKey as _, JsonWebKeyAlgorithm, JsonWebKeyUse as _, JwsSigningAlgorithm as _, core::CoreJwsSigningAlgorithm,
};
use seatkeeper_shared::ids::UserId;
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::IpAddr;

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a token may be.
const OLDEST: TimeDelta = TimeDelta::minutes(10);

/// Why a logout token is not obeyed.
#[derive(Debug, thiserror::Error)]
pub enum NotObeyed {
    /// It does not hold; says why.
    #[error("{0}")]
    Bad(&'static str),
    /// The provider does not say by which keys it could be checked.
    #[error("the keys of the provider cannot be read")]
    NoKeys,
    /// Not saved.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a logout token says.
#[derive(Debug, Deserialize)]
struct Claims {
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
struct Head {
    alg: CoreJwsSigningAlgorithm,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

/// Checks a logout token and signs out whom it names; how many users that were. The same token again is refused.
///
/// # Errors
/// See [`NotObeyed`].
pub async fn obey(app: &App, provider: &Provider, token: &str, from: IpAddr) -> Result<usize, NotObeyed> {
    let (now, issuer) = (app.clock.now(), &provider.settings.issuer);
    let parts = Parts::of(token)?;
    let metadata = app.providers.of(issuer, now).await.map_err(|_| NotObeyed::NoKeys)?;
    let mut believed = parts.is_signed_by(&metadata);
    if !believed {
        let newer = app.providers.afresh(issuer, now).await.map_err(|_| NotObeyed::NoKeys)?;
        believed = parts.is_signed_by(&newer);
    }
    if !believed {
        return Err(NotObeyed::Bad("the signature does not hold"));
    }
    let claims = parts.claims()?;
    claims.check(provider, now)?;
    let mut tx = app.db.begin().await?;
    if !identities::obey(&mut tx, issuer, &claims.jti, now, now + OLDEST + LEEWAY).await? {
        return Err(NotObeyed::Bad("the token was used before"));
    }
    let users = end(&mut tx, provider, &claims).await?;
    let name = Some(provider.settings.name.clone());
    let actor = Actor { id: None, name, door: Door::Api, address: Some(from.to_canonical()) };
    let events = ended(&mut tx, &actor, &users).await?;
    app.commit(tx, &events).await?;
    Ok(users.len())
}

async fn end(tx: &mut Tx, provider: &Provider, claims: &Claims) -> Result<Vec<UserId>, DbError> {
    match (&claims.sub, &claims.sid) {
        (Some(subject), session) => {
            let subject = (provider.settings.issuer.as_str(), subject.as_str());
            identities::end_subject(tx, provider.id, subject, session.as_deref()).await
        }
        (None, Some(session)) => identities::end_session(tx, provider.id, session).await,
        (None, None) => Ok(Vec::new()),
    }
}

/// The entries for users whose browsers were signed out.
pub async fn ended(tx: &mut Tx, actor: &Actor, users: &[UserId]) -> Result<Vec<Event>, DbError> {
    let names = identities::names(tx, users).await?;
    let events = names.into_iter().map(|(user, name)| {
        Event::new("sign_ins_ended", actor.clone(), Some(user), json!({ "by_provider": true })).named(name)
    });
    Ok(events.collect())
}

/// A token in its three parts.
struct Parts<'a> {
    head: Head,
    signed: &'a str,
    claims: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, NotObeyed> {
        let no_token = || NotObeyed::Bad("this is no signed token");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(no_token)?;
        let (head, claims) = signed.split_once('.').ok_or_else(no_token)?;
        let read = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| no_token());
        let head: Head = serde_json::from_slice(&read(head)?).map_err(|_| no_token())?;
        let kind = head.typ.as_deref().unwrap_or("jwt").to_ascii_lowercase();
        // No ID token passes for one: that has no `events` either, but why rely on it.
        if !["jwt", "logout+jwt", "application/logout+jwt"].contains(&kind.as_str()) || head.crit.is_some() {
            return Err(NotObeyed::Bad("this is no logout token"));
        }
        Ok(Self { head, signed, claims: read(claims)?, signature: read(signature)? })
    }

    fn is_signed_by(&self, metadata: &Metadata) -> bool {
        let alg = &self.head.alg;
        let fits = |key: &&openidconnect::core::CoreJsonWebKey| {
            let named = self.head.kid.as_deref().is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid));
            let kind = alg.key_type().as_ref() == Some(key.key_type());
            let for_it = match key.signing_alg() {
                JsonWebKeyAlgorithm::Algorithm(own) => own == alg,
                JsonWebKeyAlgorithm::Unspecified => true,
                JsonWebKeyAlgorithm::Unsupported => false,
            };
            named && kind && for_it && key.key_use().is_none_or(|use_| use_.allows_signature())
        };
        SIGNATURES.contains(alg)
            && metadata
                .jwks()
                .keys()
                .iter()
                .filter(fits)
                .any(|key| key.verify_signature(alg, self.signed.as_bytes(), &self.signature).is_ok())
    }

    fn claims(&self) -> Result<Claims, NotObeyed> {
        serde_json::from_slice(&self.claims).map_err(|_| NotObeyed::Bad("a claim of a logout token is missing"))
    }
}

impl Claims {
    /// Section 2.6 of the standard.
    fn check(&self, provider: &Provider, now: DateTime<Utc>) -> Result<(), NotObeyed> {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(NotObeyed::Bad("a time is none"));
        let ours = |aud: &Value| aud.as_str() == Some(&provider.settings.client_id);
        let for_us = ours(&self.aud) || self.aud.as_array().is_some_and(|all| all.iter().any(ours));
        let issued = time(self.iat)?;
        let expired = self.exp.map(time).transpose()?.is_some_and(|at| at < now - LEEWAY);
        let wrong = match () {
            () if self.iss != provider.settings.issuer => "it is of another issuer",
            () if !for_us => "it is for another client",
            () if issued > now + LEEWAY || issued < now - OLDEST || expired => "it is too old, or of the future",
            () if !self.events.get(EVENT).is_some_and(Value::is_object) => "it is about something else",
            () if self.nonce.is_some() => "a logout token has no nonce",
            () if self.sub.is_none() && self.sid.is_none() => "it names nobody",
            () if self.jti.is_empty() || self.jti.len() > 500 => "it has no id",
            () => return Ok(()),
        };
        Err(NotObeyed::Bad(wrong))
    }
}

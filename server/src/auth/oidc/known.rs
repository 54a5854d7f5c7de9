//! What providers say of themselves: their discovery documents and keys, read once an hour, and again when a token is signed with a key
//! that is not known.

use super::{
    Metadata,
    fetch::{Fetch, FetchError},
};
use crate::egress::{BlockedAddress, Egress};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{DiscoveryError, IssuerUrl, url::Url};
use seatkeeper_shared::wire::providers::{Finding, FindingCode};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// For how long what was read is believed.
const BELIEVED: TimeDelta = TimeDelta::hours(1);
/// For how long it is used when the provider does not answer any more.
const USED: TimeDelta = TimeDelta::hours(24);
/// A provider is asked again no sooner, whatever strangers send.
const AGAIN: TimeDelta = TimeDelta::seconds(15);

/// What was read. Clones share it.
#[derive(Clone, Debug)]
pub struct Known(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    egress: Egress,
    read: Mutex<HashMap<String, Read>>,
}

#[derive(Clone, Debug)]
struct Read {
    /// When it was last asked.
    asked: DateTime<Utc>,
    /// What it last said, and when.
    good: Option<(DateTime<Utc>, Arc<Metadata>)>,
    /// Why it said nothing the last time.
    trouble: Option<Finding>,
}

impl Known {
    /// Nothing yet; providers are asked by this way.
    pub fn new(egress: Egress) -> Self {
        Self(Arc::new(Shared { egress, read: Mutex::default() }))
    }

    /// Asks the provider with this issuer.
    pub fn fetch(&self, issuer: &str) -> Fetch {
        Fetch::new(self.0.egress.clone(), issuer)
    }

    /// Why the provider with this issuer would not be asked, if its address is not public and not allowed.
    pub async fn blocks(&self, issuer: &str) -> Option<BlockedAddress> {
        self.0.egress.blocks(&Url::parse(issuer).ok()?).await
    }

    /// What a provider says of itself.
    ///
    /// # Errors
    /// It cannot be used; says why.
    pub async fn of(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>, Finding> {
        if let Some(read) = self.read(issuer) {
            if let Some((at, metadata)) = &read.good
                && now - *at < BELIEVED
            {
                return Ok(metadata.clone());
            }
            if now - read.asked < AGAIN {
                return read.answer(now);
            }
        }
        self.ask(issuer, now).await
    }

    /// The same, read again if it was not a moment ago: a token is signed with a key that is not known.
    ///
    /// # Errors
    /// It cannot be used; says why.
    pub async fn afresh(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>, Finding> {
        match self.read(issuer) {
            Some(read) if now - read.asked < AGAIN => read.answer(now),
            _ => self.ask(issuer, now).await,
        }
    }

    async fn ask(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>, Finding> {
        let found = discover(&self.fetch(issuer), issuer).await;
        let mut all = self.0.read.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let read = all.entry(issuer.to_owned()).or_insert(Read { asked: now, good: None, trouble: None });
        read.asked = now;
        match found {
            Ok(metadata) => (read.good, read.trouble) = (Some((now, Arc::new(metadata))), None),
            Err(trouble) => read.trouble = Some(trouble),
        }
        read.answer(now)
    }

    fn read(&self, issuer: &str) -> Option<Read> {
        self.0.read.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(issuer).cloned()
    }
}

impl Read {
    fn answer(&self, now: DateTime<Utc>) -> Result<Arc<Metadata>, Finding> {
        match (&self.good, &self.trouble) {
            (Some((at, metadata)), _) if now - *at < USED => Ok(metadata.clone()),
            (_, Some(trouble)) => Err(trouble.clone()),
            _ => Err(Finding::new(FindingCode::Unreachable, None)),
        }
    }
}

/// Reads the discovery document and the keys of a provider.
///
/// # Errors
/// It cannot be used; says why.
pub async fn discover(fetch: &Fetch, issuer: &str) -> Result<Metadata, Finding> {
    let finding = |code, detail: &str| Finding::new(code, Some(detail.to_owned()));
    let url = IssuerUrl::new(issuer.to_owned()).map_err(|_| finding(FindingCode::NotUnderstood, issuer))?;
    let ask = |request| fetch.clone().ask(request);
    let metadata = Metadata::discover_async(url, &ask).await.map_err(|error| found(&error))?;
    match trouble(fetch, &metadata) {
        Some(trouble) => Err(trouble),
        None => Ok(metadata),
    }
}

/// Why one cannot sign in by a provider that says this of itself.
fn trouble(fetch: &Fetch, metadata: &Metadata) -> Option<Finding> {
    let token = metadata.token_endpoint().map(|url| url.url());
    let user_info = metadata.userinfo_endpoint().map(|url| url.url());
    let all = [Some(metadata.authorization_endpoint().url()), Some(metadata.jwks_uri().url()), token, user_info];
    let insecure = all.into_iter().flatten().find(|url: &&Url| !fetch.may_ask(url));
    let (code, detail) = match insecure {
        Some(url) => (FindingCode::Insecure, Some(url.to_string())),
        None if token.is_none() => (FindingCode::NoCodes, None),
        None if metadata.jwks().keys().is_empty() => (FindingCode::NoKeys, None),
        None => return None,
    };
    Some(Finding::new(code, detail))
}

fn found(error: &DiscoveryError<FetchError>) -> Finding {
    let (code, detail) = match error {
        DiscoveryError::Request(error) => return error.into(),
        DiscoveryError::Response(status, ..) if status.as_u16() != 200 => {
            (FindingCode::Status, Some(status.as_u16().to_string()))
        }
        DiscoveryError::Response(_, _, why) => (FindingCode::NotUnderstood, Some(why.clone())),
        DiscoveryError::Parse(error) => (FindingCode::NotUnderstood, Some(error.to_string())),
        // "unexpected issuer URI `theirs` (expected `ours`)"
        DiscoveryError::Validation(why) => (FindingCode::WrongIssuer, why.split('`').nth(1).map(str::to_owned)),
        other => (FindingCode::NotUnderstood, Some(other.to_string())),
    };
    Finding::new(code, detail)
}

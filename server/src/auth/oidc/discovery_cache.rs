//! Caches providers' discovery documents and keys for an hour, and fetches them again when a token is signed with an
//! unknown key.

use super::{
    Metadata,
    http_client::{FetchError, ProviderHttpClient},
};
use crate::egress::{BlockedAddress, Egress};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{DiscoveryError, IssuerUrl, url::Url};
use seatkeeper_shared::wire::providers::{Finding, FindingCode};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// How long metadata is used before it is fetched again.
const MAX_METADATA_AGE: TimeDelta = TimeDelta::hours(1);
/// How long metadata is used if the provider does not respond.
const MAX_STALE_METADATA_AGE: TimeDelta = TimeDelta::hours(24);
/// The minimum time between two requests to a provider: unauthenticated requests can trigger them.
const MIN_REFRESH_INTERVAL: TimeDelta = TimeDelta::seconds(15);

/// The cached metadata of all providers, by issuer. Clones share it.
#[derive(Clone, Debug)]
pub struct DiscoveryCache(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    egress: Egress,
    entries: Mutex<HashMap<String, CacheEntry>>,
}

#[derive(Clone, Debug)]
struct CacheEntry {
    requested_at: DateTime<Utc>,
    /// The last successful response, and when it was requested.
    metadata: Option<(DateTime<Utc>, Arc<Metadata>)>,
    /// Why the last request failed, if it did.
    failure: Option<Finding>,
}

impl DiscoveryCache {
    pub fn new(egress: Egress) -> Self {
        Self(Arc::new(Shared { egress, entries: Mutex::default() }))
    }

    /// The HTTP client for the provider with this issuer.
    pub fn http_client(&self, issuer: &str) -> ProviderHttpClient {
        ProviderHttpClient::new(self.0.egress.clone(), issuer)
    }

    /// The issuer's address if it is not public and not allowed, so that no requests are sent to it.
    pub async fn blocked_address(&self, issuer: &str) -> Option<BlockedAddress> {
        self.0.egress.blocks(&Url::parse(issuer).ok()?).await
    }

    /// Returns a provider's metadata, fetched if necessary.
    ///
    /// # Errors
    /// Returns the reason if the provider cannot be used.
    pub async fn get(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>, Finding> {
        if let Some(entry) = self.entry(issuer) {
            if let Some((at, metadata)) = &entry.metadata
                && now - *at < MAX_METADATA_AGE
            {
                return Ok(metadata.clone());
            }
            if now - entry.requested_at < MIN_REFRESH_INTERVAL {
                return entry.result(now);
            }
        }
        self.fetch(issuer, now).await
    }

    /// Fetches a provider's metadata again, unless it was fetched a moment ago. For tokens that are signed with an
    /// unknown key.
    ///
    /// # Errors
    /// Returns the reason if the provider cannot be used.
    pub async fn refresh(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>, Finding> {
        match self.entry(issuer) {
            Some(entry) if now - entry.requested_at < MIN_REFRESH_INTERVAL => entry.result(now),
            _ => self.fetch(issuer, now).await,
        }
    }

    async fn fetch(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>, Finding> {
        let discovered = discover(&self.http_client(issuer), issuer).await;
        let mut all = self.0.entries.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let entry =
            all.entry(issuer.to_owned()).or_insert(CacheEntry { requested_at: now, metadata: None, failure: None });
        entry.requested_at = now;
        match discovered {
            Ok(metadata) => (entry.metadata, entry.failure) = (Some((now, Arc::new(metadata))), None),
            Err(failure) => entry.failure = Some(failure),
        }
        entry.result(now)
    }

    fn entry(&self, issuer: &str) -> Option<CacheEntry> {
        self.0.entries.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(issuer).cloned()
    }
}

impl CacheEntry {
    fn result(&self, now: DateTime<Utc>) -> Result<Arc<Metadata>, Finding> {
        match (&self.metadata, &self.failure) {
            (Some((at, metadata)), _) if now - *at < MAX_STALE_METADATA_AGE => Ok(metadata.clone()),
            (_, Some(failure)) => Err(failure.clone()),
            _ => Err(Finding::new(FindingCode::Unreachable, None)),
        }
    }
}

/// Fetches the discovery document and the keys of a provider.
///
/// # Errors
/// Returns the reason if the provider cannot be used.
pub async fn discover(http: &ProviderHttpClient, issuer: &str) -> Result<Metadata, Finding> {
    let finding = |code, detail: &str| Finding::new(code, Some(detail.to_owned()));
    let url = IssuerUrl::new(issuer.to_owned()).map_err(|_| finding(FindingCode::NotUnderstood, issuer))?;
    let send = |request| http.clone().send(request);
    let metadata = Metadata::discover_async(url, &send).await.map_err(|error| finding_of(&error))?;
    match unusable(http, &metadata) {
        Some(failure) => Err(failure),
        None => Ok(metadata),
    }
}

/// Why a provider with this metadata cannot be used.
fn unusable(http: &ProviderHttpClient, metadata: &Metadata) -> Option<Finding> {
    let token = metadata.token_endpoint().map(|url| url.url());
    let user_info = metadata.userinfo_endpoint().map(|url| url.url());
    let all = [Some(metadata.authorization_endpoint().url()), Some(metadata.jwks_uri().url()), token, user_info];
    let insecure = all.into_iter().flatten().find(|url: &&Url| !http.is_allowed(url));
    let (code, detail) = match insecure {
        Some(url) => (FindingCode::Insecure, Some(url.to_string())),
        None if token.is_none() => (FindingCode::NoCodes, None),
        None if metadata.jwks().keys().is_empty() => (FindingCode::NoKeys, None),
        None => return None,
    };
    Some(Finding::new(code, detail))
}

fn finding_of(error: &DiscoveryError<FetchError>) -> Finding {
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

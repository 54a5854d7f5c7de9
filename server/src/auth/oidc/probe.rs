//! Tests a provider's configuration for the admin who sets it up: fetches its metadata, and requests tokens with an
//! invalid code, which tells whether the provider accepts client id and secret.

use super::{Metadata, discovery_cache, exchange};
use crate::{
    auth::oidc::Oidc,
    store::{self, providers::Provider},
};
use openidconnect::{AuthorizationCode, PkceCodeVerifier, RequestTokenError, core::CoreErrorResponseType};
use seatkeeper_shared::wire::providers::{Finding, FindingCode, ProviderTest};

/// Logs at startup which enabled providers cannot be used because their addresses are not public and not allowed.
pub async fn warn_about_blocked_providers(oidc: Oidc) {
    let Ok(providers) = store::providers::all(&oidc.db).await else { return };
    for provider in providers.into_iter().filter(|provider| provider.enabled) {
        if let Some(blocked) = oidc.metadata.blocked_address(&provider.issuer).await {
            tracing::warn!(provider_id = %provider.id, error = %blocked, "provider address not allowed");
        }
    }
}

/// Tests a provider with fresh requests, bypassing the cache.
pub async fn test_provider(oidc: &Oidc, provider: &Provider, redirect: &str) -> ProviderTest {
    let issuer = &provider.settings.issuer;
    let findings = match discovery_cache::discover(&oidc.metadata.http_client(issuer), issuer).await {
        Err(finding) => vec![finding],
        Ok(metadata) => {
            let mut findings = Vec::new();
            findings.extend(check_client(oidc, provider, &metadata, redirect).await);
            findings.extend(hints(&metadata, provider));
            findings
        }
    };
    let is_usable = !findings.iter().any(|finding| finding.code.is_fatal());
    let success = is_usable.then_some(Finding::new(FindingCode::Good, None));
    ProviderTest { good: is_usable, findings: success.into_iter().chain(findings).collect(), sign_ins: Vec::new() }
}

async fn check_client(oidc: &Oidc, provider: &Provider, metadata: &Metadata, redirect: &str) -> Option<Finding> {
    let relying_party = exchange::relying_party(oidc, provider, metadata, redirect).ok()?;
    let http = oidc.metadata.http_client(&provider.settings.issuer);
    let send = |request| http.clone().send(request);
    let request = relying_party.exchange_code(AuthorizationCode::new("seatkeeper-test".to_owned())).ok()?;
    match request.set_pkce_verifier(PkceCodeVerifier::new(oidc.random.secret())).request_async(&send).await {
        Err(RequestTokenError::ServerResponse(answer)) => match answer.error() {
            CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                let detail = answer.error_description().map(|text| text.chars().take(300).collect());
                Some(Finding::new(FindingCode::ClientRefused, detail))
            }
            // The expected response to an unknown code.
            _ => None,
        },
        Err(RequestTokenError::Request(error)) => Some((&error).into()),
        _ => None,
    }
}

/// Possible problems: providers need not list everything that they support in their metadata.
fn hints(metadata: &Metadata, provider: &Provider) -> Vec<Finding> {
    let mut found = Vec::new();
    let more = metadata.additional_metadata();
    let supports_pkce = more.code_challenge_methods_supported.iter().flatten().any(|method| method == "S256");
    if !supports_pkce {
        found.push(Finding::new(FindingCode::NoPkce, None));
    }
    if let Some(known) = metadata.scopes_supported() {
        let is_unknown = |scope: &&str| known.iter().all(|known| known.as_str() != *scope);
        let unknown = provider.settings.scopes.split_whitespace().filter(is_unknown);
        found.extend(unknown.map(|scope| Finding::new(FindingCode::UnknownScope, Some(scope.to_owned()))));
    }
    if more.backchannel_logout_supported != Some(true) {
        found.push(Finding::new(FindingCode::NoLogout, None));
    }
    found
}

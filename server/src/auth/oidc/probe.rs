//! The test of a provider, for the admin who sets it up: reads what it says of itself, and asks it for tokens with a code that it never
//! gave out, which tells whether it knows client and secret.

use super::{Metadata, exchange, known};
use crate::{
    app::App,
    store::{self, providers::Provider},
};
use openidconnect::{AuthorizationCode, PkceCodeVerifier, RequestTokenError, core::CoreErrorResponseType};
use seatkeeper_shared::wire::providers::{Finding, FindingCode, ProviderTest};

/// Says at the start which providers will not be asked, because the operator has to allow their addresses.
pub async fn warn_of_blocked(app: App) {
    let Ok(providers) = store::providers::all(&app.db).await else { return };
    for provider in providers.into_iter().filter(|provider| provider.enabled) {
        if let Some(blocked) = app.providers.blocks(&provider.issuer).await {
            tracing::warn!(provider = %provider.name, %blocked, "nobody can sign in by this provider");
        }
    }
}

/// Tests a provider; each time anew, not from memory.
pub async fn probe(app: &App, provider: &Provider, redirect: &str) -> ProviderTest {
    let issuer = &provider.settings.issuer;
    let findings = match known::discover(&app.providers.fetch(issuer), issuer).await {
        Err(finding) => vec![finding],
        Ok(metadata) => {
            let mut findings = Vec::new();
            findings.extend(client_refused(app, provider, &metadata, redirect).await);
            findings.extend(hints(&metadata, provider));
            findings
        }
    };
    let good = !findings.iter().any(|finding| finding.code.is_fatal());
    let well = good.then_some(Finding::new(FindingCode::Good, None));
    ProviderTest { good, findings: well.into_iter().chain(findings).collect(), sign_ins: Vec::new() }
}

async fn client_refused(app: &App, provider: &Provider, metadata: &Metadata, redirect: &str) -> Option<Finding> {
    let party = exchange::party(app, provider, metadata, redirect).ok()?;
    let fetch = app.providers.fetch(&provider.settings.issuer);
    let ask = |request| fetch.clone().ask(request);
    let asked = party.exchange_code(AuthorizationCode::new("seatkeeper-test".to_owned())).ok()?;
    match asked.set_pkce_verifier(PkceCodeVerifier::new(app.dice.secret())).request_async(&ask).await {
        Err(RequestTokenError::ServerResponse(answer)) => match answer.error() {
            CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                let detail = answer.error_description().map(|text| text.chars().take(300).collect());
                Some(Finding::new(FindingCode::ClientRefused, detail))
            }
            // That is what it should say to a code that it does not know.
            _ => None,
        },
        Err(RequestTokenError::Request(error)) => Some((&error).into()),
        _ => None,
    }
}

/// What need not be wrong: providers need not say all that they know.
fn hints(metadata: &Metadata, provider: &Provider) -> Vec<Finding> {
    let mut found = Vec::new();
    let more = metadata.additional_metadata();
    let knows_pkce = more.code_challenge_methods_supported.iter().flatten().any(|method| method == "S256");
    if !knows_pkce {
        found.push(Finding::new(FindingCode::NoPkce, None));
    }
    if let Some(known) = metadata.scopes_supported() {
        let strange = |scope: &&str| known.iter().all(|known| known.as_str() != *scope);
        let strange = provider.settings.scopes.split_whitespace().filter(strange);
        found.extend(strange.map(|scope| Finding::new(FindingCode::UnknownScope, Some(scope.to_owned()))));
    }
    if more.backchannel_logout_supported != Some(true) {
        found.push(Finding::new(FindingCode::NoLogout, None));
    }
    found
}

//! Sign-in providers, and who may sign in with a password.

use super::Endpoint;
use crate::{
    ids::ProviderId,
    wire::providers::{
        ChangeProvider, ChangeSignInRules, NewProvider, ProviderTest, ProviderView, SignInProviders, SignInRules,
    },
};

/// All providers without their secrets, and the URL at which they reach the server.
pub fn list() -> Endpoint<SignInProviders> {
    Endpoint::get("/sign-in-providers")
}

/// One provider; its ETag covers the settings.
pub fn one(provider: ProviderId) -> Endpoint<ProviderView> {
    Endpoint::get(format!("/sign-in-providers/{provider}"))
}

/// Adds a provider.
pub fn add(body: &NewProvider) -> Endpoint<ProviderView> {
    Endpoint::post("/sign-in-providers", body)
}

/// Changes the settings that the body has; needs the ETag of the provider.
pub fn change(provider: ProviderId, body: &ChangeProvider) -> Endpoint<ProviderView> {
    Endpoint::patch(format!("/sign-in-providers/{provider}"), body)
}

/// Deletes a provider with its links to users, and signs out who signed in with it.
pub fn delete(provider: ProviderId) -> Endpoint<()> {
    Endpoint::delete(format!("/sign-in-providers/{provider}"))
}

/// Tests the connection to a provider, and collects what went wrong in sign-ins; changes nothing.
pub fn test(provider: ProviderId) -> Endpoint<ProviderTest> {
    Endpoint::post(format!("/sign-in-providers/{provider}/test"), &()).repeatable()
}

/// Who may sign in with a password.
pub fn rules() -> Endpoint<SignInRules> {
    Endpoint::get("/sign-in-rules")
}

/// Changes the rules that the body has; needs their ETag.
pub fn change_rules(body: &ChangeSignInRules) -> Endpoint<SignInRules> {
    Endpoint::patch("/sign-in-rules", body)
}

//! The state that the sections of the page share: the providers, and how often each has been tested.

use crate::ui::query::Query;
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::ProviderId,
    wire::providers::{ProviderView, SignInProviders},
};
use std::collections::HashMap;

/// The shared state of the page.
#[derive(Clone, Copy)]
pub struct DirectoryPageState {
    pub providers: Query<SignInProviders>,
    /// How often each provider has been tested since the page was opened.
    test_runs: RwSignal<HashMap<ProviderId, usize>>,
}

impl DirectoryPageState {
    /// Creates the state and starts loading.
    pub fn new() -> Self {
        Self { providers: Query::once(endpoints::providers::list()), test_runs: RwSignal::default() }
    }

    /// The number of tests of a provider, each of which its row carries out; tracked.
    pub fn test_runs(self, id: ProviderId) -> usize {
        self.test_runs.with(|runs| runs.get(&id).copied().unwrap_or_default())
    }

    /// Tests a provider.
    pub fn test(self, id: ProviderId) {
        self.test_runs.try_update(|runs| *runs.entry(id).or_default() += 1);
    }

    /// A provider was added or changed: shows it and tests it.
    pub fn saved(self, id: ProviderId) {
        self.providers.reload();
        self.test(id);
    }

    /// The providers; tracked. None until they are loaded.
    pub fn all(self) -> Vec<ProviderView> {
        self.providers.with(|all| all.items.clone()).unwrap_or_default()
    }

    /// One of the providers; tracked.
    pub fn provider(self, id: ProviderId) -> Option<ProviderView> {
        self.providers.with(|all| all.items.iter().find(|one| one.id == id).cloned()).flatten()
    }

    /// Puts the current version of a provider in place.
    pub fn replace(self, now: &ProviderView) {
        self.providers.update(|all| {
            for one in all.items.iter_mut().filter(|one| one.id == now.id) {
                one.clone_from(now);
            }
        });
    }

    /// Removes a deleted provider.
    pub fn remove(self, id: ProviderId) {
        self.providers.update(|all| all.items.retain(|one| one.id != id));
    }

    /// Base URL at which browsers reach the server; tracked.
    pub fn base_url(self) -> String {
        let known = self.providers.with(|all| all.base_url.clone());
        known.unwrap_or_else(|| window().location().origin().unwrap_or_default())
    }

    /// Whether users can sign in with a provider; tracked.
    pub fn has_enabled_provider(self) -> bool {
        self.providers.with(|all| all.items.iter().any(|one| one.enabled)).unwrap_or_default()
    }
}

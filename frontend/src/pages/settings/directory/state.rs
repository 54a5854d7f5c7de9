//! Shared state of the page: providers, their tests, and the open dialog.

use crate::api::{Api, Failure};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::ProviderId,
    wire::providers::{ProviderTest, ProviderView, SignInProviders},
};
use std::collections::HashMap;

/// The dialog that is open.
#[derive(Clone, Debug, PartialEq)]
pub enum ProviderDialogKind {
    /// Add a provider with this id.
    Add(ProviderId),
    /// Change a provider.
    Change(Box<ProviderView>),
    /// Delete a provider.
    Delete(Box<ProviderView>),
}

/// State of the test of a provider.
#[derive(Clone, Debug, PartialEq)]
pub enum TestState {
    Running,
    Done(ProviderTest),
    /// The request to Seatkeeper failed.
    Failed(Failure),
}

/// Shared state of the page.
#[derive(Clone, Copy)]
pub struct DirectoryPageState {
    pub api: Api,
    /// The providers, once loaded.
    pub providers: RwSignal<Option<Result<SignInProviders, Failure>>>,
    pub open_dialog: RwSignal<Option<ProviderDialogKind>>,
    /// Tests run since the page was opened.
    pub tests: RwSignal<HashMap<ProviderId, TestState>>,
}

impl DirectoryPageState {
    /// Creates the state and loads the providers.
    pub fn open() -> Self {
        let page = Self {
            api: Api::get(),
            providers: RwSignal::new(None),
            open_dialog: RwSignal::new(None),
            tests: RwSignal::new(HashMap::new()),
        };
        page.load();
        page
    }

    pub fn load(self) {
        spawn_local(async move {
            let answer = self.api.read("/sign-in-providers").await;
            self.providers.try_set(Some(answer));
        });
    }

    pub fn test(self, id: ProviderId) {
        self.tests.update(|all| drop(all.insert(id, TestState::Running)));
        spawn_local(async move {
            let answer = self.api.post(&format!("/sign-in-providers/{id}/test"), &()).await;
            let test_state = answer.map_or_else(TestState::Failed, TestState::Done);
            self.tests.try_update(|all| drop(all.insert(id, test_state)));
        });
    }

    /// Reopens the dialog with the current provider. If the provider has been deleted, the dialog stays closed.
    pub fn reopen_dialog(self, id: ProviderId) {
        self.open_dialog.set(None);
        self.load();
        spawn_local(async move {
            let now = self.api.read(&format!("/sign-in-providers/{id}")).await;
            self.open_dialog.try_set(now.ok().map(ProviderDialogKind::Change));
        });
    }

    /// Base URL at which browsers reach the server.
    pub fn base_url(self) -> String {
        self.providers.with(|loaded| match loaded {
            Some(Ok(all)) => all.base_url.clone(),
            _ => window().location().origin().unwrap_or_default(),
        })
    }

    pub fn has_enabled_provider(self) -> bool {
        self.providers.with(|loaded| matches!(loaded, Some(Ok(all)) if all.items.iter().any(|one| one.enabled)))
    }
}

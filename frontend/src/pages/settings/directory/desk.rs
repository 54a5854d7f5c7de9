//! What the page knows: the providers, what a test found, and what is being asked.

use crate::api::{Api, Failure};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::ProviderId,
    wire::providers::{ProviderTest, ProviderView, SignInProviders},
};
use std::collections::HashMap;

/// The dialog that is open.
#[derive(Clone, Debug, PartialEq)]
pub enum Asking {
    /// A new provider, with the id that it will have.
    Add(ProviderId),
    /// A provider is changed.
    Change(Box<ProviderView>),
    /// A provider is deleted.
    Delete(Box<ProviderView>),
}

/// How a test of a provider stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Tested {
    /// It is under way.
    Running,
    /// It is done.
    Done(ProviderTest),
    /// The server did not answer.
    Failed(Failure),
}

/// The state of the page.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The server.
    pub api: Api,
    /// The providers, once they are loaded.
    pub providers: RwSignal<Option<Result<SignInProviders, Failure>>>,
    /// What is being asked.
    pub asking: RwSignal<Option<Asking>>,
    /// The tests of this visit.
    pub tests: RwSignal<HashMap<ProviderId, Tested>>,
}

impl Desk {
    /// Opens the page and loads.
    pub fn open() -> Self {
        let desk = Self {
            api: Api::get(),
            providers: RwSignal::new(None),
            asking: RwSignal::new(None),
            tests: RwSignal::new(HashMap::new()),
        };
        desk.load();
        desk
    }

    /// Loads the providers.
    pub fn load(self) {
        spawn_local(async move {
            let answer = self.api.read("/sign-in-providers").await;
            self.providers.try_set(Some(answer));
        });
    }

    /// Tests a provider.
    pub fn test(self, id: ProviderId) {
        self.tests.update(|all| drop(all.insert(id, Tested::Running)));
        spawn_local(async move {
            let answer = self.api.post(&format!("/sign-in-providers/{id}/test"), &()).await;
            let tested = answer.map_or_else(Tested::Failed, Tested::Done);
            self.tests.try_update(|all| drop(all.insert(id, tested)));
        });
    }

    /// Opens the dialog anew, with the provider as it is by now. If it is gone, so is the dialog; the list says so.
    pub fn open_anew(self, id: ProviderId) {
        self.asking.set(None);
        self.load();
        spawn_local(async move {
            let now = self.api.read(&format!("/sign-in-providers/{id}")).await;
            self.asking.try_set(now.ok().map(Asking::Change));
        });
    }

    /// Where browsers reach the server.
    pub fn base_url(self) -> String {
        self.providers.with(|loaded| match loaded {
            Some(Ok(all)) => all.base_url.clone(),
            _ => window().location().origin().unwrap_or_default(),
        })
    }

    /// Whether there is a provider that is enabled.
    pub fn some_enabled(self) -> bool {
        self.providers.with(|loaded| matches!(loaded, Some(Ok(all)) if all.items.iter().any(|one| one.enabled)))
    }
}

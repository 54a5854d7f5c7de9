//! What is entered of a provider.

use leptos::prelude::*;
use seatkeeper_shared::{
    ids::ProviderId,
    validate::{self, FieldError},
    wire::providers::{ChangeProvider, EmailLink, NewProvider, ProviderView},
};

/// The entries of the form.
#[derive(Clone, Copy)]
pub struct Entered {
    /// What its button says.
    pub name: RwSignal<String>,
    /// Its issuer.
    pub issuer: RwSignal<String>,
    /// As what Seatkeeper is known there.
    pub client_id: RwSignal<String>,
    /// The client secret, if it is a new one.
    pub client_secret: RwSignal<String>,
    /// What is asked for.
    pub scopes: RwSignal<String>,
    /// Whose addresses are believed.
    pub link_by_email: RwSignal<String>,
    /// Whether users are created.
    pub create_users: RwSignal<bool>,
    /// The claim with groups.
    pub group_claim: RwSignal<String>,
    /// Whether the answer is asked for in a form.
    pub form_post: RwSignal<bool>,
    /// Whether one can sign in by it.
    pub enabled: RwSignal<bool>,
}

impl Entered {
    /// As it is now; what is usual for a new one.
    pub fn new(provider: Option<&ProviderView>) -> Self {
        let text = |read: fn(&ProviderView) -> String, usual: &str| {
            RwSignal::new(provider.map_or_else(|| usual.to_owned(), read))
        };
        Self {
            name: text(|one| one.name.clone(), ""),
            issuer: text(|one| one.issuer.clone(), ""),
            client_id: text(|one| one.client_id.clone(), ""),
            client_secret: RwSignal::new(String::new()),
            scopes: text(|one| one.scopes.clone(), "email profile"),
            link_by_email: text(|one| one.link_by_email.to_string(), EmailLink::Verified.as_str()),
            create_users: RwSignal::new(provider.is_some_and(|one| one.create_users)),
            group_claim: text(|one| one.group_claim.clone().unwrap_or_default(), ""),
            form_post: RwSignal::new(provider.is_some_and(|one| one.form_post)),
            enabled: RwSignal::new(provider.is_none_or(|one| one.enabled)),
        }
    }

    /// What can be seen to be wrong here already.
    pub fn checks(self) -> [(&'static str, Option<FieldError>); 3] {
        let missing =
            |text: RwSignal<String>| text.with_untracked(|text| text.trim().is_empty()).then_some(FieldError::Required);
        [
            ("name", self.name.with_untracked(|name| validate::name(name).err())),
            ("issuer", missing(self.issuer)),
            ("client_id", missing(self.client_id)),
        ]
    }

    fn link(self) -> Option<EmailLink> {
        self.link_by_email.get_untracked().parse().ok()
    }

    fn secret(self) -> Option<String> {
        Some(self.client_secret.get_untracked()).filter(|secret| !secret.is_empty())
    }

    /// A new provider.
    pub fn added(self, id: ProviderId) -> NewProvider {
        NewProvider {
            id: Some(id),
            name: self.name.get_untracked(),
            issuer: self.issuer.get_untracked(),
            client_id: self.client_id.get_untracked(),
            client_secret: self.secret(),
            scopes: Some(self.scopes.get_untracked()),
            link_by_email: self.link(),
            create_users: self.create_users.get_untracked(),
            group_claim: Some(self.group_claim.get_untracked()),
            form_post: self.form_post.get_untracked(),
            enabled: Some(self.enabled.get_untracked()),
        }
    }

    /// What is another one than before: what is not sent stays, whoever changed it meanwhile.
    pub fn changed(self, before: &ProviderView) -> ChangeProvider {
        let text = |now: RwSignal<String>, before: &str| Some(now.get_untracked()).filter(|now| now != before);
        let switch = |now: RwSignal<bool>, before: bool| Some(now.get_untracked()).filter(|now| *now != before);
        ChangeProvider {
            name: text(self.name, &before.name),
            issuer: text(self.issuer, &before.issuer),
            client_id: text(self.client_id, &before.client_id),
            client_secret: self.secret(),
            scopes: text(self.scopes, &before.scopes),
            link_by_email: self.link().filter(|link| *link != before.link_by_email),
            create_users: switch(self.create_users, before.create_users),
            group_claim: text(self.group_claim, before.group_claim.as_deref().unwrap_or_default()),
            form_post: switch(self.form_post, before.form_post),
            enabled: switch(self.enabled, before.enabled),
        }
    }
}

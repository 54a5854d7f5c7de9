//! Form fields of a sign-in provider, and their conversion to requests.

use leptos::prelude::*;
use seatkeeper_shared::{
    ids::ProviderId,
    validate::{self, FieldError},
    wire::providers::{ChangeProvider, EmailLinking, NewProvider, ProviderView},
};

/// Signals of the form fields.
#[derive(Clone, Copy)]
pub struct ProviderFields {
    /// Name on the sign-in button.
    pub name: RwSignal<String>,
    /// Issuer URL.
    pub issuer: RwSignal<String>,
    /// Client id of Seatkeeper at the provider.
    pub client_id: RwSignal<String>,
    /// New client secret; empty to keep the stored one.
    pub client_secret: RwSignal<String>,
    /// Requested scopes, separated by spaces.
    pub scopes: RwSignal<String>,
    /// Rule for linking identities by e-mail address.
    pub link_by_email: RwSignal<String>,
    /// Whether unknown users are created.
    pub create_users: RwSignal<bool>,
    /// Name of the claim that contains the groups.
    pub group_claim: RwSignal<String>,
    /// Whether the response mode `form_post` is requested.
    pub form_post: RwSignal<bool>,
    /// Whether users can sign in with it.
    pub enabled: RwSignal<bool>,
}

impl ProviderFields {
    /// The current values, or the defaults of a new provider.
    pub fn new(provider: Option<&ProviderView>) -> Self {
        let text = |read: fn(&ProviderView) -> String, default: &str| {
            RwSignal::new(provider.map_or_else(|| default.to_owned(), read))
        };
        Self {
            name: text(|one| one.name.clone(), ""),
            issuer: text(|one| one.issuer.clone(), ""),
            client_id: text(|one| one.client_id.clone(), ""),
            client_secret: RwSignal::new(String::new()),
            scopes: text(|one| one.scopes.clone(), "email profile"),
            link_by_email: text(|one| one.link_by_email.to_string(), EmailLinking::Verified.as_str()),
            create_users: RwSignal::new(provider.is_some_and(|one| one.create_users)),
            group_claim: text(|one| one.group_claim.clone().unwrap_or_default(), ""),
            form_post: RwSignal::new(provider.is_some_and(|one| one.form_post)),
            enabled: RwSignal::new(provider.is_none_or(|one| one.enabled)),
        }
    }

    /// Errors that can be detected before sending, per field.
    pub fn checks(self) -> [(&'static str, Option<FieldError>); 3] {
        let missing =
            |text: RwSignal<String>| text.with_untracked(|text| text.trim().is_empty()).then_some(FieldError::Required);
        [
            ("name", self.name.with_untracked(|name| validate::name(name).err())),
            ("issuer", missing(self.issuer)),
            ("client_id", missing(self.client_id)),
        ]
    }

    fn link(self) -> Option<EmailLinking> {
        self.link_by_email.get_untracked().parse().ok()
    }

    fn secret(self) -> Option<String> {
        Some(self.client_secret.get_untracked()).filter(|secret| !secret.is_empty())
    }

    /// The request to add the provider.
    pub fn add_request(self, id: ProviderId) -> NewProvider {
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

    /// Only the changed fields, so that concurrent changes of other fields are kept.
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

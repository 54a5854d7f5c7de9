//! Form section for the integration of a product: gate origins and launch links. Collapsed if none is set.

use super::collapsible::Collapsible;
use crate::{
    text::text,
    ui::{
        field::{TextArea, TextField},
        form::Form,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    validate::{FieldError, urls},
    wire::licenses::{ChangeProduct, ProductIntegration},
};

/// Signals of the form fields, and the values before the change.
#[derive(Clone, Copy)]
pub struct IntegrationFields {
    origins: RwSignal<String>,
    agent: RwSignal<String>,
    customer: RwSignal<String>,
    secret: RwSignal<String>,
    before: StoredValue<ProductIntegration>,
}

impl IntegrationFields {
    /// Fields with the current values.
    pub fn of(integration: ProductIntegration) -> Self {
        let text = |link: &Option<String>| RwSignal::new(link.clone().unwrap_or_default());
        Self {
            origins: RwSignal::new(integration.gate_origins.join("\n")),
            agent: text(&integration.agent_link),
            customer: text(&integration.customer_link),
            secret: RwSignal::default(),
            before: StoredValue::new(integration),
        }
    }

    /// Errors by the server's validation rules, per field.
    pub fn errors(self) -> [(&'static str, Option<FieldError>); 3] {
        let origins = lines(&self.origins.read_untracked()).iter().find_map(|line| urls::origin(line).err());
        let link = |text: RwSignal<String>| urls::launch_link(&text.read_untracked()).err();
        [("gate_origins", origins), ("agent_link", link(self.agent)), ("customer_link", link(self.customer))]
    }

    /// Adds the values to a change. The secret is never shown, so it is sent only if a new one was entered.
    pub fn add_to(self, change: ChangeProduct) -> ChangeProduct {
        let secret = self.secret.get_untracked();
        let links = [self.agent, self.customer].map(|link| link.get_untracked());
        let unsigned = links.iter().all(|link| !link.contains("{token}"));
        let had_secret = self.before.with_value(|before| before.has_link_secret);
        let [agent_link, customer_link] = links.map(Some);
        ChangeProduct {
            gate_origins: Some(lines(&self.origins.read_untracked())),
            agent_link,
            customer_link,
            // A secret that no link uses any more is deleted.
            link_secret: if had_secret && unsigned && secret.is_empty() {
                Some(secret)
            } else {
                Some(secret).filter(|secret| !secret.is_empty())
            },
            ..change
        }
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[component]
pub fn IntegrationSection(
    /// The form fields.
    integration: IntegrationFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let (open, has_secret) = integration.before.with_value(|before| {
        (
            before.agent_link.is_some() || before.customer_link.is_some() || !before.gate_origins.is_empty(),
            before.has_link_secret,
        )
    });
    let secret_hint = if has_secret { text!(licenses.link_secret_kept) } else { text!(licenses.link_secret_hint) };
    let names = vec!["gate_origins", "agent_link", "customer_link", "link_secret"];
    view! {
        <Collapsible summary=text!(licenses.integration) form fields=names open>
            <TextArea
                label=text!(licenses.gate_origins)
                value=integration.origins
                name="gate_origins"
                hint=text!(licenses.gate_origins_hint)
                form
            />
            <TextField
                label=text!(licenses.agent_link)
                value=integration.agent
                name="agent_link"
                hint=text!(licenses.link_hint)
                form
                optional=true
            />
            <TextField
                label=text!(licenses.customer_link)
                value=integration.customer
                name="customer_link"
                form
                optional=true
            />
            <TextField
                label=text!(licenses.link_secret)
                value=integration.secret
                kind="password"
                name="link_secret"
                autocomplete="new-password"
                hint=secret_hint
                form
                optional=true
            />
        </Collapsible>
    }
}

//! How one gets from here into a product: where its applications are, and the links that open it. Folded, because most
//! products have none.

use crate::{
    i18n::*,
    ui::{
        field::{TextArea, TextField},
        form::Form,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    validate::{FieldError, links},
    wire::licenses::{ChangeProduct, Doors},
};

/// What was entered.
#[derive(Clone, Copy)]
pub struct DoorsEntered {
    origins: RwSignal<String>,
    agent: RwSignal<String>,
    customer: RwSignal<String>,
    secret: RwSignal<String>,
    before: StoredValue<Doors>,
}

impl DoorsEntered {
    /// As it is.
    pub fn of(doors: Doors) -> Self {
        let text = |link: &Option<String>| RwSignal::new(link.clone().unwrap_or_default());
        Self {
            origins: RwSignal::new(doors.gate_origins.join("\n")),
            agent: text(&doors.agent_link),
            customer: text(&doors.customer_link),
            secret: RwSignal::default(),
            before: StoredValue::new(doors),
        }
    }

    /// What cannot be accepted, by the rules of the server.
    pub fn wrong(self) -> [(&'static str, Option<FieldError>); 3] {
        let origins = lines(&self.origins.read_untracked()).iter().find_map(|line| links::origin(line).err());
        let link = |text: RwSignal<String>| links::link(&text.read_untracked()).err();
        [("gate_origins", origins), ("agent_link", link(self.agent)), ("customer_link", link(self.customer))]
    }

    /// The change with all this in it. A secret is sent only if one was entered: it is shown to nobody.
    pub fn put(self, change: ChangeProduct) -> ChangeProduct {
        let secret = self.secret.get_untracked();
        let links = [self.agent, self.customer].map(|link| link.get_untracked());
        let unsigned = links.iter().all(|link| !link.contains("{token}"));
        let had = self.before.with_value(|before| before.has_link_secret);
        let [agent_link, customer_link] = links.map(Some);
        ChangeProduct {
            gate_origins: Some(lines(&self.origins.read_untracked())),
            agent_link,
            customer_link,
            // What nothing is signed with any more is not kept.
            link_secret: if had && unsigned && secret.is_empty() {
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

/// The fields.
#[component]
pub fn DoorFields(
    /// What is entered.
    doors: DoorsEntered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let (open, has_secret) = doors.before.with_value(|before| {
        (
            before.agent_link.is_some() || before.customer_link.is_some() || !before.gate_origins.is_empty(),
            before.has_link_secret,
        )
    });
    let secret_hint = move || match has_secret {
        true => t_string!(i18n, licenses.link_secret_kept),
        false => t_string!(i18n, licenses.link_secret_hint),
    };
    view! {
        <details class="doors" open=open>
            <summary>{t!(i18n, licenses.doors)}</summary>
            <div class="form">
                <TextArea
                    label=Signal::derive(move || t_string!(i18n, licenses.gate_origins).to_owned())
                    value=doors.origins
                    name="gate_origins"
                    hint=Signal::derive(move || Some(t_string!(i18n, licenses.gate_origins_hint).to_owned()))
                    error=form.error("gate_origins")
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.agent_link).to_owned())
                    value=doors.agent
                    name="agent_link"
                    optional=true
                    hint=Signal::derive(move || Some(t_string!(i18n, licenses.link_hint).to_owned()))
                    error=form.error("agent_link")
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.customer_link).to_owned())
                    value=doors.customer
                    name="customer_link"
                    optional=true
                    error=form.error("customer_link")
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.link_secret).to_owned())
                    value=doors.secret
                    kind="password"
                    name="link_secret"
                    autocomplete="new-password"
                    optional=true
                    hint=Signal::derive(move || Some(secret_hint().to_owned()))
                    error=form.error("link_secret")
                />
            </div>
        </details>
    }
}

//! The form fields of a sign-in provider, with what has to be entered at the provider.

use super::{
    addresses::Addresses,
    email_link_label,
    guide::{Guide, GuideTopic},
    provider_fields::ProviderFields,
    state::DirectoryPageState,
};
use crate::{
    i18n::*,
    text::{Text, text},
    ui::{
        checkbox::Checkbox,
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::ProviderId, wire::providers::EmailLinking};

/// All fields, for the dialogs that add and change a provider.
#[component]
pub fn ProviderFieldset(
    /// The form fields.
    fields: ProviderFields,
    /// State and errors of the form.
    form: Form,
    /// The provider shown.
    id: ProviderId,
    /// The state of the page.
    page: DirectoryPageState,
    /// Whether a client secret is stored.
    has_secret: bool,
) -> impl IntoView {
    view! {
        <Addresses id page />
        <Guide topic=GuideTopic::SignIn />
        <ConnectionFields fields form has_secret />
        <UserFields fields />
        <MoreFields fields form />
        <Checkbox
            label=text!(directory.enabled)
            hint=text!(directory.enabled_hint)
            name="enabled"
            value=fields.enabled
            form
        />
    }
}

/// Fields for the connection to the provider.
#[component]
fn ConnectionFields(
    /// The form fields.
    fields: ProviderFields,
    /// State and errors of the form.
    form: Form,
    /// Whether a client secret is stored.
    has_secret: bool,
) -> impl IntoView {
    let button = Text::derive(move |locale| {
        let name = fields.name.with(|name| name.trim().to_owned());
        let name = if name.is_empty() { td_string!(locale, common.dash).to_owned() } else { name };
        td_string!(locale, directory.name_hint, button = td_string!(locale, sign_in.with, name = name))
    });
    view! {
        <TextField
            label=text!(directory.name)
            value=fields.name
            name="name"
            hint=button
            form
            autofocus=true
        />
        <TextField
            label=text!(directory.issuer)
            value=fields.issuer
            kind="url"
            name="issuer"
            hint=text!(directory.issuer_hint)
            form
        />
        <TextField label=text!(directory.client_id) value=fields.client_id name="client_id" form />
        <TextField
            label=text!(directory.client_secret)
            value=fields.client_secret
            kind="password"
            name="client_secret"
            autocomplete="new-password"
            hint=if has_secret { text!(directory.secret_kept) } else { text!(directory.secret_new) }
            form
            optional=true
        />
    }
}

/// Fields for who can sign in.
#[component]
fn UserFields(
    /// The form fields.
    fields: ProviderFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let links = move || {
        let all = EmailLinking::ALL.iter();
        all.map(|link| SelectOption::new(link.as_str(), email_link_label(i18n, *link))).collect::<Vec<_>>()
    };
    let about_links = Text::derive(move |locale| {
        let trusted = fields.link_by_email.with(|link| link == EmailLinking::Trusted.as_str());
        let hint = match trusted {
            true => td_string!(locale, directory.link_trusted_hint),
            false => td_string!(locale, directory.link_hint),
        };
        hint.to_owned()
    });
    view! {
        <Select
            label=text!(directory.link)
            name="link_by_email"
            options=Signal::derive(links)
            value=fields.link_by_email
            choose=move |link| fields.link_by_email.set(link)
            hint=about_links
        />
        <Checkbox
            label=text!(directory.create)
            hint=text!(directory.create_hint)
            name="create_users"
            value=fields.create_users
        />
    }
}

/// Fields that few providers need. They unfold if one of them is wrong.
#[component]
fn MoreFields(
    /// The form fields.
    fields: ProviderFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<leptos::html::Details>::new();
    let (scopes, claim) = (form.error("scopes"), form.error("group_claim"));
    Effect::new(move |_| {
        let is_wrong = scopes.with(Option::is_some) || claim.with(Option::is_some);
        if let Some(details) = node.get().filter(|_| is_wrong) {
            details.set_open(true);
        }
    });
    view! {
        <details class="more" node_ref=node>
            <summary>{t!(i18n, directory.more)}</summary>
            <div class="form">
                <TextField
                    label=text!(directory.scopes)
                    value=fields.scopes
                    name="scopes"
                    hint=text!(directory.scopes_hint)
                    form
                    optional=true
                />
                <TextField
                    label=text!(directory.group_claim)
                    value=fields.group_claim
                    name="group_claim"
                    hint=text!(directory.group_claim_hint)
                    form
                    optional=true
                />
                <Checkbox
                    label=text!(directory.form_post)
                    hint=text!(directory.form_post_hint)
                    name="form_post"
                    value=fields.form_post
                />
            </div>
        </details>
    }
}

//! A provider is added or changed. After that it is tested at once.

use super::{
    addresses::Addresses,
    desk::{Asking, Desk},
    fields::Entered,
    guide::{About, Guide},
    link_words,
};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        opened::{Late, Opened},
        select::{Choosable, Select},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::ProviderId,
    wire::providers::{EmailLink, ProviderView},
};

/// The dialog.
#[component]
pub fn ProviderDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = move || matches!(desk.asking.get(), Some(Asking::Add(_) | Asking::Change(_)));
    let title = move || match desk.asking.get() {
        Some(Asking::Change(provider)) => t_string!(i18n, directory.edit_title, name = provider.name),
        _ => t_string!(i18n, directory.add_title).to_owned(),
    };
    let content = move || match desk.asking.get_untracked() {
        Some(Asking::Add(id)) => Some(view! { <Entry id before=None desk /> }),
        Some(Asking::Change(provider)) => Some(view! { <Entry id=provider.id before=Some(*provider) desk /> }),
        _ => None,
    };
    view! {
        <TaskDialog
            open=Signal::derive(open)
            close=move |()| desk.asking.set(None)
            title=Signal::derive(title)
        >
            {content}
        </TaskDialog>
    }
}

#[component]
fn Entry(
    /// The provider.
    id: ProviderId,
    /// As it is now; nothing for a new one.
    before: Option<ProviderView>,
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let (entered, is_new) = (Entered::new(before.as_ref()), before.is_none());
    let (has_secret, before) = (before.as_ref().is_some_and(|one| one.has_secret), StoredValue::new(before));
    let path = format!("/sign-in-providers/{id}");
    let opened = before.get_value().map(|before| Opened::at(path, move |now| is_same(now, &before)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin(entered.checks()) {
            spawn_local(async move {
                let changed = before.with_value(|before| before.as_ref().map(|before| entered.changed(before)));
                let answer: Result<ProviderView, _> = match opened.zip(changed) {
                    Some((opened, changed)) => opened.patch(&changed).await,
                    None => desk.api.post("/sign-in-providers", &entered.added(id)).await,
                };
                match answer {
                    Ok(ProviderView { name, .. }) => {
                        toasts.good(if is_new {
                            tu_string!(i18n, directory.added, name = name)
                        } else {
                            tu_string!(i18n, directory.changed, name = name)
                        });
                        desk.asking.set(None);
                        desk.load();
                        desk.test(id);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            {opened.map(|opened| view! { <Late opened reload=move |()| desk.open_anew(id) /> })}
            <Addresses id base=Signal::derive(move || desk.base_url()) />
            <Guide about=About::SignIn />
            <Connection entered form has_secret />
            <People entered form />
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// Whether nothing that can be changed is another. Who came by it meanwhile does not count.
fn is_same(now: &ProviderView, before: &ProviderView) -> bool {
    let unused = |one: &ProviderView| ProviderView { users: 0, last_used_at: None, ..one.clone() };
    unused(now) == unused(before)
}

/// Where it is, and as what Seatkeeper is known there.
#[component]
fn Connection(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
    /// A client secret is stored.
    has_secret: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let button = move || {
        let name = entered.name.with(|name| name.trim().to_owned());
        let name = if name.is_empty() { t_string!(i18n, common.dash).to_owned() } else { name };
        Some(t_string!(i18n, directory.name_hint, button = t_string!(i18n, sign_in.with, name = name)))
    };
    let secret = move || {
        let hint =
            if has_secret { t_string!(i18n, directory.secret_kept) } else { t_string!(i18n, directory.secret_new) };
        Some(hint.to_owned())
    };
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, directory.name).to_owned())
            value=entered.name
            name="name"
            hint=Signal::derive(button)
            error=form.error("name")
            first=true
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, directory.issuer).to_owned())
            value=entered.issuer
            kind="url"
            name="issuer"
            hint=Signal::derive(move || Some(t_string!(i18n, directory.issuer_hint).to_owned()))
            error=form.error("issuer")
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, directory.client_id).to_owned())
            value=entered.client_id
            name="client_id"
            error=form.error("client_id")
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, directory.client_secret).to_owned())
            value=entered.client_secret
            kind="password"
            name="client_secret"
            autocomplete="new-password"
            hint=Signal::derive(secret)
            error=form.error("client_secret")
            optional=true
        />
    }
}

/// Who comes in.
#[component]
fn People(
    /// What is entered.
    entered: Entered,
    /// The form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let links = move || {
        EmailLink::ALL.iter().map(|link| Choosable::new(link.as_str(), link_words(i18n, *link))).collect::<Vec<_>>()
    };
    let about_links = move || {
        let trusted = entered.link_by_email.with(|link| link == EmailLink::Trusted.as_str());
        let hint =
            if trusted { t_string!(i18n, directory.link_trusted_hint) } else { t_string!(i18n, directory.link_hint) };
        Some(hint.to_owned())
    };
    view! {
        <Select
            label=Signal::derive(move || t_string!(i18n, directory.link).to_owned())
            name="link_by_email"
            options=Signal::derive(links)
            value=entered.link_by_email
            choose=move |link| entered.link_by_email.set(link)
            hint=Signal::derive(about_links)
        />
        <Check
            label=Signal::derive(move || t_string!(i18n, directory.create).to_owned())
            hint=Signal::derive(move || t_string!(i18n, directory.create_hint).to_owned())
            name="create_users"
            value=entered.create_users
        />
        <details class="more">
            <summary>{t!(i18n, directory.more)}</summary>
            <div class="form">
                <TextField
                    label=Signal::derive(move || t_string!(i18n, directory.scopes).to_owned())
                    value=entered.scopes
                    name="scopes"
                    hint=Signal::derive(move || Some(t_string!(i18n, directory.scopes_hint).to_owned()))
                    error=form.error("scopes")
                    optional=true
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, directory.group_claim).to_owned())
                    value=entered.group_claim
                    name="group_claim"
                    hint=Signal::derive(move || Some(t_string!(i18n, directory.group_claim_hint).to_owned()))
                    error=form.error("group_claim")
                    optional=true
                />
                <Check
                    label=Signal::derive(move || t_string!(i18n, directory.form_post).to_owned())
                    hint=Signal::derive(move || t_string!(i18n, directory.form_post_hint).to_owned())
                    name="form_post"
                    value=entered.form_post
                />
            </div>
        </details>
        <Check
            label=Signal::derive(move || t_string!(i18n, directory.enabled).to_owned())
            hint=Signal::derive(move || t_string!(i18n, directory.enabled_hint).to_owned())
            name="enabled"
            value=entered.enabled
        />
    }
}

/// Something that is so or not, and what that means.
#[component]
pub fn Check(
    /// What.
    #[prop(into)]
    label: Signal<String>,
    /// What that means.
    #[prop(into)]
    hint: Signal<String>,
    /// The field's name.
    name: &'static str,
    /// Whether it is so.
    value: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type="checkbox"
                name=name
                prop:checked=move || value.get()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            <span>{move || label.get()} <small>{move || hint.get()}</small></span>
        </label>
    }
}

//! Dialog to add or change a sign-in provider. The provider is tested after saving.

use super::{
    addresses::Addresses,
    email_link_label,
    guide::{Guide, GuideTopic},
    provider_fields::ProviderFields,
    state::{DirectoryPageState, ProviderDialogKind},
};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        edit_conflict::{ConflictNotice, VersionedEdit},
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::Endpoint,
    ids::ProviderId,
    wire::providers::{EmailLinking, ProviderView},
};

#[component]
pub fn ProviderDialog(
    /// Shared state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let open =
        move || matches!(page.open_dialog.get(), Some(ProviderDialogKind::Add(_) | ProviderDialogKind::Change(_)));
    let title = move || match page.open_dialog.get() {
        Some(ProviderDialogKind::Change(provider)) => t_string!(i18n, directory.edit_title, name = provider.name),
        _ => t_string!(i18n, directory.add_title).to_owned(),
    };
    let content = move || match page.open_dialog.get_untracked() {
        Some(ProviderDialogKind::Add(id)) => Some(view! { <ProviderForm id before=None page /> }),
        Some(ProviderDialogKind::Change(provider)) => {
            Some(view! { <ProviderForm id=provider.id before=Some(*provider) page /> })
        }
        _ => None,
    };
    view! {
        <TaskDialog
            open=Signal::derive(open)
            close=move |()| page.open_dialog.set(None)
            title=Signal::derive(title)
        >
            {content}
        </TaskDialog>
    }
}

#[component]
fn ProviderForm(
    /// The provider shown.
    id: ProviderId,
    /// The current provider; `None` for a new one.
    before: Option<ProviderView>,
    /// Shared state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let (fields, is_new) = (ProviderFields::new(before.as_ref()), before.is_none());
    let (has_secret, before) = (before.as_ref().is_some_and(|one| one.has_secret), StoredValue::new(before));
    let edit = before.get_value().map(|before| {
        VersionedEdit::of(Endpoint::get(format!("/sign-in-providers/{id}")), move |now| same_settings(now, &before))
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin(fields.checks()) {
            spawn_local(async move {
                let changed = before.with_value(|before| before.as_ref().map(|before| fields.changed(before)));
                let answer: Result<ProviderView, _> = match edit.zip(changed) {
                    Some((edit, changed)) => {
                        edit.send(Endpoint::patch(format!("/sign-in-providers/{id}"), &changed)).await
                    }
                    None => page.api.post("/sign-in-providers", &fields.add_request(id)).await,
                };
                match answer {
                    Ok(ProviderView { name, .. }) => {
                        toasts.success(if is_new {
                            tu_string!(i18n, directory.added, name = name)
                        } else {
                            tu_string!(i18n, directory.changed, name = name)
                        });
                        page.open_dialog.set(None);
                        page.load();
                        page.test(id);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            {edit.map(|edit| view! { <ConflictNotice edit reload=move |()| page.reopen_dialog(id) /> })}
            <Addresses id base=Signal::derive(move || page.base_url()) />
            <Guide topic=GuideTopic::SignIn />
            <ConnectionFields fields form has_secret />
            <UserFields fields form />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.open_dialog.set(None)>
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

/// Whether the settings are the same. Usage counts are ignored.
fn same_settings(now: &ProviderView, before: &ProviderView) -> bool {
    let unused = |one: &ProviderView| ProviderView { users: 0, last_used_at: None, ..one.clone() };
    unused(now) == unused(before)
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
    let i18n = use_i18n();
    let button = move || {
        let name = fields.name.with(|name| name.trim().to_owned());
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
            value=fields.name
            name="name"
            hint=Signal::derive(button)
            error=form.error("name")
            autofocus=true
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, directory.issuer).to_owned())
            value=fields.issuer
            kind="url"
            name="issuer"
            hint=Signal::derive(move || Some(t_string!(i18n, directory.issuer_hint).to_owned()))
            error=form.error("issuer")
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, directory.client_id).to_owned())
            value=fields.client_id
            name="client_id"
            error=form.error("client_id")
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, directory.client_secret).to_owned())
            value=fields.client_secret
            kind="password"
            name="client_secret"
            autocomplete="new-password"
            hint=Signal::derive(secret)
            error=form.error("client_secret")
            optional=true
        />
    }
}

/// Fields for who can sign in.
#[component]
fn UserFields(
    /// The form fields.
    fields: ProviderFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let links = move || {
        EmailLinking::ALL
            .iter()
            .map(|link| SelectOption::new(link.as_str(), email_link_label(i18n, *link)))
            .collect::<Vec<_>>()
    };
    let about_links = move || {
        let trusted = fields.link_by_email.with(|link| link == EmailLinking::Trusted.as_str());
        let hint =
            if trusted { t_string!(i18n, directory.link_trusted_hint) } else { t_string!(i18n, directory.link_hint) };
        Some(hint.to_owned())
    };
    view! {
        <Select
            label=Signal::derive(move || t_string!(i18n, directory.link).to_owned())
            name="link_by_email"
            options=Signal::derive(links)
            value=fields.link_by_email
            choose=move |link| fields.link_by_email.set(link)
            hint=Signal::derive(about_links)
        />
        <Checkbox
            label=Signal::derive(move || t_string!(i18n, directory.create).to_owned())
            hint=Signal::derive(move || t_string!(i18n, directory.create_hint).to_owned())
            name="create_users"
            value=fields.create_users
        />
        <details class="more">
            <summary>{t!(i18n, directory.more)}</summary>
            <div class="form">
                <TextField
                    label=Signal::derive(move || t_string!(i18n, directory.scopes).to_owned())
                    value=fields.scopes
                    name="scopes"
                    hint=Signal::derive(move || Some(t_string!(i18n, directory.scopes_hint).to_owned()))
                    error=form.error("scopes")
                    optional=true
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, directory.group_claim).to_owned())
                    value=fields.group_claim
                    name="group_claim"
                    hint=Signal::derive(move || Some(t_string!(i18n, directory.group_claim_hint).to_owned()))
                    error=form.error("group_claim")
                    optional=true
                />
                <Checkbox
                    label=Signal::derive(move || t_string!(i18n, directory.form_post).to_owned())
                    hint=Signal::derive(move || t_string!(i18n, directory.form_post_hint).to_owned())
                    name="form_post"
                    value=fields.form_post
                />
            </div>
        </details>
        <Checkbox
            label=Signal::derive(move || t_string!(i18n, directory.enabled).to_owned())
            hint=Signal::derive(move || t_string!(i18n, directory.enabled_hint).to_owned())
            name="enabled"
            value=fields.enabled
        />
    }
}

/// Checkbox with a label and an explanation.
#[component]
pub fn Checkbox(
    /// Label of the checkbox.
    #[prop(into)]
    label: Signal<String>,
    /// Explanation.
    #[prop(into)]
    hint: Signal<String>,
    /// Name of the input.
    name: &'static str,
    /// Whether it is checked.
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

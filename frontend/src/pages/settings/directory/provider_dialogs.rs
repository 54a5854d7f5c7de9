//! Adding, changing and deleting a sign-in provider. It is tested after saving.

use super::{provider_fields::ProviderFields, provider_form::ProviderFieldset, state::DirectoryPageState};
use crate::{
    api::Api,
    i18n::*,
    text::text,
    ui::{
        edit_conflict::VersionedEdit,
        focus::restore_focus,
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs, FormDialog},
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, ids::ProviderId, problem::Code, wire::providers::ProviderView};

/// The root class of the page.
const SCOPE: &str = "settings-page";

#[component]
pub fn AddProvider(
    /// The id of the new provider.
    id: ProviderId,
    /// The state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let fields = ProviderFields::new(None);
    let submit = move |()| {
        let request = || endpoints::providers::add(&fields.add_request(id));
        form.submit(fields.checks(), request, move |ProviderView { name, .. }| {
            toasts.success(tu_string!(i18n, directory.added, name = name));
            page.saved(id);
            dialogs.close_if(form);
        });
    };
    view! {
        <FormDialog title=text!(directory.add_title) form scope=SCOPE submit>
            <ProviderFieldset fields form id page has_secret=false />
        </FormDialog>
    }
}

#[component]
pub fn ChangeProvider(
    /// The provider before the change.
    before: ProviderView,
    /// The state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, dialogs, api) = (Toasts::get(), Dialogs::get(), Api::get());
    let form = Form::default().shows_at("enabled", Code::LastProvider);
    let (id, fields, has_secret) = (before.id, ProviderFields::new(Some(&before)), before.has_secret);
    let (name, shown) = (before.name.clone(), before.clone());
    let edit = VersionedEdit::of(endpoints::providers::one(id), move |now| same_settings(now, &shown));
    let submit = move |()| {
        let change = endpoints::providers::change(id, &fields.changed(&before));
        form.run(fields.checks(), edit.send(change), move |ProviderView { name, .. }| {
            toasts.success(tu_string!(i18n, directory.changed, name = name));
            page.saved(id);
            dialogs.close_if(form);
        });
    };
    let reload = move |()| {
        form.run([], api.send(endpoints::providers::one(id)), move |now| {
            page.replace(&now);
            if form.is_open() {
                dialogs.reopen();
            }
        });
    };
    view! {
        <FormDialog title=text!(directory.edit_title, name = name.clone()) form scope=SCOPE submit edit reload>
            <ProviderFieldset fields form id page has_secret />
        </FormDialog>
    }
}

/// Whether the settings are the same. Usage counts are ignored.
fn same_settings(now: &ProviderView, before: &ProviderView) -> bool {
    let unused = |one: &ProviderView| ProviderView { users: 0, last_used_at: None, ..one.clone() };
    unused(now) == unused(before)
}

#[component]
pub fn DeleteProvider(
    /// The provider to delete.
    provider: ProviderView,
    /// The state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let ProviderView { id, name, .. } = provider;
    let deleted = name.clone();
    let action = move |()| {
        let name = deleted.clone();
        form.submit(
            [],
            || endpoints::providers::delete(id),
            move |()| {
                toasts.success(tu_string!(i18n, directory.deleted, name = name));
                page.remove(id);
                dialogs.close_if(form);
                // The row with the button is gone.
                restore_focus("#providers-title");
            },
        );
    };
    view! {
        <ConfirmDialog
            title=text!(directory.delete_title, name = name.clone())
            form
            action
            confirm=text!(directory.delete_confirm)
        >
            <p>{t!(i18n, directory.delete_text)}</p>
        </ConfirmDialog>
    }
}

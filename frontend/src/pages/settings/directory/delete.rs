//! Confirmation before a provider is deleted.

use super::state::{DirectoryPageState, ProviderDialogKind};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::providers::ProviderView;

#[component]
pub fn DeleteDialog(
    /// Shared state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let provider_to_delete = move || match page.open_dialog.get() {
        Some(ProviderDialogKind::Delete(provider)) => Some(*provider),
        _ => None,
    };
    let title = move || {
        t_string!(
            i18n,
            directory.delete_title,
            name = provider_to_delete().map(|provider| provider.name).unwrap_or_default()
        )
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || provider_to_delete().is_some())
            close=move |()| page.open_dialog.set(None)
            title=Signal::derive(title)
        >
            {move || untrack(provider_to_delete).map(|provider| view! { <DeleteForm provider page /> })}
        </TaskDialog>
    }
}

#[component]
fn DeleteForm(
    /// The provider to delete.
    provider: ProviderView,
    /// Shared state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([]) {
            let (id, name) = (provider.id, provider.name.clone());
            spawn_local(async move {
                match page.api.delete(&format!("/sign-in-providers/{id}")).await {
                    Ok(()) => {
                        toasts.success(tu_string!(i18n, directory.deleted, name = name));
                        page.open_dialog.set(None);
                        page.load();
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, directory.delete_text)}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| page.open_dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, directory.delete_confirm)}
                </button>
            </div>
        </form>
    }
}

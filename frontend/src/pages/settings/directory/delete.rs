//! The question before a provider is deleted.

use super::desk::{Asking, Desk};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::wire::providers::ProviderView;

/// The dialog.
#[component]
pub fn DeleteDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let which = move || match desk.asking.get() {
        Some(Asking::Delete(provider)) => Some(*provider),
        _ => None,
    };
    let title = move || {
        t_string!(i18n, directory.delete_title, name = which().map(|provider| provider.name).unwrap_or_default())
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || which().is_some())
            close=move |()| desk.asking.set(None)
            title=Signal::derive(title)
        >
            {move || untrack(which).map(|provider| view! { <Delete provider desk /> })}
        </TaskDialog>
    }
}

#[component]
fn Delete(
    /// Which.
    provider: ProviderView,
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([]) {
            let (id, name) = (provider.id, provider.name.clone());
            spawn_local(async move {
                match desk.api.delete(&format!("/sign-in-providers/{id}")).await {
                    Ok(()) => {
                        toasts.good(tu_string!(i18n, directory.deleted, name = name));
                        desk.asking.set(None);
                        desk.load();
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, directory.delete_text)}</p>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| desk.asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, directory.delete_confirm)}
                </button>
            </div>
        </form>
    }
}

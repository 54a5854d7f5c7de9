//! Confirmation before a token is replaced or a directory deleted.

use super::state::{Confirmation, ScimState};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        focus::restore_focus,
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn ConfirmDialog(
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || match scim.confirmation.get() {
        Some(Confirmation::Rotate(directory)) => t_string!(i18n, scim.rotate_title, name = directory.name),
        Some(Confirmation::Delete(directory)) => t_string!(i18n, scim.delete_title, name = directory.name),
        None => String::new(),
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || scim.confirmation.with(Option::is_some))
            close=move |()| scim.confirmation.set(None)
            title=Signal::derive(title)
        >
            {move || scim.confirmation.get_untracked().map(|confirmation| view! { <ConfirmForm confirmation scim /> })}
        </TaskDialog>
    }
}

#[component]
fn ConfirmForm(
    /// The action to confirm.
    confirmation: Confirmation,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let is_delete = matches!(confirmation, Confirmation::Delete(_));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([]) {
            let confirmation = confirmation.clone();
            spawn_local(async move {
                let done = match &confirmation {
                    Confirmation::Rotate(one) => {
                        let answer = scim.api.post(&format!("/directories/{}/rotate", one.id), &()).await;
                        answer.map(|made| scim.new_token.set(Some(made)))
                    }
                    Confirmation::Delete(one) => {
                        let answer = scim.api.delete(&format!("/directories/{}", one.id)).await;
                        answer.map(|()| toasts.success(tu_string!(i18n, scim.deleted, name = one.name.clone())))
                    }
                };
                match done {
                    Ok(()) => {
                        scim.confirmation.set(None);
                        scim.reload().await;
                        // The row with the button is gone.
                        restore_focus("#directories-title");
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let text = move || if is_delete { t_string!(i18n, scim.delete_text) } else { t_string!(i18n, scim.rotate_text) };
    let confirm =
        move || if is_delete { t_string!(i18n, scim.delete_confirm) } else { t_string!(i18n, scim.rotate_confirm) };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{text}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| scim.confirmation.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {confirm}
                </button>
            </div>
        </form>
    }
}

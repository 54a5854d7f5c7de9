//! The question before a token is replaced or a directory deleted.

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

/// The dialog.
#[component]
pub fn AskDialog(
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || match desk.asking.get() {
        Some(Asking::Rotate(directory)) => t_string!(i18n, scim.rotate_title, name = directory.name),
        Some(Asking::Delete(directory)) => t_string!(i18n, scim.delete_title, name = directory.name),
        None => String::new(),
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || desk.asking.with(Option::is_some))
            close=move |()| desk.asking.set(None)
            title=Signal::derive(title)
        >
            {move || desk.asking.get_untracked().map(|asking| view! { <Ask asking desk /> })}
        </TaskDialog>
    }
}

#[component]
fn Ask(
    /// What is asked.
    asking: Asking,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let deletes = matches!(asking, Asking::Delete(_));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([]) {
            let asking = asking.clone();
            spawn_local(async move {
                let done = match &asking {
                    Asking::Rotate(one) => {
                        let answer = desk.api.post(&format!("/directories/{}/rotate", one.id), &()).await;
                        answer.map(|made| desk.made.set(Some(made)))
                    }
                    Asking::Delete(one) => {
                        let answer = desk.api.delete(&format!("/directories/{}", one.id)).await;
                        answer.map(|()| toasts.good(tu_string!(i18n, scim.deleted, name = one.name.clone())))
                    }
                };
                match done {
                    Ok(()) => {
                        desk.asking.set(None);
                        desk.load();
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    let text = move || if deletes { t_string!(i18n, scim.delete_text) } else { t_string!(i18n, scim.rotate_text) };
    let confirm =
        move || if deletes { t_string!(i18n, scim.delete_confirm) } else { t_string!(i18n, scim.rotate_confirm) };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{text}</p>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| desk.asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {confirm}
                </button>
            </div>
        </form>
    }
}

//! Confirmation before a ticket is removed from the queue.

use super::state::SessionsPageState;
use crate::{
    api::Api,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn RemoveTicketDialog(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = Signal::derive(move || page.ticket_to_remove.with(Option::is_some));
    let name = move || page.ticket_to_remove.with(|ticket| ticket.as_ref().map(|ticket| ticket.user_name.clone()));
    let title = move || t_string!(i18n, queue.drop_title, name = name().unwrap_or_default());
    view! {
        <TaskDialog open close=move |()| page.ticket_to_remove.set(None) title=Signal::derive(title)>
            <ConfirmForm page />
        </TaskDialog>
    }
}

#[component]
fn ConfirmForm(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts, form) = (Api::get(), Toasts::get(), Form::default());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(ticket) = page.ticket_to_remove.get_untracked() else { return };
        if form.begin([]) {
            spawn_local(async move {
                match api.delete(&format!("/tickets/{}", ticket.id)).await {
                    Ok(()) => {
                        toasts.success(tu_string!(i18n, queue.drop_done, name = ticket.user_name));
                        form.done();
                        page.ticket_to_remove.set(None);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, queue.drop_text)}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| page.ticket_to_remove.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, queue.drop_confirm)}
                </button>
            </div>
        </form>
    }
}

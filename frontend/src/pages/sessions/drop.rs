//! The question before somebody is taken out of the line.

use super::board::Board;
use crate::{
    api::Api,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};

/// The question.
#[component]
pub fn DropDialog(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = Signal::derive(move || board.dropping.with(Option::is_some));
    let name = move || board.dropping.with(|ticket| ticket.as_ref().map(|ticket| ticket.user_name.clone()));
    let title = move || t_string!(i18n, queue.drop_title, name = name().unwrap_or_default());
    view! {
        <TaskDialog open close=move |()| board.dropping.set(None) title=Signal::derive(title)>
            <Question board />
        </TaskDialog>
    }
}

#[component]
fn Question(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, toasts, form) = (Api::get(), Toasts::get(), Form::default());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(ticket) = board.dropping.get_untracked() else { return };
        if form.begin([]) {
            spawn_local(async move {
                match api.delete(&format!("/tickets/{}", ticket.id)).await {
                    Ok(()) => {
                        toasts.good(tu_string!(i18n, queue.drop_done, name = ticket.user_name));
                        form.done();
                        board.dropping.set(None);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, queue.drop_text)}</p>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| board.dropping.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, queue.drop_confirm)}
                </button>
            </div>
        </form>
    }
}

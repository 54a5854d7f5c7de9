//! The question before somebody is suspended.

use super::desk::{Desk, Task};
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
use seatkeeper_shared::{
    people::UserStatus,
    wire::users::{ChangeUser, UserView},
};

/// The question.
#[component]
pub fn SuspendDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let user = Memo::new(move |_| match desk.task.get() {
        Some(Task::Suspend(user)) => Some(user),
        _ => None,
    });
    let name = move || user.get().map(|user| user.name).unwrap_or_default();
    view! {
        <TaskDialog
            open=Signal::derive(move || user.with(Option::is_some))
            close=move |()| desk.task.set(None)
            title=Signal::derive(move || t_string!(i18n, users.suspend_title, name = name()))
        >
            {move || user.get().map(|user| view! { <Question desk user /> })}
        </TaskDialog>
    }
}

#[component]
fn Question(
    /// The page.
    desk: Desk,
    /// Who.
    user: UserView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let id = user.id;
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin([]) {
            return;
        }
        let change = ChangeUser { status: Some(UserStatus::Suspended), ..ChangeUser::default() };
        spawn_local(async move {
            match desk.api.patch::<UserView>(&format!("/users/{id}"), &change).await {
                Ok(user) => {
                    toasts.good(tu_string!(i18n, users.suspended_done, name = user.name.clone()));
                    desk.put(user);
                    desk.task.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, users.suspend_text)}</p>
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| desk.task.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, users.suspend_confirm)}
                </button>
            </div>
        </form>
    }
}

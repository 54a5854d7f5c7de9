//! The managers of the open group.

use super::state::{GroupDialog, GroupsPageState};
use crate::{
    i18n::*,
    labels,
    ui::{
        dialog::TaskDialog,
        error_message::{ErrorMessage, failure_text},
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::A;
use seatkeeper_shared::{
    ids::UserId,
    permissions::Action,
    problem::Code,
    wire::{
        Page,
        groups::{GroupDetail, GroupManager, Members},
        users::UserView,
    },
};
use std::collections::BTreeSet;

#[component]
pub fn Managers(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let managers = Memo::new(move |_| page.with(|group| group.managers.clone()).unwrap_or_default());
    let line = move |manager: GroupManager| {
        let open = !manager.limited_to_groups;
        view! {
            <li>
                <A href=format!("/users/{}", manager.id)>{manager.name}</A>
                {open.then(|| view! { <span class="muted">{t!(i18n, groups.not_limited)}</span> })}
            </li>
        }
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, groups.managers)}</h2>
                <Show when=move || page.may(Action::ManageRoles)>
                    <button
                        type="button"
                        class="button small"
                        on:click=move |_| page.dialog.set(Some(GroupDialog::Managers))
                    >
                        {t!(i18n, groups.edit_managers)}
                    </button>
                </Show>
            </div>
            <Show
                when=move || !managers.with(Vec::is_empty)
                fallback=move || view! { <p class="muted">{t!(i18n, groups.no_managers)}</p> }
            >
                <ul class="lines">{move || managers.get().into_iter().map(line).collect_view()}</ul>
            </Show>
            <p class="hint">{t!(i18n, groups.managers_hint)}</p>
        </section>
    }
}

/// The dialog that chooses the managers.
#[component]
pub fn ManagersDialog(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || page.dialog.get() == Some(GroupDialog::Managers))
            close=move |()| page.dialog.set(None)
            title=Signal::derive(move || t_string!(i18n, groups.managers_title, name = page.name()))
        >
            {move || {
                // Redrawn when the group is reloaded: selections based on the previous managers are discarded.
                page.tag.track();
                view! { <Choose page /> }
            }}
        </TaskDialog>
    }
}

#[component]
fn Choose(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let all = RwSignal::new(None::<Vec<UserView>>);
    let now: BTreeSet<UserId> =
        untrack(|| page.with(|group| group.managers.iter().map(|one| one.id).collect())).unwrap_or_default();
    let selected = RwSignal::new(now);
    spawn_local(async move {
        match page.api.read::<Page<UserView>>("/users?role=manager&limit=500").await {
            Ok(users) => drop(all.try_set(Some(users.items))),
            Err(failure) => form.failed(failure),
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(id) = page.id.get_untracked().filter(|_| form.begin([])) else { return };
        let body = Members { user_ids: selected.get_untracked().into_iter().collect() };
        spawn_local(async move {
            let tag = page.tag.get_untracked();
            match page.api.put_if::<GroupDetail>(&format!("/groups/{id}/managers"), &tag, &body).await {
                Ok((group, tag)) => {
                    toasts.success(tu_string!(i18n, groups.saved));
                    page.dialog.set(None);
                    page.group.set(Some(group));
                    page.tag.set(tag);
                }
                Err(failure) if failure.code() == Some(Code::ChangedMeanwhile) => {
                    toasts.error(untrack(|| labels::failure(i18n, &failure)));
                    form.done();
                    page.load();
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    let one = move |user: UserView| {
        let id = user.id;
        let toggle = move |_| {
            selected.update(|all| {
                if !all.remove(&id) {
                    all.insert(id);
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=move || selected.with(|all| all.contains(&id)) on:change=toggle />
                <span>
                    {user.name}
                    <small>{user.email}</small>
                </span>
            </label>
        }
    };
    let none = move || all.with(|all| all.as_ref().is_some_and(Vec::is_empty));
    view! {
        <form class="form" novalidate on:submit=submit>
            <Show when=none>
                <p class="muted">{t!(i18n, groups.no_candidates)}</p>
            </Show>
            <fieldset class="check-list">
                <legend class="vh">{t!(i18n, groups.managers)}</legend>
                {move || all.get().unwrap_or_default().into_iter().map(one).collect_view()}
            </fieldset>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| page.dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

//! Who manages the open group, and choosing that.

use super::desk::{Asking, Desk};
use crate::{
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        form::Form,
        toast::Toasts,
    },
    words,
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

/// The managers.
#[component]
pub fn Managers(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let managers = Memo::new(move |_| desk.with(|group| group.managers.clone()).unwrap_or_default());
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
                <Show when=move || desk.may(Action::ManageRoles)>
                    <button type="button" class="button small" on:click=move |_| desk.asking.set(Some(Asking::Managers))>
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

/// Chooses them.
#[component]
pub fn ManagersDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || desk.asking.get() == Some(Asking::Managers))
            close=move |()| desk.asking.set(None)
            title=Signal::derive(move || t_string!(i18n, groups.managers_title, name = desk.name()))
        >
            {move || {
                // Those who were ticked on what was there before are not ticked on what is there now.
                desk.tag.track();
                view! { <Choose desk /> }
            }}
        </TaskDialog>
    }
}

#[component]
fn Choose(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let all = RwSignal::new(None::<Vec<UserView>>);
    let now: BTreeSet<UserId> =
        untrack(|| desk.with(|group| group.managers.iter().map(|one| one.id).collect())).unwrap_or_default();
    let ticked = RwSignal::new(now);
    spawn_local(async move {
        match desk.api.read::<Page<UserView>>("/users?role=manager&limit=500").await {
            Ok(page) => drop(all.try_set(Some(page.items))),
            Err(failure) => form.failed(failure),
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(id) = desk.id.get_untracked().filter(|_| form.begin([])) else { return };
        let body = Members { user_ids: ticked.get_untracked().into_iter().collect() };
        spawn_local(async move {
            let tag = desk.tag.get_untracked();
            match desk.api.put_if::<GroupDetail>(&format!("/groups/{id}/managers"), &tag, &body).await {
                Ok((group, tag)) => {
                    toasts.good(tu_string!(i18n, groups.saved));
                    desk.asking.set(None);
                    desk.group.set(Some(group));
                    desk.tag.set(tag);
                }
                Err(failure) if failure.code() == Some(Code::ChangedMeanwhile) => {
                    toasts.bad(untrack(|| words::failure(i18n, &failure)));
                    form.done();
                    desk.load();
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    let one = move |user: UserView| {
        let id = user.id;
        let toggle = move |_| {
            ticked.update(|all| {
                if !all.remove(&id) {
                    all.insert(id);
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=move || ticked.with(|all| all.contains(&id)) on:change=toggle />
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
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| desk.asking.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

//! The members of the open group: finding and adding users, removing members, both with undo.

use super::state::GroupsPageState;
use crate::{
    api::Failure,
    i18n::*,
    labels,
    ui::{
        empty_state::{LoadError, Skeleton},
        icon::{Glyph, Icon},
        person::Person,
        search::SearchField,
        toast::Toasts,
    },
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::A;
use seatkeeper_shared::{
    permissions::Action,
    wire::{
        Page,
        groups::{ChangeMembers, GroupView},
        users::UserView,
    },
};

/// The delay after the last keystroke before the search is sent.
const SEARCH_DEBOUNCE_MS: u32 = 180;

#[component]
pub fn Members(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (members, next) = (RwSignal::new(None::<Vec<UserView>>), RwSignal::new(None::<String>));
    let (failure, busy) = (RwSignal::new(None::<Failure>), RwSignal::new(false));
    let load = move |after: Option<String>| {
        let Some(id) = page.id.get_untracked() else { return };
        busy.set(true);
        let after_part = after.as_ref().map(|after| format!("&after={after}")).unwrap_or_default();
        spawn_local(async move {
            let answer = page.api.read::<Page<UserView>>(&format!("/users?group={id}&limit=50{after_part}")).await;
            if page.id.try_get_untracked() != Some(Some(id)) {
                return;
            }
            busy.set(false);
            match answer {
                Ok(found) => {
                    failure.set(None);
                    next.set(found.next);
                    members.update(|all| {
                        let before = all.take().filter(|_| after.is_some());
                        *all = Some([before.unwrap_or_default(), found.items].concat());
                    });
                }
                Err(wrong) => failure.set(Some(wrong)),
            }
        });
    };
    let more = move |_| {
        if !busy.get_untracked() {
            load(next.get_untracked());
        }
    };
    Effect::new(move |_| {
        page.id.track();
        page.member_changes.track();
        load(None);
    });
    let may = move || page.may(Action::ManageUsers);
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, groups.member_list)}</h2>
            </div>
            <Show when=may>
                <AddMember page />
            </Show>
            {move || {
                let retry = move |()| load(None);
                failure.get().map(|failure| view! { <LoadError failure=Signal::stored(failure) retry /> })
            }}
            <Show when=move || members.with(Option::is_none) && failure.with(Option::is_none)>
                <Skeleton rows=3 />
            </Show>
            <Show when=move || members.with(|all| all.as_ref().is_some_and(Vec::is_empty))>
                <p class="muted">{t!(i18n, groups.no_members)}</p>
            </Show>
            <Show when=move || members.with(|all| all.as_ref().is_some_and(|all| !all.is_empty()))>
                <ul class="lines">
                    <For each=move || members.get().unwrap_or_default() key=|user| user.id let:user>
                        <Member page user />
                    </For>
                </ul>
            </Show>
            <Show when=move || next.with(Option::is_some)>
                <div>
                    <button
                        type="button"
                        class="button small"
                        aria-disabled=move || busy.get().to_string()
                        on:click=more
                    >
                        {t!(i18n, groups.more)}
                    </button>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Member(
    /// The state of the page.
    page: GroupsPageState,
    /// The member.
    user: UserView,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let user = StoredValue::new(user);
    let name = move || user.with_value(|user| user.name.clone());
    let take_out = move |_| change_membership(page, i18n, toasts, user.get_value(), false);
    view! {
        <li>
            <A href=user.with_value(|user| format!("/users/{}", user.id)) attr:class="who-link">
                <Person
                    name=Signal::stored(name())
                    email=Signal::stored(user.with_value(|user| user.email.clone()))
                />
            </A>
            <Show when=move || page.may(Action::ManageUsers)>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || t_string!(i18n, groups.remove_member, name = name())
                    on:click=take_out
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </Show>
        </li>
    }
}

/// Adds a user to the group or removes them; the toast offers to undo it.
fn change_membership(page: GroupsPageState, i18n: crate::format::Texts, toasts: Toasts, user: UserView, add: bool) {
    let Some(group) = page.id.get_untracked() else { return };
    let path = format!("/groups/{group}/members");
    let body = move |add: bool| {
        let (who, nobody) = (vec![user.id], Vec::new());
        if add { ChangeMembers { add: who, remove: nobody } } else { ChangeMembers { add: nobody, remove: who } }
    };
    spawn_local(async move {
        match page.api.post::<GroupView>(&path, &body(add)).await {
            Ok(_) => {
                page.members_changed();
                let text = if add {
                    tu_string!(i18n, groups.member_added, name = user.name)
                } else {
                    tu_string!(i18n, groups.member_removed, name = user.name)
                };
                let api = page.api;
                toasts.with_undo(text, move || {
                    let (path, back) = (path.clone(), body(!add));
                    spawn_local(async move {
                        match api.post::<GroupView>(&path, &back).await {
                            Ok(_) => toasts.success(tu_string!(i18n, bulk.undone)),
                            Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
                        }
                        // Another page may be open by now.
                        if page.member_changes.try_get_untracked().is_some() {
                            page.members_changed();
                        }
                    });
                });
            }
            Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
        }
    });
}

/// Searches for users to add.
#[component]
fn AddMember(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = Toasts::get();
    let (q, found) = (RwSignal::new(String::new()), RwSignal::new(None::<Vec<UserView>>));
    let search = move |text: String| {
        q.set(text.clone());
        if text.trim().is_empty() {
            found.set(None);
            return;
        }
        spawn_local(async move {
            TimeoutFuture::new(SEARCH_DEBOUNCE_MS).await;
            // The text has changed since, or the page was closed.
            if q.try_get_untracked().as_ref() != Some(&text) {
                return;
            }
            let address = format!("/users?limit=8&q={}", js_sys::encode_uri_component(text.trim()));
            let answer = page.api.read::<Page<UserView>>(&address).await;
            if q.try_get_untracked().as_ref() == Some(&text) {
                found.set(answer.ok().map(|users| users.items));
            }
        });
    };
    let line = move |user: UserView| {
        let within = page.id.get().is_some_and(|id| user.group_ids.contains(&id));
        let (name, email) = (user.name.clone(), user.email.clone());
        let label = name.clone();
        let put_in = move |_| {
            change_membership(page, i18n, toasts, user.clone(), true);
            q.set(String::new());
            found.set(None);
        };
        view! {
            <li>
                <Person name=Signal::stored(name) email=Signal::stored(email) />
                {if within {
                    view! { <span class="muted">{t!(i18n, groups.in_already)}</span> }.into_any()
                } else {
                    view! {
                        <button
                            type="button"
                            class="icon-button"
                            aria-label=move || t_string!(i18n, groups.add_member, name = label.clone())
                            on:click=put_in
                        >
                            <Icon glyph=Glyph::Plus />
                        </button>
                    }
                        .into_any()
                }}
            </li>
        }
    };
    view! {
        <div role="group" aria-label=move || t_string!(i18n, groups.find)>
            <SearchField value=q.into() search />
            <div role="status">
                {move || {
                    found
                        .get()
                        .map(|all| {
                            if all.is_empty() {
                                view! { <p class="muted">{t!(i18n, groups.found_none)}</p> }.into_any()
                            } else {
                                view! { <ul class="lines">{all.into_iter().map(line).collect_view()}</ul> }.into_any()
                            }
                        })
                }}
            </div>
        </div>
    }
}

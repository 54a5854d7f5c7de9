//! The members of the open group: finding and adding users, removing members, both with undo.

use super::state::GroupsPageState;
use crate::{
    api::Api,
    i18n::*,
    labels,
    text::text,
    ui::{
        icon::{Glyph, Icon},
        keyed_list::For,
        links::{Named, NamedLink},
        person::Person,
        query::{LoadState, Loaded, Paged, Query},
        search::SearchField,
        show::Show,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints,
    ids::{GroupId, UserId},
    permissions::Action,
    wire::{groups::ChangeMembers, users::UserView},
};

/// The most users that a search for new members shows.
const MAX_FOUND: usize = 8;

#[component]
pub fn Members(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let request = move || {
        page.member_changes.track();
        page.id.get().map(endpoints::users::members)
    };
    let members = Paged::new(request, |_, _| false);
    let items = members.items();
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, groups.member_list)}</h2>
            </div>
            <Show when=move || page.may(Action::ManageUsers)>
                <AddMember page />
            </Show>
            <Loaded status=members.status()>
                <Show when=move || items.with(Vec::is_empty)>
                    <p class="muted">{t!(i18n, groups.no_members)}</p>
                </Show>
                <ul class="lines">
                    <For each=move || items.get() key=|user| user.id let:user>
                        <Member page user />
                    </For>
                </ul>
                <Show when=move || members.has_more()>
                    <div>
                        <button
                            type="button"
                            class="button small"
                            aria-disabled=move || members.status().is_loading().to_string()
                            on:click=move |_| members.load_more()
                        >
                            {t!(i18n, groups.more)}
                        </button>
                    </div>
                </Show>
            </Loaded>
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
    let change = MembershipChange::new(page);
    let UserView { id, name, email, .. } = user;
    let label = name.clone();
    let shown = name.clone();
    let remove = move |_| change.carry_out(id, label.clone(), false);
    view! {
        <li>
            <NamedLink to=Named::User(id) class="who-link">
                <Person name=Signal::stored(shown) email=Signal::stored(email) />
            </NamedLink>
            <Show when=move || page.may(Action::ManageUsers)>
                <button
                    type="button"
                    class="icon-button"
                    aria-label={
                        let name = name.clone();
                        move || t_string!(i18n, groups.remove_member, name = name.clone())
                    }
                    on:click=remove.clone()
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </Show>
        </li>
    }
}

/// Adds users to the open group and removes them; a toast offers to undo it.
#[derive(Clone, Copy)]
struct MembershipChange {
    page: GroupsPageState,
    api: Api,
    toasts: Toasts,
    i18n: crate::format::Texts,
}

impl MembershipChange {
    fn new(page: GroupsPageState) -> Self {
        Self { page, api: Api::get(), toasts: Toasts::get(), i18n: use_i18n() }
    }

    fn carry_out(self, user: UserId, name: String, add: bool) {
        let Some(group) = self.page.id.get_untracked() else { return };
        let i18n = self.i18n;
        spawn_local(async move {
            if !self.send(group, user, add).await {
                return;
            }
            let text = if add {
                tu_string!(i18n, groups.member_added, name = name)
            } else {
                tu_string!(i18n, groups.member_removed, name = name)
            };
            self.toasts.with_undo(text, move || {
                spawn_local(async move {
                    if self.send(group, user, !add).await {
                        self.toasts.success(tu_string!(i18n, bulk.undone));
                    }
                });
            });
        });
    }

    /// Sends the change; returns whether it succeeded.
    async fn send(self, group: GroupId, user: UserId, add: bool) -> bool {
        let (who, nobody) = (vec![user], Vec::new());
        let body =
            if add { ChangeMembers { add: who, remove: nobody } } else { ChangeMembers { add: nobody, remove: who } };
        let answer = self.api.send(endpoints::groups::change_members(group, &body)).await;
        self.page.members_changed();
        if let Err(failure) = &answer {
            self.toasts.error(untrack(|| labels::failure(self.i18n, failure)));
        }
        answer.is_ok()
    }
}

/// Searches for users to add.
#[component]
fn AddMember(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let q = RwSignal::new(String::new());
    let found = Query::search(move || {
        q.with(|text| (!text.trim().is_empty()).then(|| endpoints::users::find(text.trim(), MAX_FOUND)))
    });
    let is_none = move || found.with(|page| page.items.is_empty()).unwrap_or_default();
    let candidates = move || {
        let all = found.with(|page| page.items.clone()).unwrap_or_default();
        all.into_iter().map(|user| view! { <Candidate page user q /> }).collect_view()
    };
    view! {
        <div role="group" aria-label=move || t_string!(i18n, groups.find)>
            <SearchField label=text!(groups.find) value=q.into() search=move |text| q.set(text) />
            <div role="status">
                <Show when=move || found.status().state() == LoadState::Loaded>
                    <Show when=is_none>
                        <p class="muted">{t!(i18n, groups.found_none)}</p>
                    </Show>
                    <ul class="lines">{candidates}</ul>
                </Show>
            </div>
        </div>
    }
}

#[component]
fn Candidate(
    /// The state of the page.
    page: GroupsPageState,
    /// A user who was found.
    user: UserView,
    /// The search text, cleared when the user is added.
    q: RwSignal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let change = MembershipChange::new(page);
    let is_member = page.id.get_untracked().is_some_and(|id| user.group_ids.contains(&id));
    let UserView { id, name, email, .. } = user;
    let (label, added) = (name.clone(), name.clone());
    let add = move |_| {
        change.carry_out(id, added.clone(), true);
        q.set(String::new());
    };
    let button = move || {
        view! {
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, groups.add_member, name = label.clone())
                on:click=add
            >
                <Icon glyph=Glyph::Plus />
            </button>
        }
    };
    let act = if is_member {
        view! { <span class="muted">{t!(i18n, groups.in_already)}</span> }.into_any()
    } else {
        button().into_any()
    };
    view! {
        <li>
            <Person name=Signal::stored(name) email=Signal::stored(email) />
            {act}
        </li>
    }
}

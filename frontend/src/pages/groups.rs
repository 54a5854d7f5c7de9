//! The groups: their members and managers, the licenses they give, and the seats reserved for them.

mod dialogs;
mod group_licenses;
mod managers;
mod members;
mod seats;
mod state;

use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    shell::RequirePermission,
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::{Glyph, Icon},
        page_head::PageHead,
    },
};
use dialogs::{DeleteDialog, NameDialog};
use group_licenses::{AddLicenseDialog, GroupLicenses, RemoveLicenseDialog};
use leptos::prelude::*;
use managers::{Managers, ManagersDialog};
use members::Members;
use seatkeeper_shared::{permissions::Action, problem::Code, wire::groups::GroupView};
use seats::{GroupSeats, SeatsDialog};
use state::{GroupDialog, GroupsPageState};

#[component]
pub fn GroupsPage() -> impl IntoView {
    view! {
        <RequirePermission action=Action::ViewUsers>
            <Page />
        </RequirePermission>
    }
    .into_any()
}

#[component]
fn Page() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let page = GroupsPageState::new();
    let count = Memo::new(move |_| page.groups.all.with(Vec::len));
    view! {
        <PageHead
            title=Signal::derive(move || t_string!(i18n, groups.title).to_owned())
            line=move || {
                view! {
                    <div class="page-line">
                        <Show when=move || page.groups.load_result() == Some(Ok(()))>
                            <p class="muted num">
                                {move || {
                                    t_string!(i18n, groups.total, count = count.get(), n = format.number(count.get()))
                                }}
                            </p>
                        </Show>
                    </div>
                }
            }
        >
            <Show when=move || page.may(Action::ManageGroups)>
                <button type="button" class="button primary" on:click=move |_| page.dialog.set(Some(GroupDialog::Add))>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, groups.add)}
                </button>
            </Show>
        </PageHead>
        <Show when=move || { count.get() > 0 } fallback=move || view! { <EmptyList page /> }>
            <div class="groups">
                <List page />
                <OpenGroup page />
            </div>
        </Show>
        <NameDialog page />
        <DeleteDialog page />
        <ManagersDialog page />
        <SeatsDialog page />
        <AddLicenseDialog page />
        <RemoveLicenseDialog page />
    }
}

#[component]
fn EmptyList(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = move || {
        if page.is_limited() {
            t_string!(i18n, groups.none_limited).to_owned()
        } else {
            t_string!(i18n, groups.none_text).to_owned()
        }
    };
    move || match page.groups.load_result() {
        None => view! { <Skeleton rows=6 /> }.into_any(),
        Some(Err(failure)) => {
            view! { <LoadError failure=Signal::stored(failure) retry=move |()| page.groups.reload() /> }.into_any()
        }
        Some(Ok(())) => view! {
            <section class="list">
                <EmptyState
                    glyph=Glyph::Group
                    title=Signal::derive(move || t_string!(i18n, groups.none_title).to_owned())
                    text=Signal::derive(text)
                />
            </section>
        }
        .into_any(),
    }
}

/// The list of groups with their numbers of members.
#[component]
fn List(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let one = move |group: GroupView| {
        let (id, members) = (group.id, group.members);
        view! {
            <li>
                <a
                    href=format!("/groups?group={id}")
                    aria-current=move || (page.id.get() == Some(id)).then_some("true")
                >
                    <span>{group.name}</span>
                    <small class="num">
                        {move || t_string!(i18n, groups.members, count = members, n = format.number(members))}
                    </small>
                </a>
            </li>
        }
    };
    view! {
        <nav class="list" aria-label=move || t_string!(i18n, groups.list)>
            <ul class="group-list">{move || page.groups.all.get().into_iter().map(one).collect_view()}</ul>
        </nav>
    }
}

/// What is shown of the open group.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LoadState {
    Loading,
    Failed,
    NotFound,
    Loaded,
}

#[component]
fn OpenGroup(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    // A memo, so that reloading the group does not redraw the page and lose what is being entered.
    let state = Memo::new(move |_| {
        let failure = page.failure.with(|failure| failure.as_ref().map(Failure::code));
        match (failure, page.group.with(Option::is_some)) {
            (Some(Some(Code::NotFound)), _) => LoadState::NotFound,
            (_, true) => LoadState::Loaded,
            (Some(_), false) => LoadState::Failed,
            (None, false) => LoadState::Loading,
        }
    });
    move || match state.get() {
        LoadState::Loaded => view! { <Detail page /> }.into_any(),
        LoadState::NotFound => view! {
            <section class="list">
                <EmptyState
                    glyph=Glyph::Search
                    title=Signal::derive(move || t_string!(i18n, groups.not_found_title).to_owned())
                    text=Signal::derive(move || t_string!(i18n, groups.not_found_text).to_owned())
                />
            </section>
        }
        .into_any(),
        LoadState::Failed => {
            let failure = Signal::derive(move || page.failure.get().unwrap_or(Failure::Unreachable));
            view! { <LoadError failure retry=move |()| page.load() /> }.into_any()
        }
        LoadState::Loading => view! { <Skeleton rows=6 /> }.into_any(),
    }
}

#[component]
fn Detail(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || page.with(|group| group.group.name.clone());
    view! {
        <div class="cards">
            <section class="card wide">
                <div class="card-head">
                    <h2>{name}</h2>
                    <Show when=move || page.may(Action::ManageGroups)>
                        <button
                            type="button"
                            class="button small"
                            on:click=move |_| page.dialog.set(Some(GroupDialog::Rename))
                        >
                            {t!(i18n, groups.rename)}
                        </button>
                        <button
                            type="button"
                            class="button small danger"
                            on:click=move |_| page.dialog.set(Some(GroupDialog::Delete))
                        >
                            {t!(i18n, groups.delete)}
                        </button>
                    </Show>
                </div>
            </section>
            <Members page />
            <Managers page />
            <GroupLicenses page />
            <GroupSeats page />
        </div>
    }
}

//! The groups: their members and managers, the licenses they give, and the seats reserved for them.

mod dialogs;
mod group_licenses;
mod managers;
mod members;
mod seats;
mod state;

use crate::{
    format::Format,
    i18n::*,
    lazy_dialog,
    shell::RequirePermission,
    text::text,
    ui::{
        address_action::on_address_action,
        empty_state::EmptyState,
        form_dialog::Dialogs,
        icon::{Glyph, Icon},
        links::{AuditLink, Named},
        page_head::PageHead,
        query::{LoadState, Loaded},
        show::Show,
    },
};
use dialogs::{AddGroup, DeleteGroup, RenameGroupDialog};
use group_licenses::GroupLicenses;
use leptos::prelude::*;
use managers::Managers;
use members::Members;
use seatkeeper_shared::{permissions::Action, wire::groups::GroupView};
use seats::GroupSeats;
use state::GroupsPageState;

#[component]
pub fn GroupsPage() -> impl IntoView {
    view! {
        <div class="page groups-page">
            <RequirePermission action=Action::ViewUsers>
                <Page />
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn Page() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (page, dialogs) = (GroupsPageState::new(), Dialogs::get());
    let add = lazy_dialog!(add_group(page: GroupsPageState) { view! { <AddGroup page /> } });
    let add = dialogs.opens(add);
    on_address_action("add", move || page.may(Action::ManageGroups), move || add(()));
    let count = Memo::new(move |_| page.groups.all.with(Vec::len));
    let total = move || t_string!(i18n, groups.total, count = count.get(), n = format.number(count.get()));
    let line = move || {
        view! {
            <div class="page-line">
                <Show when=move || page.groups.status().state() == LoadState::Loaded>
                    <p class="muted num">{total}</p>
                </Show>
            </div>
        }
    };
    view! {
        <PageHead title=text!(groups.title) line>
            <Show when=move || page.may(Action::ManageGroups)>
                <button
                    type="button"
                    class="button primary"
                    on:click=move |_| add(())
                >
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, groups.add)}
                </button>
            </Show>
        </PageHead>
        <Loaded status=page.groups.status() rows=6>
            <Show when=move || { count.get() > 0 } fallback=move || view! { <EmptyList page /> }>
                <div class="groups">
                    <List page />
                    <OpenGroup page />
                </div>
            </Show>
        </Loaded>
    }
}

#[component]
fn EmptyList(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let text = if untrack(|| page.is_limited()) { text!(groups.none_limited) } else { text!(groups.none_text) };
    view! {
        <section class="list">
            <EmptyState glyph=Glyph::Group title=text!(groups.none_title) text />
        </section>
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

#[component]
fn OpenGroup(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let missing = || {
        view! {
            <section class="list">
                <EmptyState
                    glyph=Glyph::Search
                    title=text!(groups.not_found_title)
                    text=text!(groups.not_found_text)
                />
            </section>
        }
    };
    view! {
        <Loaded status=page.group.status() rows=6 missing>
            <Detail page />
        </Loaded>
    }
}

#[component]
fn Detail(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let rename = dialogs.opens(lazy_dialog!(rename_group(page: GroupsPageState) {
        view! { <RenameGroupDialog page /> }
    }));
    let delete = dialogs.opens(lazy_dialog!(delete_group(page: GroupsPageState) {
        page.id.get_untracked().map(|group| view! { <DeleteGroup page group /> })
    }));
    view! {
        <div class="cards">
            <section class="card wide">
                <div class="card-head">
                    <h2>{move || page.name()}</h2>
                    {move || {
                        page.id.get().map(|id| view! { <AuditLink of=Named::Group(id) class="button small" /> })
                    }}
                    <Show when=move || page.may(Action::ManageGroups)>
                        <button type="button" class="button small" on:click=rename>
                            {t!(i18n, groups.rename)}
                        </button>
                        <button type="button" class="button small ghost" on:click=delete>
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

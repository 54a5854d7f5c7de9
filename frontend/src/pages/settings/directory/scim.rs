//! Section for SCIM directories: tokens, rules, requests and failures.

mod dialogs;
mod failures;
mod preview;
mod requests;
mod rules;
mod state;

use super::{
    addresses::Copyable,
    guide::{Guide, GuideTopic},
    state::DirectoryPageState,
};
use crate::{
    format::Format,
    i18n::*,
    lazy_dialog, lazy_view,
    text::{Text, text},
    ui::{
        empty_state::EmptyState,
        form_dialog::Dialogs,
        icon::{Glyph, Icon},
        keyed_list::For,
        query::Loaded,
        show::Show,
    },
};
use dialogs::{AddDirectory, DeleteDirectory, RotateToken};
use failures::Failures;
use leptos::prelude::*;
use requests::Requests;
use rules::Rules;
use seatkeeper_shared::{
    ids::DirectoryId,
    wire::directory::{CreatedDirectory, DirectoryView},
};
use state::ScimState;

#[component]
pub fn DirectoriesSheet(
    /// The state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let scim = ScimState::new();
    let add = Dialogs::get().opens(lazy_dialog!(add_directory(scim: ScimState) { view! { <AddDirectory scim /> } }));
    view! {
        <section class="form sheet whole" aria-labelledby="directories-title">
            <h2 id="directories-title" tabindex="-1">
                {t!(i18n, scim.title)}
            </h2>
            <p class="muted">{t!(i18n, scim.text)}</p>
            <Copyable
                label=text!(scim.url)
                text=Signal::derive(move || format!("{}/scim/v2", page.base_url()))
            />
            <Guide topic=GuideTopic::Directories />
            <div class="form" role="status">
                <For each=move || scim.new_tokens.get() key=|made| made.secret.clone() let:made>
                    <NewToken made />
                </For>
            </div>
            <Loaded status=scim.directories.status()>
                <DirectoryList scim />
            </Loaded>
            <div class="acts">
                <button type="button" class="button" on:click=add>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, scim.add)}
                </button>
            </div>
        </section>
    }
}

/// A new token, which is shown only once.
#[component]
fn NewToken(
    /// The directory with its token.
    made: CreatedDirectory,
) -> impl IntoView {
    let i18n = use_i18n();
    let CreatedDirectory { directory, secret } = made;
    view! {
        <div class="note calm new-secret">
            <p>{move || t_string!(i18n, scim.secret_of, name = directory.name.clone())}</p>
            <Copyable label=text!(scim.secret) text=Signal::stored(secret) />
        </div>
    }
}

/// The directories. Expanded details stay open when the list is reloaded.
#[component]
fn DirectoryList(
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let none = || view! { <EmptyState glyph=Glyph::Users title=text!(scim.none_title) text=text!(scim.none_text) /> };
    view! {
        <Show when=move || !scim.all().is_empty() fallback=none>
            <ul class="item-list">
                <For each=move || scim.all() key=|directory| directory.id let:directory>
                    <DirectoryRow first=directory scim />
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn DirectoryRow(
    /// The directory when the row appeared.
    first: DirectoryView,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (id, name) = (first.id, first.name.clone());
    let now = Memo::new(move |_| scim.directory(id).unwrap_or_else(|| first.clone()));
    let facts = move || {
        let DirectoryView { users, groups, last_used_at, .. } = now.get();
        let used = last_used_at.map_or_else(|| t_string!(i18n, scim.never).to_owned(), |at| format.ago(at));
        let users = t_string!(i18n, scim.users, count = users, n = format.number(users));
        let groups = t_string!(i18n, scim.groups, count = groups, n = format.number(groups));
        t_string!(i18n, scim.facts, users = users, groups = groups, used = used)
    };
    let count = Memo::new(move |_| now.with(|now| now.failures));
    let failures = lazy_view!(directory_failures(id: DirectoryId, scim: ScimState, count: Memo<i64>) {
        view! { <Failures id scim count /> }
    });
    let rules = lazy_view!(directory_rules(id: DirectoryId, scim: ScimState) { view! { <Rules id scim /> } });
    let requests = lazy_view!(directory_requests(id: DirectoryId) { view! { <Requests id /> } });
    view! {
        <li class="provider">
            <span class="item-text">
                <b>{name}</b>
                <small class="muted num">{facts}</small>
            </span>
            <Buttons directory=now scim />
            <Show when=move || { count.get() > 0 }>
                {failures(id, scim, count)}
            </Show>
            <Disclosure label=text!(scim.rules) keep=true expanded=move |()| scim.groups.reload()>
                {rules(id, scim)}
            </Disclosure>
            <Disclosure label=text!(scim.requests)>
                {requests(id)}
            </Disclosure>
        </li>
    }
}

/// Details whose content is drawn when they are expanded.
#[component]
fn Disclosure(
    /// Label of the details.
    #[prop(into)]
    label: Text,
    /// Whether the content stays when they are collapsed, because something may have been entered in it.
    #[prop(optional)]
    keep: bool,
    /// Called when they are expanded.
    #[prop(into, optional)]
    expanded: Option<Callback<()>>,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<leptos::html::Details>::new();
    let drawn = RwSignal::new(false);
    let toggled = move |_| {
        let is_open = node.get_untracked().is_some_and(|details| details.open());
        drawn.update(|drawn| *drawn = is_open || keep && *drawn);
        if let Some(expanded) = expanded.filter(|_| is_open) {
            expanded.run(());
        }
    };
    view! {
        <details node_ref=node on:toggle=toggled>
            <summary>{move || label.get(i18n)}</summary>
            <Show when=move || drawn.get()>{children()}</Show>
        </details>
    }
}

#[component]
fn Buttons(
    /// The directory shown.
    directory: Memo<DirectoryView>,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let id = directory.with_untracked(|directory| directory.id);
    let name = move || directory.with(|directory| directory.name.clone());
    let rotate = dialogs.opens(lazy_dialog!(rotate_directory_token(scim: ScimState, id: DirectoryId) {
        untrack(|| scim.directory(id)).map(|directory| view! { <RotateToken directory scim /> })
    }));
    let delete = dialogs.opens(lazy_dialog!(delete_directory(scim: ScimState, id: DirectoryId) {
        untrack(|| scim.directory(id)).map(|directory| view! { <DeleteDirectory directory scim /> })
    }));
    view! {
        <div class="acts">
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, scim.rotate_of, name = name())
                on:click=rotate
            >
                {t!(i18n, scim.rotate)}
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, scim.delete_of, name = name())
                on:click=delete
            >
                {t!(i18n, scim.delete)}
            </button>
        </div>
    }
}

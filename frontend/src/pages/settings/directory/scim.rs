//! Section for SCIM directories: tokens, rules, requests and failures.

mod confirm;
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
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        icon::Glyph,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate,
    wire::directory::{CreatedDirectory, DirectoryView, NewDirectory},
};
use state::{Confirmation, ListContent, ScimState};

#[component]
pub fn DirectoriesSheet(
    /// Shared state of the page.
    page: DirectoryPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let scim = ScimState::open();
    let list = move || match scim.content.get() {
        ListContent::Loading => view! { <Skeleton rows=3 /> }.into_any(),
        ListContent::Failed(failure) => {
            view! { <LoadError failure=Signal::stored(failure) retry=move |()| scim.load() /> }.into_any()
        }
        ListContent::Empty => view! { <NoDirectories /> }.into_any(),
        ListContent::Rows => view! { <DirectoryList scim /> }.into_any(),
    };
    view! {
        <section class="form sheet whole" aria-labelledby="directories-title">
            <h2 id="directories-title" tabindex="-1">
                {t!(i18n, scim.title)}
            </h2>
            <p class="muted">{t!(i18n, scim.text)}</p>
            <Copyable
                label=Signal::derive(move || t_string!(i18n, scim.url).to_owned())
                text=Signal::derive(move || format!("{}/scim/v2", page.base_url()))
            />
            <Guide topic=GuideTopic::Directories />
            <NewToken scim />
            {list}
            <AddDirectoryForm scim />
        </section>
        <confirm::ConfirmDialog scim />
    }
}

#[component]
fn NoDirectories() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <EmptyState
            glyph=Glyph::Users
            title=Signal::derive(move || t_string!(i18n, scim.none_title).to_owned())
            text=Signal::derive(move || t_string!(i18n, scim.none_text).to_owned())
        />
    }
}

/// The new token, which is shown only once.
#[component]
fn NewToken(
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div role="status">
            {move || {
                scim.new_token
                    .get()
                    .map(|made| {
                        let CreatedDirectory { directory, secret } = made;
                        let text = move || t_string!(i18n, scim.secret_of, name = directory.name.clone());
                        view! {
                            <div class="note calm new-secret">
                                <p>{text}</p>
                                <Copyable
                                    label=Signal::derive(move || t_string!(i18n, scim.secret).to_owned())
                                    text=Signal::stored(secret)
                                />
                            </div>
                        }
                    })
            }}
        </div>
    }
}

/// List of directories. Expanded details stay open when the list is reloaded.
#[component]
fn DirectoryList(
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    view! {
        <ul class="item-list">
            <For each=move || scim.directories() key=|directory| directory.id let:directory>
                <DirectoryRow first=directory scim />
            </For>
        </ul>
    }
}

#[component]
fn DirectoryRow(
    /// The directory when the row appeared.
    first: DirectoryView,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (id, name) = (first.id, first.name.clone());
    let now =
        Memo::new(move |_| scim.directories().into_iter().find(|one| one.id == id).unwrap_or_else(|| first.clone()));
    let facts = move || {
        let DirectoryView { users, groups, last_used_at, .. } = now.get();
        let used = last_used_at.map_or_else(|| t_string!(i18n, scim.never).to_owned(), |at| format.ago(at));
        let users = t_string!(i18n, scim.users, count = users, n = format.number(users));
        let groups = t_string!(i18n, scim.groups, count = groups, n = format.number(groups));
        t_string!(i18n, scim.facts, users = users, groups = groups, used = used)
    };
    let failures = Memo::new(move |_| now.with(|now| now.failures));
    let failed = move || failures.with(|number| *number > 0);
    view! {
        <li class="provider">
            <span class="item-text">
                <b>{name}</b>
                <small class="muted num">{facts}</small>
            </span>
            <Buttons directory=now scim />
            <Show when=failed>
                <failures::Failures id scim count=failures />
            </Show>
            <Disclosure label=Signal::derive(move || t_string!(i18n, scim.rules).to_owned())>
                <rules::Rules id scim />
            </Disclosure>
            <Disclosure label=Signal::derive(move || t_string!(i18n, scim.requests).to_owned())>
                <requests::Requests id scim />
            </Disclosure>
        </li>
    }
}

/// Details whose content is rendered only while expanded.
#[component]
fn Disclosure(
    /// Label of the details.
    #[prop(into)]
    label: Signal<String>,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Details>::new();
    let open = RwSignal::new(false);
    let toggled = move |_| {
        if let Some(details) = node.get_untracked() {
            open.set(details.open());
        }
    };
    view! {
        <details node_ref=node on:toggle=toggled>
            <summary>{move || label.get()}</summary>
            <Show when=move || open.get()>{children()}</Show>
        </details>
    }
}

#[component]
fn Buttons(
    /// The directory shown.
    directory: Memo<DirectoryView>,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || directory.with(|directory| directory.name.clone());
    view! {
        <div class="acts">
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, scim.rotate_of, name = name())
                on:click=move |_| scim.confirmation.set(Some(Confirmation::Rotate(directory.get_untracked())))
            >
                {t!(i18n, scim.rotate)}
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, scim.delete_of, name = name())
                on:click=move |_| scim.confirmation.set(Some(Confirmation::Delete(directory.get_untracked())))
            >
                {t!(i18n, scim.delete)}
            </button>
        </div>
    }
}

#[component]
fn AddDirectoryForm(
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, name) = (Form::default(), Toasts::get(), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = NewDirectory { name: name.get_untracked() };
        if form.begin([("name", validate::name(&body.name).err())]) {
            spawn_local(async move {
                match scim.api.post::<CreatedDirectory>("/directories", &body).await {
                    Ok(made) => {
                        form.done();
                        toasts.success(tu_string!(i18n, scim.added, name = made.directory.name.clone()));
                        name.set(String::new());
                        scim.new_token.set(Some(made));
                        scim.load();
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <h3>{t!(i18n, scim.add_title)}</h3>
            <TextField
                label=Signal::derive(move || t_string!(i18n, scim.name).to_owned())
                value=name
                name="directory_name"
                error=form.error("name")
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="submit" class="button" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, scim.add)}
                </button>
            </div>
        </form>
    }
}

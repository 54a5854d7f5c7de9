//! Directories that provision users and groups through SCIM: their tokens, rules, requests, and what could not be carried out.

mod ask;
mod desk;
mod failures;
mod preview;
mod requests;
mod rules;

use super::{
    addresses::Copyable,
    desk::Desk as Page,
    guide::{About, Guide},
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        face::{Empty, Failed, Skeleton, Wrong, usual},
        field::TextField,
        form::Form,
        icon::Glyph,
        toast::Toasts,
    },
};
use desk::{Asking, Desk, Face};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    validate,
    wire::directory::{DirectoryMade, DirectoryView, NewDirectory},
};

/// The part of the page.
#[component]
pub fn DirectoriesSheet(
    /// The page.
    desk: Page,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = desk;
    let desk = Desk::open();
    let list = move || match desk.face.get() {
        Face::Loading => view! { <Skeleton rows=3 /> }.into_any(),
        Face::Failed(failure) => {
            view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.load() /> }.into_any()
        }
        Face::Empty => view! { <Nothing /> }.into_any(),
        Face::Rows => view! { <Rows desk /> }.into_any(),
    };
    view! {
        <section class="form sheet whole" aria-labelledby="directories-title">
            <h2 id="directories-title">{t!(i18n, scim.title)}</h2>
            <p class="muted">{t!(i18n, scim.text)}</p>
            <Copyable
                label=Signal::derive(move || t_string!(i18n, scim.url).to_owned())
                text=Signal::derive(move || format!("{}/scim/v2", page.base_url()))
            />
            <Guide about=About::Directories />
            <Secret desk />
            {list}
            <Entry desk />
        </section>
        <ask::AskDialog desk />
    }
}

#[component]
fn Nothing() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <Empty
            glyph=Glyph::Users
            title=Signal::derive(move || t_string!(i18n, scim.none_title).to_owned())
            text=Signal::derive(move || t_string!(i18n, scim.none_text).to_owned())
        />
    }
}

/// A token that was just made, once.
#[component]
fn Secret(
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div role="status">
            {move || {
                desk.made
                    .get()
                    .map(|made| {
                        let DirectoryMade { directory, secret } = made;
                        let text = move || t_string!(i18n, scim.secret_of, name = directory.name.clone());
                        view! {
                            <div class="note calm fresh">
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

/// The directories. Each stays as it is opened when they are loaded anew.
#[component]
fn Rows(
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    view! {
        <ul class="own-list">
            <For each=move || desk.known() key=|directory| directory.id let:directory>
                <Row first=directory desk />
            </For>
        </ul>
    }
}

#[component]
fn Row(
    /// The directory as it was first.
    first: DirectoryView,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (id, name) = (first.id, first.name.clone());
    let now = Memo::new(move |_| desk.known().into_iter().find(|one| one.id == id).unwrap_or_else(|| first.clone()));
    let facts = move || {
        let DirectoryView { users, groups, last_used_at, .. } = now.get();
        let used = last_used_at.map_or_else(|| t_string!(i18n, scim.never).to_owned(), |at| format.ago(at));
        let users = t_string!(i18n, scim.users, count = users);
        t_string!(i18n, scim.facts, users = users, groups = t_string!(i18n, scim.groups, count = groups), used = used)
    };
    let failures = Memo::new(move |_| now.with(|now| now.failures));
    let failed = move || failures.with(|number| *number > 0);
    view! {
        <li class="provider">
            <span class="own-text">
                <b>{name}</b>
                <small class="muted num">{facts}</small>
            </span>
            <Buttons directory=now desk />
            <Show when=failed>
                <failures::Failures id desk count=failures />
            </Show>
            <Disclosed label=Signal::derive(move || t_string!(i18n, scim.rules).to_owned())>
                <rules::Rules id desk />
            </Disclosed>
            <Disclosed label=Signal::derive(move || t_string!(i18n, scim.requests).to_owned())>
                <requests::Requests id desk />
            </Disclosed>
        </li>
    }
}

/// Something that is loaded only when somebody wants to see it.
#[component]
fn Disclosed(
    /// What it is.
    #[prop(into)]
    label: Signal<String>,
    /// What is in it.
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
    /// The directory.
    directory: Memo<DirectoryView>,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || directory.with(|directory| directory.name.clone());
    view! {
        <div class="acts">
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, scim.rotate_of, name = name())
                on:click=move |_| desk.asking.set(Some(Asking::Rotate(directory.get_untracked())))
            >
                {t!(i18n, scim.rotate)}
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || t_string!(i18n, scim.delete_of, name = name())
                on:click=move |_| desk.asking.set(Some(Asking::Delete(directory.get_untracked())))
            >
                {t!(i18n, scim.delete)}
            </button>
        </div>
    }
}

#[component]
fn Entry(
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, name) = (Form::default(), Toasts::get(), RwSignal::new(String::new()));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let body = NewDirectory { name: name.get_untracked() };
        if form.begin([("name", validate::name(&body.name).err())]) {
            spawn_local(async move {
                match desk.api.post::<DirectoryMade>("/directories", &body).await {
                    Ok(made) => {
                        form.done();
                        toasts.good(tu_string!(i18n, scim.added, name = made.directory.name.clone()));
                        name.set(String::new());
                        desk.made.set(Some(made));
                        desk.load();
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
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="submit" class="button" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, scim.add)}
                </button>
            </div>
        </form>
    }
}

//! Groups: who is in them, who manages them, the licenses that they give, and the seats that licenses keep for them.

mod desk;
mod dialogs;
mod given;
mod managers;
mod members;
mod seats;

use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    shell::Only,
    ui::{
        face::{Empty, Failed, Skeleton},
        head::PageHead,
        icon::{Glyph, Icon},
    },
};
use desk::{Asking, Desk};
use dialogs::{DeleteDialog, NameDialog};
use given::{GiveDialog, Given, TakeDialog};
use leptos::prelude::*;
use managers::{Managers, ManagersDialog};
use members::Members;
use seatkeeper_shared::{permissions::Action, problem::Code, wire::groups::GroupView};
use seats::{Seats, SeatsDialog};

/// The page.
#[component]
pub fn GroupsPage() -> impl IntoView {
    view! {
        <Only action=Action::ViewUsers>
            <Page />
        </Only>
    }
    .into_any()
}

#[component]
fn Page() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let desk = Desk::new();
    let count = Memo::new(move |_| desk.groups.all.with(Vec::len));
    view! {
        <PageHead
            title=Signal::derive(move || t_string!(i18n, groups.title).to_owned())
            line=move || {
                view! {
                    <div class="page-line">
                        <Show when=move || desk.groups.came() == Some(Ok(()))>
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
            <Show when=move || desk.may(Action::ManageGroups)>
                <button type="button" class="button primary" on:click=move |_| desk.asking.set(Some(Asking::Add))>
                    <Icon glyph=Glyph::Plus />
                    {t!(i18n, groups.add)}
                </button>
            </Show>
        </PageHead>
        <Show when=move || { count.get() > 0 } fallback=move || view! { <Nothing desk /> }>
            <div class="groups">
                <List desk />
                <Open desk />
            </div>
        </Show>
        <NameDialog desk />
        <DeleteDialog desk />
        <ManagersDialog desk />
        <SeatsDialog desk />
        <GiveDialog desk />
        <TakeDialog desk />
    }
}

#[component]
fn Nothing(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = move || {
        if desk.is_limited() {
            t_string!(i18n, groups.none_limited).to_owned()
        } else {
            t_string!(i18n, groups.none_text).to_owned()
        }
    };
    move || match desk.groups.came() {
        None => view! { <Skeleton rows=6 /> }.into_any(),
        Some(Err(failure)) => {
            view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.groups.again() /> }.into_any()
        }
        Some(Ok(())) => view! {
            <section class="list">
                <Empty
                    glyph=Glyph::Group
                    title=Signal::derive(move || t_string!(i18n, groups.none_title).to_owned())
                    text=Signal::derive(text)
                />
            </section>
        }
        .into_any(),
    }
}

/// All groups, each with its number of members.
#[component]
fn List(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let one = move |group: GroupView| {
        let (id, members) = (group.id, group.members);
        view! {
            <li>
                <a
                    href=format!("/groups?group={id}")
                    aria-current=move || (desk.id.get() == Some(id)).then_some("true")
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
            <ul class="group-list">{move || desk.groups.all.get().into_iter().map(one).collect_view()}</ul>
        </nav>
    }
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Face {
    Loading,
    Failed,
    Gone,
    Known,
}

/// The group that is open.
#[component]
fn Open(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    // A memo: what is told anew must not draw the page, and what is being entered in it, anew.
    let face = Memo::new(move |_| {
        let why = desk.failure.with(|failure| failure.as_ref().map(Failure::code));
        match (why, desk.group.with(Option::is_some)) {
            (Some(Some(Code::NotFound)), _) => Face::Gone,
            (_, true) => Face::Known,
            (Some(_), false) => Face::Failed,
            (None, false) => Face::Loading,
        }
    });
    move || match face.get() {
        Face::Known => view! { <Detail desk /> }.into_any(),
        Face::Gone => view! {
            <section class="list">
                <Empty
                    glyph=Glyph::Search
                    title=Signal::derive(move || t_string!(i18n, groups.gone_title).to_owned())
                    text=Signal::derive(move || t_string!(i18n, groups.gone_text).to_owned())
                />
            </section>
        }
        .into_any(),
        Face::Failed => {
            let failure = Signal::derive(move || desk.failure.get().unwrap_or(Failure::Unreachable));
            view! { <Failed failure retry=move |()| desk.load() /> }.into_any()
        }
        Face::Loading => view! { <Skeleton rows=6 /> }.into_any(),
    }
}

#[component]
fn Detail(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move || desk.with(|group| group.group.name.clone());
    view! {
        <div class="cards">
            <section class="card wide">
                <div class="card-head">
                    <h2>{name}</h2>
                    <Show when=move || desk.may(Action::ManageGroups)>
                        <button type="button" class="button small" on:click=move |_| desk.asking.set(Some(Asking::Rename))>
                            {t!(i18n, groups.rename)}
                        </button>
                        <button
                            type="button"
                            class="button small danger"
                            on:click=move |_| desk.asking.set(Some(Asking::Delete))
                        >
                            {t!(i18n, groups.delete)}
                        </button>
                    </Show>
                </div>
            </section>
            <Members desk />
            <Managers desk />
            <Given desk />
            <Seats desk />
        </div>
    }
}

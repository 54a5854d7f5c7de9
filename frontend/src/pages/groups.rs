//! Groups: who is in them, who manages them, and the seats that licenses keep for them.

mod desk;
mod dialogs;
mod managers;
mod members;
mod seats;

use crate::{
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
                        <p class="muted num">
                            {move || t_string!(i18n, groups.total, count = count.get(), n = format.number(count.get()))}
                        </p>
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
        <Show when=move || { count.get() > 0 } fallback=move || view! { <None desk /> }>
            <div class="groups">
                <List desk />
                <Open desk />
            </div>
        </Show>
        <NameDialog desk />
        <DeleteDialog desk />
        <ManagersDialog desk />
        <SeatsDialog desk />
    }
}

#[component]
fn None(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = move || {
        if desk.may(Action::ManageGroups) {
            t_string!(i18n, groups.none_text).to_owned()
        } else {
            t_string!(i18n, groups.none_limited).to_owned()
        }
    };
    view! {
        <section class="list">
            <Empty
                glyph=Glyph::Group
                title=Signal::derive(move || t_string!(i18n, groups.none_title).to_owned())
                text=Signal::derive(text)
            />
        </section>
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

/// The group that is open.
#[component]
fn Open(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let gone = move || desk.failure.with(|failure| failure.as_ref().and_then(|f| f.code()) == Some(Code::NotFound));
    let known = Memo::new(move |_| desk.group.with(Option::is_some));
    move || match (known.get(), desk.failure.get()) {
        (true, _) if !gone() => view! { <Detail desk /> }.into_any(),
        (_, Some(_)) if gone() => view! {
            <section class="list">
                <Empty
                    glyph=Glyph::Search
                    title=Signal::derive(move || t_string!(i18n, groups.gone_title).to_owned())
                    text=Signal::derive(move || t_string!(i18n, groups.gone_text).to_owned())
                />
            </section>
        }
        .into_any(),
        (_, Some(failure)) => {
            view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.load() /> }.into_any()
        }
        _ => view! { <Skeleton rows=6 /> }.into_any(),
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
            <Seats desk />
        </div>
    }
}

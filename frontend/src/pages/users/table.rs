//! The list of users, as far as it is loaded.

use super::{desk::Desk, filter::Filter, row::Row};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        face::{Empty, Failed, Skeleton},
        icon::Glyph,
        sort::SortHead,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, wire::users::UserSort};

/// What the list shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Face {
    Loading,
    Failed,
    Nobody,
    Some,
}

/// The table, or why there is none.
#[component]
pub fn Table(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let face = Memo::new(move |_| match (desk.users.with(Vec::is_empty), desk.failure.with(Option::is_some)) {
        (false, _) => Face::Some,
        (true, true) => Face::Failed,
        (true, false) if desk.loading.get() => Face::Loading,
        (true, false) => Face::Nobody,
    });
    let nobody = move || {
        view! {
            <Empty
                glyph=Glyph::Search
                title=Signal::derive(move || t_string!(i18n, users.none_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, users.none_text).to_owned())
            >
                <button type="button" class="button" on:click=move |_| desk.narrow(|filter| *filter = Filter::default())>
                    {t!(i18n, common.reset)}
                </button>
            </Empty>
        }
    };
    let failed = move || {
        let failure = desk.failure.get().unwrap_or(crate::api::Failure::Unreachable);
        view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.load(false) /> }
    };
    move || match face.get() {
        Face::Loading => view! { <Skeleton rows=8 /> }.into_any(),
        Face::Failed => failed().into_any(),
        Face::Nobody => nobody().into_any(),
        Face::Some => view! { <Rows desk /> }.into_any(),
    }
}

#[component]
fn Rows(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let ids = Memo::new(move |_| desk.users.with(|users| users.iter().map(|user| user.id).collect::<Vec<_>>()));
    view! {
        <table class="users" aria-busy=move || desk.loading.get().to_string()>
            <caption class="vh">{t!(i18n, users.caption)}</caption>
            <Head desk />
            <tbody>
                <For each=move || ids.get() key=|id| *id let:id>
                    <Row desk id />
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn Head(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let order = Signal::derive(move || desk.filter.with(|filter| filter.order));
    let sort = Callback::new(move |order| desk.narrow(|filter| filter.order = order));
    let all = move || desk.picked().len() == desk.users.with(Vec::len);
    view! {
        <thead>
            <tr>
                <Show when=move || desk.may(Action::ManageUsers)>
                    <th scope="col" class="pick">
                        <input
                            type="checkbox"
                            aria-label=move || t_string!(i18n, users.select_all)
                            prop:checked=all
                            prop:indeterminate=move || !desk.picked().is_empty() && !all()
                            on:change=move |_| desk.pick_all()
                        />
                    </th>
                </Show>
                <SortHead key=UserSort::Name order sort>
                    {t!(i18n, users.user)}
                </SortHead>
                <th scope="col">{t!(i18n, users.role)}</th>
                <th scope="col">{t!(i18n, users.licenses)}</th>
                <SortHead key=UserSort::LastActive order sort falling=true>
                    {t!(i18n, users.last_active)}
                </SortHead>
                <Show when=move || desk.may(Action::ManageUsers)>
                    <th scope="col">
                        <span class="vh">{t!(i18n, users.actions)}</span>
                    </th>
                </Show>
            </tr>
        </thead>
    }
}

/// How many are listed, and more.
#[component]
pub fn Foot(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let shown = move || {
        desk.total.get().map(|total| {
            let shown = desk.users.with(Vec::len);
            t_string!(i18n, users.shown, shown = format.number(shown), total = format.number(total))
        })
    };
    let failed = move || desk.failure.get().filter(|_| !desk.users.with(Vec::is_empty));
    view! {
        {move || {
            failed().map(|failure| view! { <Failed failure=Signal::stored(failure) retry=move |()| desk.load(false) /> })
        }}
        <footer class="list-foot">
            <span class="num" role="status">
                {shown}
            </span>
            <Show when=move || desk.next.with(Option::is_some)>
                <button
                    type="button"
                    class="button small"
                    aria-disabled=move || desk.loading.get().to_string()
                    on:click=move |_| {
                        if !desk.loading.get_untracked() {
                            desk.more();
                        }
                    }
                >
                    {move || {
                        if desk.loading.get() { t_string!(i18n, common.loading) } else { t_string!(i18n, users.more) }
                    }}
                </button>
            </Show>
        </footer>
    }
}

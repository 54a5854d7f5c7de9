//! The table of the loaded users.

use super::{filter::Filter, row::Row, state::UsersPageState};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::Glyph,
        sortable_header::SortableHeader,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, wire::users::UserSort};

/// What is shown in place of, or as, the list.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ListState {
    Loading,
    Failed,
    Empty,
    Filled,
}

/// The table, or a placeholder.
#[component]
pub fn Table(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = Memo::new(move |_| match (page.users.with(Vec::is_empty), page.failure.with(Option::is_some)) {
        (false, _) => ListState::Filled,
        (true, true) => ListState::Failed,
        (true, false) if page.loading.get() => ListState::Loading,
        (true, false) => ListState::Empty,
    });
    let empty = move || {
        view! {
            <EmptyState
                glyph=Glyph::Search
                title=Signal::derive(move || t_string!(i18n, users.none_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, users.none_text).to_owned())
            >
                <button
                    type="button"
                    class="button"
                    on:click=move |_| page.update_filter(|filter| *filter = Filter::default())
                >
                    {t!(i18n, common.reset)}
                </button>
            </EmptyState>
        }
    };
    let failed = move || {
        let failure = page.failure.get().unwrap_or(crate::api::Failure::Unreachable);
        view! { <LoadError failure=Signal::stored(failure) retry=move |()| page.load(false) /> }
    };
    move || match state.get() {
        ListState::Loading => view! { <Skeleton rows=8 /> }.into_any(),
        ListState::Failed => failed().into_any(),
        ListState::Empty => empty().into_any(),
        ListState::Filled => view! { <Rows page /> }.into_any(),
    }
}

#[component]
fn Rows(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let ids = Memo::new(move |_| page.users.with(|users| users.iter().map(|user| user.id).collect::<Vec<_>>()));
    view! {
        <table class="users" aria-busy=move || page.loading.get().to_string()>
            <caption class="vh">{t!(i18n, users.caption)}</caption>
            <Head page />
            <tbody>
                <For each=move || ids.get() key=|id| *id let:id>
                    <Row page id />
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn Head(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let order = Signal::derive(move || page.filter.with(|filter| filter.order));
    let sort = Callback::new(move |order| page.update_filter(|filter| filter.order = order));
    let all = move || page.selected_users().len() == page.users.with(Vec::len);
    view! {
        <thead>
            <tr>
                <Show when=move || page.may(Action::ManageUsers)>
                    <th scope="col" class="pick">
                        <input
                            type="checkbox"
                            aria-label=move || t_string!(i18n, users.select_all)
                            prop:checked=all
                            prop:indeterminate=move || !page.selected_users().is_empty() && !all()
                            on:change=move |_| page.toggle_all()
                        />
                    </th>
                </Show>
                <SortableHeader key=UserSort::Name order sort>
                    {t!(i18n, users.user)}
                </SortableHeader>
                <th scope="col">{t!(i18n, users.role)}</th>
                <th scope="col">{t!(i18n, users.licenses)}</th>
                <SortableHeader key=UserSort::LastActive order sort descending=true>
                    {t!(i18n, users.last_active)}
                </SortableHeader>
                <Show when=move || page.may(Action::ManageUsers)>
                    <th scope="col">
                        <span class="vh">{t!(i18n, users.actions)}</span>
                    </th>
                </Show>
            </tr>
        </thead>
    }
}

/// The number of listed users, and the button to load more.
#[component]
pub fn Foot(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let shown = move || {
        page.total.get().map(|total| {
            let shown = page.users.with(Vec::len);
            t_string!(i18n, users.shown, count = total, shown = format.number(shown), total = format.number(total))
        })
    };
    let failed = move || page.failure.get().filter(|_| !page.users.with(Vec::is_empty));
    view! {
        {move || {
            let retry = move |()| page.load(false);
            failed().map(|failure| view! { <LoadError failure=Signal::stored(failure) retry /> })
        }}
        <footer class="list-foot">
            <span class="num" role="status">
                {shown}
            </span>
            <Show when=move || page.next.with(Option::is_some)>
                <button
                    type="button"
                    class="button small"
                    aria-disabled=move || page.loading.get().to_string()
                    on:click=move |_| {
                        if !page.loading.get_untracked() {
                            page.load_more();
                        }
                    }
                >
                    {move || {
                        if page.loading.get() { t_string!(i18n, common.loading) } else { t_string!(i18n, users.more) }
                    }}
                </button>
            </Show>
        </footer>
    }
}

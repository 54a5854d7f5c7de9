//! The table of the loaded users.

use super::{filter::Filter, row::Row, state::UsersPageState};
use crate::{
    format::Format,
    i18n::*,
    text::{Text, text},
    ui::{
        empty_state::EmptyState, icon::Glyph, keyed_list::For, list_foot::ListFoot, query::Loaded, show::Show,
        sortable_header::SortableHeader,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, wire::users::UserSort};

/// The table, or a placeholder.
#[component]
pub fn Table(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let is_empty = Memo::new(move |_| page.list.items().with(Vec::is_empty));
    let empty = move || {
        view! {
            <EmptyState glyph=Glyph::Search title=text!(users.none_title) text=text!(users.none_text)>
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
    view! {
        <Loaded status=page.list.status() rows=8>
            <Show when=move || !is_empty.get() fallback=empty>
                <Rows page />
            </Show>
        </Loaded>
    }
}

#[component]
fn Rows(
    /// The state of the page.
    page: UsersPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let ids = Memo::new(move |_| page.list.items().with(|users| users.iter().map(|user| user.id).collect::<Vec<_>>()));
    view! {
        <table
            class="users"
            class:compact=move || page.layout.is_compact()
            data-hidden=move || page.layout.hidden()
            aria-busy=move || page.list.status().is_loading().to_string()>
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
    let sort = Callback::new(move |order| page.sort(order));
    let all = move || page.selected_users().len() == page.list.items().with(Vec::len);
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
                <th scope="col" class="head-role">
                    {t!(i18n, users.role)}
                </th>
                <th scope="col" class="head-licenses">
                    {t!(i18n, users.licenses)}
                </th>
                <SortableHeader key=UserSort::LastActive order sort class="head-last" descending=true>
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
    let format = Format::get();
    let shown = Text::derive(move |locale| {
        let Some(total) = page.list.total() else { return String::new() };
        let (shown, all) = (format.number(page.list.items().with(Vec::len)), format.number(total));
        td_string!(locale, users.shown, count = total, shown = shown, total = all)
    });
    view! { <ListFoot paging=page.list.paging() shown more=text!(users.more) /> }
}

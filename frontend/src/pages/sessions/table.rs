//! Table of live sessions, virtualized when it is long.

use super::{filter::Column, row::Row, row_pages::KnownRows, state::SessionsPageState, table_rows::TableRows};
use crate::{
    format::Format,
    i18n::*,
    local_storage,
    shell::shortcuts,
    text::text,
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::Glyph,
        keyed_list::For,
        show::Show,
        sortable_header::SortableHeader,
        virtual_list::{ListItem, VisibleRows, list_items},
    },
};
use leptos::{html::Tbody, prelude::*};
use seatkeeper_shared::ids::SessionId;
use std::ops::Range;

/// An element of the table's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Row(SessionId),
    /// The space of rows that are not rendered: the first, second or third gap.
    Gap(usize),
}

/// The elements of the table's body, and the number of rows in each gap.
type Layout = (Vec<Slot>, Vec<usize>);

#[component]
pub fn SessionTable(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let body = NodeRef::<Tbody>::new();
    let visible = VisibleRows::follow(body, page.rows.total);
    let layout = Memo::new(move |_| layout(page, visible.range()));
    let slots = Memo::new(move |_| layout.with(|layout| layout.0.clone()));
    let virtualized = Memo::new(move |_| visible.is_partial());
    Effect::new(move |_| page.pages.read_ahead(visible.range().end, page.rows.total.get()));
    let gap = move |number: usize| {
        let length = move || layout.with(|layout| layout.1.get(number).copied().unwrap_or_default());
        // No `colspan`: it would bring back columns that are hidden.
        view! {
            <tr class="gap" aria-hidden="true">
                <td style:height=move || visible.height(length())></td>
            </tr>
        }
    };
    let slot = move |slot: Slot| match slot {
        Slot::Row(id) => view! { <Row page id virtualized /> }.into_any(),
        Slot::Gap(number) => gap(number).into_any(),
    };
    view! {
        <Show when=move || { page.rows.total.get() > 0 } fallback=move || view! { <EmptyTable page /> }>
            <table
                class="sessions"
                class:held=move || page.hold.is_held.get()
                class:compact=move || page.layout.is_compact()
                data-hidden=move || page.layout.hidden()
                aria-rowcount=move || virtualized.get().then(|| page.found.get().max(page.rows.total.get()) + 1)
            >
                <caption class="vh">{t!(i18n, sessions.title)}</caption>
                <Head page />
                <tbody
                    node_ref=body
                    on:pointermove=move |_| page.hold.pointer_moves()
                    on:pointerdown=move |_| page.hold.pointer_moves()
                    on:pointerleave=move |_| page.hold.pointer_leaves()
                    on:focusin=move |event| page.hold.focus_enters(&event)
                    on:focusout=move |_| page.hold.focus_leaves()
                >
                    {move || {
                        // Rows have other cells then.
                        page.may_end.track();
                        view! { <For each=move || slots.get() key=|slot| *slot children=slot /> }
                    }}
                </tbody>
            </table>
        </Show>
        <PagesError page />
    }
}

fn layout(page: SessionsPageState, range: Range<usize>) -> Layout {
    page.rows.with(|rows| {
        let pinned = page.cursor.get().and_then(|(id, _)| rows.position(id));
        let mut gaps = Vec::new();
        let slots = list_items(rows.len(), range, pinned).into_iter().filter_map(|item| match item {
            ListItem::Row(index) => rows.get(index).map(Slot::Row),
            ListItem::Gap(gap) => {
                gaps.push(gap.len());
                Some(Slot::Gap(gaps.len() - 1))
            }
        });
        (slots.collect(), gaps)
    })
}

#[component]
fn Head(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let order = Signal::derive(move || page.filter.with(|filter| filter.order));
    let sort = Callback::new(move |order| page.sort(order));
    view! {
        <thead>
            <tr>
                <Show when=move || page.may_end.get()>
                    <th scope="col" class="pick">
                        <SelectAllCheckbox page />
                    </th>
                </Show>
                <SortableHeader key=Column::Agent order sort>
                    {t!(i18n, sessions.agent)}
                </SortableHeader>
                <SortableHeader key=Column::State order sort class="head-state">
                    {t!(i18n, sessions.state)}
                </SortableHeader>
                <th scope="col" class="head-license">
                    {t!(i18n, sessions.license)}
                </th>
                <SortableHeader key=Column::Platform order sort class="head-platform">
                    {t!(i18n, sessions.platform)}
                </SortableHeader>
                <SortableHeader key=Column::Device order sort class="head-device">
                    {t!(i18n, sessions.device)}
                </SortableHeader>
                <SortableHeader key=Column::Since order sort class="head-since" descending=true>
                    {t!(i18n, sessions.since)}
                </SortableHeader>
                <SortableHeader key=Column::Contact order sort class="head-contact" descending=true>
                    {t!(i18n, sessions.contact)}
                </SortableHeader>
                <Show when=move || page.may_end.get()>
                    <th scope="col" class="head-acts">
                        <span class="vh">{t!(i18n, users.actions)}</span>
                    </th>
                </Show>
            </tr>
        </thead>
    }
}

/// Checkbox that selects all rows.
#[component]
fn SelectAllCheckbox(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let selected = Memo::new(move |_| {
        let count = page.selected.with(std::collections::BTreeSet::len);
        // Compared only while something is selected, because this looks at all rows.
        (count > 0, count > 0 && page.rows.with(TableRows::len) > 0 && count == page.selectable_rows().len())
    });
    view! {
        <input
            type="checkbox"
            aria-label=move || t_string!(i18n, sessions.select_all, n = format.number(page.rows.total.get()))
            prop:checked=move || selected.get().1
            prop:indeterminate=move || matches!(selected.get(), (true, false))
            on:change=move |_| {
                page.toggle_all();
            }
        />
    }
}

/// What stands in place of rows: that they are being read, or that there are none.
#[component]
fn EmptyTable(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    // A failure is shown below.
    let is_awaited =
        Memo::new(move |_| page.pages.failure().is_none() && (page.pages.is_loading() || !page.pages.have_arrived()));
    let are_known = Memo::new(move |_| page.pages.known.with(|known| *known != KnownRows::None));
    let none = move || {
        view! {
            <Show when=move || are_known.get()>
                <NoRows page />
            </Show>
        }
    };
    view! {
        <Show when=move || is_awaited.get() fallback=none>
            <Skeleton rows=8 />
        </Show>
    }
}

/// Why rows, or those that follow, could not be read, with a button to try again.
#[component]
fn PagesError(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let failure = Memo::new(move |_| page.pages.failure());
    let retry = move |()| page.pages.status().reload();
    move || failure.get().map(|failure| view! { <LoadError failure=Signal::stored(failure) retry /> })
}

/// Empty state: no sessions at all, or none that match the filter.
#[component]
fn NoRows(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let is_narrowed = Memo::new(move |_| page.filter.with(|filter| filter.is_narrowed()));
    let quiet = move || {
        view! {
            <EmptyState
                glyph=Glyph::Live
                title=text!(sessions.empty_title)
                text=text!(sessions.empty_text)
            />
        }
    };
    view! {
        <Show when=move || is_narrowed.get() fallback=quiet>
            <EmptyState
                glyph=Glyph::Search
                title=text!(sessions.none_title)
                text=text!(sessions.none_text)
            >
                <button
                    type="button"
                    class="button"
                    on:click=move |_| page.update_filter(|filter| *filter = Default::default())
                >
                    {t!(i18n, common.reset)}
                </button>
            </EmptyState>
        </Show>
    }
}

/// What the table leaves out, and the keyboard shortcuts.
#[component]
pub fn TableFooter(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let counts = Memo::new(move |_| {
        page.live.state.with(|state| (state.is_capped(), state.sessions.len(), state.session_count()))
    });
    let capped = move || {
        let (is_capped, here, all) = counts.get();
        is_capped.then(|| t_string!(i18n, sessions.capped, n = format.number(here), total = format.number(all)))
    };
    view! {
        {move || capped().map(|text| view! { <p class="note list-note">{text}</p> })}
        <footer class="list-foot">
            <Show
                when=move || page.may_end.get()
                fallback=move || view! { <span>{t!(i18n, sessions.read_only)}</span> }
            >
                <ShortcutHints />
            </Show>
        </footer>
    }
}

/// The keyboard shortcuts, with a checkbox to turn them off.
#[component]
fn ShortcutHints() -> impl IntoView {
    let i18n = use_i18n();
    let on = shortcuts::are_enabled();
    view! {
        <span class="keys">
            <label>
                <input
                    type="checkbox"
                    prop:checked=on
                    on:change=move |event| {
                        let value = if event_target_checked(&event) { "on" } else { "off" };
                        local_storage::set(shortcuts::STORAGE_KEY, value);
                    }
                />
                {t!(i18n, sessions.keys)}
            </label>
            <span><kbd>"J"</kbd><kbd>"K"</kbd>{t!(i18n, sessions.key_move)}</span>
            <span><kbd>"X"</kbd>{t!(i18n, sessions.key_pick)}</span>
            <span><kbd>"E"</kbd>{t!(i18n, sessions.key_end)}</span>
        </span>
    }
}

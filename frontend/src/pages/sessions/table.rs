//! Table of live sessions, virtualized when it is long.

use super::{filter::Column, row::Row, state::SessionsPageState};
use crate::{
    format::Format,
    i18n::*,
    local_storage,
    ui::{
        empty_state::EmptyState,
        icon::Glyph,
        sortable_header::SortableHeader,
        virtual_list::{ListItem, MAX_UNVIRTUALIZED_ROWS, Viewport, list_items},
    },
};
use leptos::{ev, html::Tbody, prelude::*};
use seatkeeper_shared::ids::SessionId;

/// A rendered row, or a gap of rows that are not rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Row(SessionId),
    Gap(usize, usize),
}

#[component]
pub fn SessionTable(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let body = NodeRef::<Tbody>::new();
    let total = Memo::new(move |_| page.rows.with(Vec::len));
    let viewport = follow_viewport(body, total);
    let range = Memo::new(move |_| viewport.get().rows(total.get()));
    let slots = Memo::new(move |_| slots(page, range.get()));
    let virtualized = Memo::new(move |_| total.get() > MAX_UNVIRTUALIZED_ROWS);
    let slot = move |slot: Slot| match slot {
        Slot::Row(id) => view! { <Row page id virtualized /> }.into_any(),
        Slot::Gap(_, length) => view! { <Gap length viewport /> }.into_any(),
    };
    view! {
        <Show when=move || { total.get() > 0 } fallback=move || view! { <EmptyTable page /> }>
            <table
                class="sessions"
                aria-rowcount=move || virtualized.get().then(|| total.get() + 1)
            >
                <caption class="vh">{t!(i18n, sessions.title)}</caption>
                <Head page />
                <tbody node_ref=body>
                    <For each=move || slots.get() key=|slot| *slot let:one>
                        {slot(one)}
                    </For>
                </tbody>
            </table>
        </Show>
    }
}

#[component]
fn Head(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let order = Signal::derive(move || page.filter.with(|filter| filter.order));
    let sort = Callback::new(move |order| page.update_filter(|filter| filter.order = order));
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
    let (selected, total) =
        (move || page.selected.with(std::collections::BTreeSet::len), move || page.rows.with(Vec::len));
    view! {
        <input
            type="checkbox"
            aria-label=move || t_string!(i18n, sessions.select_all, n = format.number(total()))
            prop:checked=move || { selected() > 0 && selected() == total() }
            prop:indeterminate=move || { selected() > 0 && selected() < total() }
            on:change=move |_| {
                let rows = page.selectable_rows();
                page.selection.update(|selection| selection.toggle_all(&rows));
            }
        />
    }
}

#[component]
fn Gap(
    /// Number of rows it replaces.
    length: usize,
    /// The viewport, which contains the row height.
    viewport: RwSignal<Viewport>,
) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    let height = move || format!("{}px", length as f64 * viewport.with(|viewport| viewport.row));
    view! {
        <tr class="gap" aria-hidden="true">
            <td colspan="9" style:height=height></td>
        </tr>
    }
}

fn slots(page: SessionsPageState, range: std::ops::Range<usize>) -> Vec<Slot> {
    page.rows.with(|rows| {
        let pinned = page.cursor.get().and_then(|(id, _)| rows.iter().position(|row| *row == id));
        let slot = |piece| match piece {
            ListItem::Row(index) => Slot::Row(rows[index]),
            ListItem::Gap(gap) => Slot::Gap(gap.start, gap.len()),
        };
        list_items(rows.len(), range.start.min(rows.len())..range.end.min(rows.len()), pinned)
            .into_iter()
            .map(slot)
            .collect()
    })
}

/// Measures the position of the table on scroll and resize, at most once per frame.
fn follow_viewport(body: NodeRef<Tbody>, total: Memo<usize>) -> RwSignal<Viewport> {
    let viewport = RwSignal::new(Viewport::default());
    let scheduled = StoredValue::new(false);
    let measure = move || {
        let Some(body) = body.get_untracked().filter(|_| total.get_untracked() > MAX_UNVIRTUALIZED_ROWS) else {
            return;
        };
        let row = body.query_selector("tr[data-id]").ok().flatten().map(|row| row.get_bounding_client_rect().height());
        let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(900.0);
        let row = row.filter(|height| *height > 0.0).unwrap_or(viewport.get_untracked().row);
        viewport.set(Viewport { top: body.get_bounding_client_rect().top(), height, row });
    };
    let schedule = move || {
        if !scheduled.get_value() {
            scheduled.set_value(true);
            request_animation_frame(move || {
                // The page may have been left by now.
                if scheduled.try_update_value(|scheduled| *scheduled = false).is_some() {
                    measure();
                }
            });
        }
    };
    let scroll = window_event_listener(ev::scroll, move |_| schedule());
    let resize = window_event_listener(ev::resize, move |_| schedule());
    on_cleanup(move || {
        scroll.remove();
        resize.remove();
    });
    Effect::new(move |_| {
        total.track();
        schedule();
    });
    viewport
}

/// Empty state: no sessions at all, or none that match the filter.
#[component]
fn EmptyTable(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let is_narrowed = Memo::new(move |_| page.filter.with(|filter| filter.is_narrowed()));
    let quiet = move || {
        view! {
            <EmptyState
                glyph=Glyph::Live
                title=Signal::derive(move || t_string!(i18n, sessions.empty_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, sessions.empty_text).to_owned())
            />
        }
    };
    view! {
        <Show when=move || is_narrowed.get() fallback=quiet>
            <EmptyState
                glyph=Glyph::Search
                title=Signal::derive(move || t_string!(i18n, sessions.none_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, sessions.none_text).to_owned())
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

/// Number of rows shown, and the keyboard shortcuts.
#[component]
pub fn TableFooter(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let total = Memo::new(move |_| page.live.state.with(|state| (state.sessions.len(), state.session_count())));
    let shown = move || {
        let (shown, total) = (page.rows.with(Vec::len), total.get().1);
        t_string!(i18n, sessions.shown, count = total, shown = format.number(shown), total = format.number(total))
    };
    let capped = move || {
        let (here, all) = total.get();
        (all > here).then(|| t_string!(i18n, sessions.capped, n = format.number(here), total = format.number(all)))
    };
    view! {
        {move || capped().map(|text| view! { <p class="note list-note">{text}</p> })}
        <footer class="list-foot">
            <span class="num">{shown}</span>
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
    let on = super::shortcuts::are_enabled();
    view! {
        <span class="keys">
            <label>
                <input
                    type="checkbox"
                    prop:checked=on
                    on:change=move |event| {
                        let value = if event_target_checked(&event) { "on" } else { "off" };
                        local_storage::set(super::shortcuts::STORAGE_KEY, value);
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

//! The table of live sessions. A long one is in the page only where it is in sight.

use super::{board::Board, filter::Column, row::Row};
use crate::{
    format::Format,
    i18n::*,
    keep,
    ui::{
        face::Empty,
        icon::Glyph,
        sort::SortHead,
        window::{Piece, Sight, WHOLE, pieces},
    },
};
use leptos::{ev, html::Tbody, prelude::*};
use seatkeeper_shared::ids::SessionId;

/// A row, or the space of rows that are not in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Row(SessionId),
    Gap(usize, usize),
}

/// The table.
#[component]
pub fn Table(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let body = NodeRef::<Tbody>::new();
    let total = Memo::new(move |_| board.rows.with(Vec::len));
    let sight = follow_sight(body, total);
    let range = Memo::new(move |_| sight.get().rows(total.get()));
    let slots = Memo::new(move |_| slots(board, range.get()));
    let windowed = Memo::new(move |_| total.get() > WHOLE);
    let slot = move |slot: Slot| match slot {
        Slot::Row(id) => view! { <Row board id windowed /> }.into_any(),
        Slot::Gap(_, length) => view! { <Gap length sight /> }.into_any(),
    };
    view! {
        <Show when=move || { total.get() > 0 } fallback=move || view! { <Nothing board /> }>
            <table
                class="sessions"
                aria-rowcount=move || windowed.get().then(|| total.get() + 1)
            >
                <caption class="vh">{t!(i18n, sessions.title)}</caption>
                <Head board />
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
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let order = Signal::derive(move || board.filter.with(|filter| filter.order));
    let sort = Callback::new(move |order| board.narrow(|filter| filter.order = order));
    view! {
        <thead>
            <tr>
                <Show when=move || board.may_end.get()>
                    <th scope="col" class="pick">
                        <PickAll board />
                    </th>
                </Show>
                <SortHead key=Column::Agent order sort>
                    {t!(i18n, sessions.agent)}
                </SortHead>
                <SortHead key=Column::State order sort class="head-state">
                    {t!(i18n, sessions.state)}
                </SortHead>
                <th scope="col" class="head-license">
                    {t!(i18n, sessions.license)}
                </th>
                <SortHead key=Column::Platform order sort class="head-platform">
                    {t!(i18n, sessions.platform)}
                </SortHead>
                <SortHead key=Column::Device order sort class="head-device">
                    {t!(i18n, sessions.device)}
                </SortHead>
                <SortHead key=Column::Since order sort class="head-since" falling=true>
                    {t!(i18n, sessions.since)}
                </SortHead>
                <SortHead key=Column::Contact order sort class="head-contact" falling=true>
                    {t!(i18n, sessions.contact)}
                </SortHead>
                <Show when=move || board.may_end.get()>
                    <th scope="col" class="head-acts">
                        <span class="vh">{t!(i18n, users.actions)}</span>
                    </th>
                </Show>
            </tr>
        </thead>
    }
}

/// Ticks all rows of the filter.
#[component]
fn PickAll(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (picked, total) =
        (move || board.picked.with(std::collections::BTreeSet::len), move || board.rows.with(Vec::len));
    view! {
        <input
            type="checkbox"
            aria-label=move || t_string!(i18n, sessions.select_all, n = format.number(total()))
            prop:checked=move || { picked() > 0 && picked() == total() }
            prop:indeterminate=move || { picked() > 0 && picked() < total() }
            on:change=move |_| {
                let rows = board.alive_rows();
                board.selection.update(|selection| selection.toggle_all(&rows));
            }
        />
    }
}

#[component]
fn Gap(
    /// How many rows it stands for.
    length: usize,
    /// How high they are.
    sight: RwSignal<Sight>,
) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "numbers of rows")]
    let height = move || format!("{}px", length as f64 * sight.with(|sight| sight.row));
    view! {
        <tr class="gap" aria-hidden="true">
            <td colspan="9" style:height=height></td>
        </tr>
    }
}

fn slots(board: Board, range: std::ops::Range<usize>) -> Vec<Slot> {
    board.rows.with(|rows| {
        let pinned = board.cursor.get().and_then(|(id, _)| rows.iter().position(|row| *row == id));
        let slot = |piece| match piece {
            Piece::Row(index) => Slot::Row(rows[index]),
            Piece::Gap(gap) => Slot::Gap(gap.start, gap.len()),
        };
        pieces(rows.len(), range.start.min(rows.len())..range.end.min(rows.len()), pinned)
            .into_iter()
            .map(slot)
            .collect()
    })
}

/// Looks where the table stands whenever the page is scrolled or resized, once per frame.
fn follow_sight(body: NodeRef<Tbody>, total: Memo<usize>) -> RwSignal<Sight> {
    let sight = RwSignal::new(Sight::default());
    let due = StoredValue::new(false);
    let look = move || {
        let Some(body) = body.get_untracked().filter(|_| total.get_untracked() > WHOLE) else { return };
        let row = body.query_selector("tr[data-id]").ok().flatten().map(|row| row.get_bounding_client_rect().height());
        let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(900.0);
        let row = row.filter(|height| *height > 0.0).unwrap_or(sight.get_untracked().row);
        sight.set(Sight { top: body.get_bounding_client_rect().top(), height, row });
    };
    let soon = move || {
        if !due.get_value() {
            due.set_value(true);
            request_animation_frame(move || {
                // The page may be gone by now.
                if due.try_update_value(|due| *due = false).is_some() {
                    look();
                }
            });
        }
    };
    let scroll = window_event_listener(ev::scroll, move |_| soon());
    let resize = window_event_listener(ev::resize, move |_| soon());
    on_cleanup(move || {
        scroll.remove();
        resize.remove();
    });
    Effect::new(move |_| {
        total.track();
        soon();
    });
    sight
}

/// No session is shown, and why.
#[component]
fn Nothing(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let narrows = Memo::new(move |_| board.filter.with(|filter| filter.narrows()));
    let quiet = move || {
        view! {
            <Empty
                glyph=Glyph::Live
                title=Signal::derive(move || t_string!(i18n, sessions.empty_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, sessions.empty_text).to_owned())
            />
        }
    };
    view! {
        <Show when=move || narrows.get() fallback=quiet>
            <Empty
                glyph=Glyph::Search
                title=Signal::derive(move || t_string!(i18n, sessions.none_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, sessions.none_text).to_owned())
            >
                <button type="button" class="button" on:click=move |_| board.narrow(|filter| *filter = Default::default())>
                    {t!(i18n, common.reset)}
                </button>
            </Empty>
        </Show>
    }
}

/// How many are shown, and the keys.
#[component]
pub fn Foot(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let total = Memo::new(move |_| board.live.state.with(|state| (state.sessions.len(), state.total())));
    let shown = move || {
        let (shown, total) = (board.rows.with(Vec::len), total.get().1);
        t_string!(i18n, sessions.shown, shown = format.number(shown), total = format.number(total))
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
                when=move || board.may_end.get()
                fallback=move || view! { <span>{t!(i18n, sessions.look_only)}</span> }
            >
                <Keys />
            </Show>
        </footer>
    }
}

/// The keys, and whether they are listened to.
#[component]
fn Keys() -> impl IntoView {
    let i18n = use_i18n();
    let on = super::keys::wanted();
    view! {
        <span class="keys">
            <label>
                <input
                    type="checkbox"
                    prop:checked=on
                    on:change=move |event| {
                        keep::keep_text(super::keys::KEPT, if event_target_checked(&event) { "on" } else { "off" });
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

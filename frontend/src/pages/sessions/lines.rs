//! The lines at the licenses: who waits, since when, and to whom a seat is offered.

use super::{board::Board, drop::DropDialog, filter::Which, waiter::Waiter};
use crate::{format::Format, i18n::*, ui::field::fresh_id, words};
use leptos::prelude::*;
use seatkeeper_shared::ids::{LicenseId, TicketId};

/// So many are shown of a long line, until all are asked for.
const SHOWN: usize = 8;

/// The lines of the licenses that the page shows.
#[component]
pub fn Lines(
    /// The page.
    board: Board,
) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let which = board.filter.with(|filter| filter.which);
        let shown = |id: &LicenseId| !matches!(which, Which::One(one) if one != *id);
        board.live.state.with(|state| {
            let licenses = state.licenses.iter().map(|license| license.id);
            licenses.filter(|id| state.queues.contains_key(id)).filter(shown).collect::<Vec<_>>()
        })
    });
    view! {
        <p class="vh" role="status">
            {move || board.said.get()}
        </p>
        <For each=move || ids.get() key=|id| *id let:id>
            <Line board id />
        </For>
        <DropDialog board />
    }
}

#[component]
fn Line(
    /// The page.
    board: Board,
    /// The license.
    id: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let heading = fresh_id("line");
    let tickets = Memo::new(move |_| {
        board.live.state.with(|state| state.line(id).iter().map(|ticket| ticket.id).collect::<Vec<TicketId>>())
    });
    let length = Memo::new(move |_| tickets.with(Vec::len));
    let all = RwSignal::new(false);
    let shown = move || {
        let most = if all.get() { usize::MAX } else { SHOWN };
        tickets.with(|tickets| tickets.iter().take(most).copied().collect::<Vec<_>>())
    };
    let name = move || board.live.license(id).map(|license| words::license(i18n, &license)).unwrap_or_default();
    let count = move || t_string!(i18n, queue.count, count = length.get(), n = format.number(length.get()));
    view! {
        <section class="list line" aria-labelledby=heading.clone()>
            <header class="line-head">
                <h2 id=heading.clone()>{move || t_string!(i18n, queue.line, license = name())}</h2>
                <span class="tag plain">{count}</span>
            </header>
            <ol>
                <For each=shown key=|id| *id let:ticket>
                    <Waiter board license=id id=ticket length />
                </For>
            </ol>
            <Show when=move || { !all.get() && length.get() > SHOWN }>
                <button type="button" class="button ghost line-more" on:click=move |_| all.set(true)>
                    {move || t_string!(i18n, queue.show_all, n = format.number(length.get()))}
                </button>
            </Show>
        </section>
    }
}

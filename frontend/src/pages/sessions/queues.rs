//! The queues of the licenses: who waits, since when, and to whom a seat is offered.

use super::{filter::LicenseScope, state::SessionsPageState, waiter::Waiter};
use crate::ui::keyed_list::For;
use crate::{
    format::Format,
    i18n::*,
    labels, lazy_view,
    ui::{
        field::unique_id,
        links::{Named, NamedLink},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::ids::{LicenseId, TicketId};

/// Number of tickets shown of a long queue until it is expanded.
const COLLAPSED_LENGTH: usize = 8;

/// The queues of the licenses that match the filter.
#[component]
pub fn Queues(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let scope = page.filter.with(|filter| filter.scope);
        let shown = |id: &LicenseId| !matches!(scope, LicenseScope::One(one) if one != *id);
        page.live.state.with(|state| {
            let licenses = state.licenses.iter().map(|license| license.id);
            licenses.filter(|id| state.queues.contains_key(id)).filter(shown).collect::<Vec<_>>()
        })
    });
    // Nobody waits most of the time.
    let queue = lazy_view!(session_queue(page: SessionsPageState, id: LicenseId) { view! { <Queue page id /> } });
    view! {
        <p class="vh" role="status">
            {move || page.announcement.get()}
        </p>
        <For each=move || ids.get() key=|id| *id let:id>
            {queue(page, id)}
        </For>
    }
}

#[component]
fn Queue(
    /// Shared state of the page.
    page: SessionsPageState,
    /// The license shown.
    id: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let heading = unique_id("line");
    let tickets = Memo::new(move |_| {
        page.live.state.with(|state| state.queue_of(id).iter().map(|ticket| ticket.id).collect::<Vec<TicketId>>())
    });
    let length = Memo::new(move |_| tickets.with(Vec::len));
    let expanded = RwSignal::new(false);
    let shown = move || {
        let max_length = if expanded.get() { usize::MAX } else { COLLAPSED_LENGTH };
        tickets.with(|tickets| tickets.iter().take(max_length).copied().collect::<Vec<_>>())
    };
    let name = move || page.live.license(id).map(|license| labels::license(i18n, &license)).unwrap_or_default();
    let title = move || t_string!(i18n, queue.of_license, license = name());
    let count = move || t_string!(i18n, queue.count, count = length.get(), n = format.number(length.get()));
    view! {
        <section class="list queue" aria-labelledby=heading.clone()>
            <header class="queue-head">
                <h2 id=heading.clone()>
                    <NamedLink to=Named::License(id)>{title}</NamedLink>
                </h2>
                <span class="tag plain">{count}</span>
            </header>
            <ol>
                <For each=shown key=|id| *id let:ticket>
                    <Waiter page license=id id=ticket length />
                </For>
            </ol>
            <Show when=move || { !expanded.get() && length.get() > COLLAPSED_LENGTH }>
                <button type="button" class="button ghost queue-more" on:click=move |_| expanded.set(true)>
                    {move || t_string!(i18n, queue.show_all, n = format.number(length.get()))}
                </button>
            </Show>
        </section>
    }
}

//! The place in the queue, with an estimate of the waiting time.

use super::gate_entry::GateEntry;
use crate::ui::show::Show;
use crate::{format::Format, i18n::*, ui::page_head::Heading};
use leptos::prelude::*;
use seatkeeper_shared::wire::gate::GateAdmission;

/// Shown while the user waits in the queue.
#[component]
pub fn QueuePosition(
    /// The answer of the gate, with the current ticket.
    entered: GateAdmission,
    /// The entry into the application.
    entry: GateEntry,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let product = entered.product_name;
    let Some(ticket) = entered.ticket else { return ().into_any() };
    let (position, expected, id) = (ticket.position, ticket.expected_at, ticket.id);
    let about = move || match expected {
        Some(at) => t_string!(i18n, queue.expected, about = format.estimate(at)),
        None => t_string!(i18n, queue.no_estimate).to_owned(),
    };
    view! {
        <Heading title=Signal::derive(move || t_string!(i18n, gate.queue_title, product = product.clone())) />
        <p>{move || format!("{}.", t_string!(i18n, console.full_sentence).trim_end_matches('.'))}</p>
        <p class="queue-place" role="status">
            <b class="num" aria-hidden="true">{move || format.number(position)}</b>
            <span>
                <span class="vh">{move || t_string!(i18n, queue.place, n = format.number(position))}</span>
                <span aria-hidden="true">{t!(i18n, queue.in_queue)}</span>
                <small class="num">{about}</small>
            </span>
        </p>
        <p class="hint">
            {move || match entry.unsent {
                true => t_string!(i18n, gate.queue_hint_unsent),
                false => t_string!(i18n, gate.queue_hint),
            }}
        </p>
        <Show when=move || entry.unreachable.get()>
            <p class="note" role="status">{t!(i18n, gate.silent)}</p>
        </Show>
        <button type="button" class="button" on:click=move |_| entry.leave(id)>
            {t!(i18n, queue.leave)}
        </button>
    }
    .into_any()
}

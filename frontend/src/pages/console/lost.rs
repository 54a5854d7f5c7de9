//! What the agent is told about a place in the line that he lost: why, and the way to wait again.

use super::{attempt::Attempt, desk::Desk, notices::focus};
use crate::{
    format::{Format, Texts},
    i18n::*,
    ui::{
        face::Wrong,
        icon::{Glyph, Icon},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{
    ticket::TicketEnd,
    wire::{queue::TicketView, sessions::NewSession},
};

/// A place that is lost.
#[component]
pub fn LostPlace(
    /// The ticket.
    ticket: TicketView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (desk, format) = (Desk::get(), Format::get());
    let attempt = Attempt::new(desk);
    let again = again(&ticket).then(|| wanted(&ticket, untrack(|| desk.device.name())));
    let (id, ticket) = (ticket.id, StoredValue::new(ticket));
    let title =
        move || t_string!(i18n, queue.lost_title, product = ticket.with_value(|ticket| ticket.product_name.clone()));
    let wrong = move || attempt.failure().map(|failure| words::failure(i18n, &failure).to_owned());
    let wait = move |wanted: NewSession| {
        view! {
            <button
                type="button"
                class="button primary"
                aria-disabled=move || attempt.busy.get().to_string()
                on:click=move |_| attempt.start(wanted.clone(), Some(Callback::new(move |()| desk.tickets.read(id))))
            >
                {t!(i18n, queue.again)}
            </button>
        }
    };
    view! {
        <div class="note notice">
            <Icon glyph=Glyph::Warning />
            <div class="notice-text">
                <b>{title}</b>
                <p>{move || ticket.with_value(|ticket| why(i18n, format, ticket))}</p>
                <Wrong text=Signal::derive(wrong) />
            </div>
            {again.map(wait)}
            <button
                type="button"
                class="button"
                on:click=move |_| {
                    desk.tickets.read(id);
                    focus("main");
                }
            >
                {t!(i18n, console.dismiss)}
            </button>
        </div>
    }
}

fn why(i18n: Texts, format: Format, ticket: &TicketView) -> String {
    let Some(over) = &ticket.over else { return String::new() };
    let time = format.time(over.at);
    match over.reason {
        TicketEnd::Missed => t_string!(i18n, queue.missed, time = time),
        TicketEnd::Lapsed => t_string!(i18n, queue.lapsed, time = time),
        TicketEnd::Dropped => t_string!(i18n, queue.dropped, time = time),
        TicketEnd::LicenseEnded => t_string!(i18n, queue.license_ended).to_owned(),
        _ => t_string!(i18n, queue.not_yours).to_owned(),
    }
}

/// Whether waiting again promises anything.
fn again(ticket: &TicketView) -> bool {
    let reason = ticket.over.as_ref().map(|over| over.reason);
    matches!(reason, Some(TicketEnd::Missed | TicketEnd::Lapsed | TicketEnd::Dropped))
}

/// The same once more.
fn wanted(ticket: &TicketView, device: String) -> NewSession {
    NewSession {
        product: ticket.product_id.to_string(),
        device,
        mode: ticket.mode,
        platform: ticket.platform,
        remote_device: ticket.remote_device.clone(),
        wait: true,
        borrow_seconds: None,
    }
}

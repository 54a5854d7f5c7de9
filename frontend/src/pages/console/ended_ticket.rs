//! Notice about a ticket that ended without the agent's action: why, and a button to rejoin the queue.

use super::{attempt::Attempt, notices::focus_element, state::ConsolePageState};
use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
    ui::{
        error_message::ErrorMessage,
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    ticket::TicketEnd,
    wire::{queue::TicketView, sessions::NewSession},
};

/// Notice about an ended ticket.
#[component]
pub fn EndedTicketNotice(
    /// The ended ticket.
    ticket: TicketView,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, format) = (ConsolePageState::get(), Format::get());
    let attempt = Attempt::new(page);
    let rejoin = can_rejoin(&ticket).then(|| rejoin_request(&ticket, untrack(|| page.device.name())));
    let (id, ticket) = (ticket.id, StoredValue::new(ticket));
    let title =
        move || t_string!(i18n, queue.lost_title, product = ticket.with_value(|ticket| ticket.product_name.clone()));
    let wrong = move || attempt.failure().map(|failure| labels::failure(i18n, &failure).to_owned());
    let dismiss = Callback::new(move |()| page.tickets.dismiss(id));
    let wait = move |request: NewSession| {
        view! {
            <button
                type="button"
                class="button primary"
                aria-disabled=move || attempt.busy.get().to_string()
                on:click=move |_| attempt.start(request.clone(), Some(dismiss))
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
                <p>{move || ticket.with_value(|ticket| end_text(i18n, format, ticket))}</p>
                <ErrorMessage text=Signal::derive(wrong) />
            </div>
            {rejoin.map(wait)}
            <button
                type="button"
                class="button"
                on:click=move |_| {
                    page.tickets.dismiss(id);
                    focus_element("main");
                }
            >
                {t!(i18n, console.dismiss)}
            </button>
        </div>
    }
}

fn end_text(i18n: Texts, format: Format, ticket: &TicketView) -> String {
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

/// Whether rejoining the queue can succeed.
fn can_rejoin(ticket: &TicketView) -> bool {
    let reason = ticket.over.as_ref().map(|over| over.reason);
    matches!(reason, Some(TicketEnd::Missed | TicketEnd::Lapsed | TicketEnd::Dropped))
}

/// The same request once more.
fn rejoin_request(ticket: &TicketView, device: String) -> NewSession {
    NewSession {
        platform: ticket.platform,
        remote_device: ticket.remote_device.clone(),
        wait: true,
        ..NewSession::new(ticket.product_id.to_string(), device, ticket.mode)
    }
}

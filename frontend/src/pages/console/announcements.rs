//! Announces queue changes to screen readers and in the window title.

use super::{my_sessions::MySessions, my_tickets::MyTickets, state::ConsolePageState};
use crate::{
    format::{Format, Texts},
    i18n::*,
    ui::page_head::TitlePrefix,
};
use leptos::prelude::*;
use seatkeeper_shared::{ticket::TicketState, wire::queue::TicketView};

/// Live regions: queue positions are announced politely, offers assertively.
#[component]
pub fn Announcements() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let own = ConsolePageState::get().tickets.own;
    let places = Memo::new(move |_| {
        let place = |ticket: &TicketView| (ticket.product_name.clone(), ticket.position);
        own.with(|own| own.iter().filter(|ticket| !is_offered(ticket)).map(place).collect::<Vec<_>>())
    });
    let offers = Memo::new(move |_| {
        let offered = |ticket: &&TicketView| is_offered(ticket);
        own.with(|own| own.iter().filter(offered).map(|ticket| ticket.product_name.clone()).collect::<Vec<_>>())
    });
    let place = move |(product, position): (String, i64)| {
        t_string!(i18n, queue.place_of, product = product, n = format.number(position))
    };
    let offer = move |product: String| t_string!(i18n, queue.offer_of, product = product);
    view! {
        <p class="vh" role="status">
            {move || places.get().into_iter().map(place).collect::<Vec<_>>().join(" ")}
        </p>
        <p class="vh" role="alert">
            {move || offers.get().into_iter().map(offer).collect::<Vec<_>>().join(" ")}
        </p>
    }
}

/// Shows the most urgent state in the window title: an offer, else a session about to end, else the queue position.
pub fn show_in_title(sessions: MySessions, tickets: MyTickets) {
    let (i18n, format) = (use_i18n(), Format::get());
    let text = Memo::new(move |_| {
        let ending = sessions.has_ending();
        tickets.own.with(|own| title(i18n, format, own, ending))
    });
    TitlePrefix::show(text.into());
}

fn title(i18n: Texts, format: Format, own: &[TicketView], ending: bool) -> Option<String> {
    if own.iter().any(is_offered) {
        return Some(t_string!(i18n, queue.title_offer).to_owned());
    }
    if ending {
        return Some(t_string!(i18n, queue.title_ending).to_owned());
    }
    let first = own.iter().map(|ticket| ticket.position).min()?;
    Some(t_string!(i18n, queue.title_place, n = format.number(first)))
}

fn is_offered(ticket: &TicketView) -> bool {
    ticket.state == TicketState::Offered
}

//! What changes while one waits, for those who do not look: said aloud on the page, and in the title of the window.

use super::desk::Desk;
use crate::{
    format::{Format, Texts},
    i18n::*,
    ui::head::Attention,
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::UserId, ticket::TicketState, wire::queue::TicketView};

/// Says each change of the place in the line, politely; and an offer at once.
#[component]
pub fn Told() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let own = Desk::get().tickets.own;
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

/// Puts into the window's title what wants to be seen: an offer before everything, then what is about to end, then the place
/// in the line.
pub fn in_title(desk: Desk, user: Option<UserId>) {
    let (i18n, format) = (use_i18n(), Format::get());
    let text = Memo::new(move |_| {
        let ending = user.is_some_and(|user| desk.is_ending(user));
        desk.tickets.own.with(|own| title(i18n, format, own, ending))
    });
    Attention::call(text.into());
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

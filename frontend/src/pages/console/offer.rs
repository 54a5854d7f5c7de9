//! A free seat that is kept for whoever waits here: take it, let the next one go first, or no thanks.

use super::{
    cards::Card,
    desk::Desk,
    ticket::{Act, waiting_of},
};
use crate::{
    i18n::*,
    span::countdown,
    ui::{
        face::Wrong,
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::wire::queue::TicketView;

/// The offer.
#[component]
pub fn Offer(
    /// The id of the line by which the ticket is called.
    id: String,
    /// The ticket.
    ticket: Memo<TicketView>,
    /// The product.
    card: Memo<Card>,
) -> impl IntoView {
    let i18n = use_i18n();
    let act = Act::new(ticket);
    // Letting somebody go first takes somebody.
    let others = Memo::new(move |_| waiting_of(card, ticket) > 1);
    view! {
        <p class="offer-head">
            <span class="offer-mark">
                <Icon glyph=Glyph::Tick />
            </span>
            <b id=id>{t!(i18n, queue.offer)}</b>
        </p>
        <Left ticket card />
        <Wrong text=act.wrong(i18n) />
        <button type="button" class="button large primary" aria-disabled=act.off() on:click=move |_| act.accept()>
            {t!(i18n, queue.take)}
        </button>
        <div class="offer-acts">
            <Show when=move || others.get()>
                <button type="button" class="button" aria-disabled=act.off() on:click=move |_| act.pass()>
                    {t!(i18n, queue.pass)}
                </button>
            </Show>
            <button type="button" class="button" aria-disabled=act.off() on:click=move |_| act.leave()>
                {t!(i18n, queue.decline)}
            </button>
        </div>
    }
}

/// "This seat is kept for you for 0:54", and the same as a line that shortens.
#[component]
fn Left(
    /// The ticket.
    ticket: Memo<TicketView>,
    /// The product.
    card: Memo<Card>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = Desk::get().clock;
    let until = Memo::new(move |_| ticket.with(|ticket| ticket.offer_until));
    let left = Memo::new(move |_| until.get().map(|until| clock.until(until)).unwrap_or_default());
    let whole = move || {
        let license = ticket.with(|ticket| ticket.license_id);
        card.with(|card| card.licenses.iter().find(|one| one.id == license).map_or(60, |one| one.rules.offer_seconds))
    };
    view! {
        // It counts down each second: not to be read aloud.
        <p class="num offer-left">{move || t_string!(i18n, queue.kept_for, left = countdown(left.get()))}</p>
        <progress
            class="key-time"
            max=whole
            prop:value=move || left.get().num_seconds().to_string()
            aria-hidden="true"
        ></progress>
    }
}

//! An offered seat: accept it, let the next waiter go first, or decline.

use super::{
    card_data::CardData,
    state::ConsolePageState,
    ticket::{TicketActions, waiting_count},
};
use crate::{
    duration::countdown,
    i18n::*,
    ui::{
        error_message::ErrorMessage,
        icon::{Glyph, Icon},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::wire::queue::TicketView;

#[component]
pub fn Offer(
    /// Element id of the text that labels the ticket.
    id: String,
    /// The offered ticket.
    ticket: Memo<TicketView>,
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let i18n = use_i18n();
    let actions = TicketActions::new(ticket);
    // Passing needs another waiter.
    let others = Memo::new(move |_| waiting_count(card, ticket) > 1);
    view! {
        <p class="offer-head">
            <span class="offer-mark">
                <Icon glyph=Glyph::Tick />
            </span>
            <b id=id>{t!(i18n, queue.offer)}</b>
        </p>
        <OfferCountdown ticket card />
        <ErrorMessage text=actions.error_text(i18n) />
        <button
            type="button"
            class="button large primary"
            aria-disabled=actions.aria_disabled()
            on:click=move |_| actions.accept()
        >
            {t!(i18n, queue.accept)}
        </button>
        <div class="offer-acts">
            <Show when=move || others.get()>
                <button
                    type="button"
                    class="button"
                    aria-disabled=actions.aria_disabled()
                    on:click=move |_| actions.pass()
                >
                    {t!(i18n, queue.pass)}
                </button>
            </Show>
            <button
                type="button"
                class="button"
                aria-disabled=actions.aria_disabled()
                on:click=move |_| actions.leave()
            >
                {t!(i18n, queue.decline)}
            </button>
        </div>
    }
}

/// "This seat is kept for you for 0:54", as text and as a progress bar.
#[component]
fn OfferCountdown(
    /// The offered ticket.
    ticket: Memo<TicketView>,
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = ConsolePageState::get().clock;
    let until = Memo::new(move |_| ticket.with(|ticket| ticket.offer_until));
    let left = Memo::new(move |_| until.get().map(|until| clock.until(until)).unwrap_or_default());
    let total_seconds = move || {
        let license_id = ticket.with(|ticket| ticket.license_id);
        card.with(|card| {
            let license = card.licenses.iter().find(|license| license.id == license_id);
            license.map_or(60, |license| license.rules.offer_seconds)
        })
    };
    view! {
        // Not a live region: it changes every second.
        <p class="num offer-left">{move || t_string!(i18n, queue.held_for, left = countdown(left.get()))}</p>
        <progress
            class="key-time"
            max=total_seconds
            prop:value=move || left.get().num_seconds().to_string()
            aria-hidden="true"
        ></progress>
    }
}

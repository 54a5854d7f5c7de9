//! Card of one product: its free seats, the agent's sessions and tickets, and the form to start a session.

use super::{
    card_data::{Capacity, CardData, StartCheck},
    my_session::MySession,
    start::StartForm,
    state::ConsolePageState,
    ticket::Ticket,
};
use crate::ui::keyed_list::For;
use crate::ui::show::Show;
use crate::{format::Format, i18n::*, lazy_view, ui::seats::SeatChart};
use leptos::prelude::*;
use seatkeeper_shared::{
    license::Model,
    wire::{licenses::LicenseView, queue::TicketView, sessions::SessionView},
};

#[component]
pub fn ProductCard(
    /// The data when the card appeared.
    first: CardData,
    /// The current data of all cards.
    cards: Memo<Vec<CardData>>,
) -> impl IntoView {
    let product = first.product;
    // A card that is being removed keeps showing its last data.
    let card = Memo::new(move |before: Option<&CardData>| {
        let now = cards.with(|all| all.iter().find(|card| card.product == product).cloned());
        now.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let id = StoredValue::new(heading_id(&product.to_string()));
    // Most visits begin without either.
    let session =
        lazy_view!(my_session(first: SessionView, card: Memo<CardData>) { view! { <MySession first card /> } });
    let ticket = lazy_view!(my_ticket(first: TicketView, card: Memo<CardData>) { view! { <Ticket first card /> } });
    view! {
        <section class="console-card" aria-labelledby=id.get_value()>
            <header class="console-head">
                <h2 id=id.get_value() tabindex="-1">
                    {move || card.with(|card| card.name.clone())}
                </h2>
                <CapacityTag card />
            </header>
            <Pools card />
            <For each=move || card.get().sessions key=|session| session.id let:first>
                {session(first, card)}
            </For>
            <For each=move || card.get().tickets key=|ticket| ticket.id let:first>
                {ticket(first, card)}
            </For>
            <StartForm card />
        </section>
    }
}

/// Element id of the heading of a product's card.
pub fn heading_id(product: &str) -> String {
    format!("product-{product}")
}

/// "5 frei", "Voll", "Eigener Platz". The counts are in the lines below.
#[component]
fn CapacityTag(
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let capacity = Memo::new(move |_| card.with(Capacity::of));
    let class = move || match capacity.get() {
        Capacity::Free(_) => "tag ok",
        Capacity::Full => "tag warn",
        Capacity::Over(_) => "tag over",
        Capacity::Own | Capacity::None => "tag plain",
    };
    let text = move || match capacity.get() {
        Capacity::None => None,
        Capacity::Own => Some(t_string!(i18n, console.own_seat).to_owned()),
        Capacity::Free(count) => Some(t_string!(i18n, seats.free, count = count, n = format.number(count))),
        Capacity::Full => Some(t_string!(i18n, console.full_tag).to_owned()),
        Capacity::Over(count) => Some(t_string!(i18n, seats.over, count = count, n = format.number(count))),
    };
    move || text().map(|text| view! { <span class=class>{text}</span> })
}

/// The seat squares of the shared licenses. They are not shown to an agent with a named seat.
#[component]
fn Pools(
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ConsolePageState::get();
    let own = Memo::new(move |_| card.with(Capacity::of) == Capacity::Own);
    // The named license may not have started yet, or have ended.
    let valid = Memo::new(move |_| card.with(|card| StartCheck::of(card, "", page.clock.now())) == StartCheck::Own);
    let pools = move || {
        let mut pools = card.get().licenses;
        pools.retain(|license| license.model == Model::Concurrent);
        pools
    };
    view! {
        <Show
            when=move || own.get()
            fallback=move || view! {
                <For each=pools key=|license| license.id let:license>
                    <PoolLine first=license card />
                </For>
            }
        >
            <Show when=move || valid.get()>
                <p class="muted">{t!(i18n, console.own_seat_text)}</p>
            </Show>
        </Show>
    }
}

#[component]
fn PoolLine(
    /// The license when the line appeared.
    first: LicenseView,
    /// The product's card data.
    card: Memo<CardData>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let id = first.id;
    let license = Memo::new(move |before: Option<&LicenseView>| {
        let now = card.with(|card| card.licenses.iter().find(|license| license.id == id).cloned());
        now.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let line = move || {
        let (taken, seats, usage) = license.with(|license| (license.taken(), license.seats, license.usage.clone()));
        let kept = (usage.offered > 0)
            .then(|| t_string!(i18n, seats.kept, count = usage.offered, n = format.number(usage.offered)));
        let since = usage.full_since.filter(|_| taken <= seats);
        let since = since.map(|since| t_string!(i18n, seats.full_since, span = format.since(since)));
        let taken = t_string!(
            i18n,
            console.occupied,
            count = seats,
            taken = format.number(taken),
            seats = format.number(seats)
        );
        let parts: Vec<_> = [Some(taken), kept, since].into_iter().flatten().collect();
        parts.join(t_string!(i18n, common.dot))
    };
    view! {
        <div class="pool-line">
            <SeatChart license />
            <small class="num">{line}</small>
        </div>
    }
}

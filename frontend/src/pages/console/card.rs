//! One product: how many seats are free, one's own sessions, and the button to start another.

use super::{
    cards::{Card, Room, Start},
    desk::Desk,
    start::StartForm,
    ticket::Ticket,
    work::Work,
};
use crate::{format::Format, i18n::*, ui::seats::Seats};
use leptos::prelude::*;
use seatkeeper_shared::{license::Model, wire::licenses::LicenseView};

/// The card of a product.
#[component]
pub fn ProductCard(
    /// The card as it was when it appeared.
    first: Card,
    /// All cards as they are.
    cards: Memo<Vec<Card>>,
) -> impl IntoView {
    let product = first.product;
    // While the card is being taken away it shows what it showed last.
    let card = Memo::new(move |before: Option<&Card>| {
        let now = cards.with(|all| all.iter().find(|card| card.product == product).cloned());
        now.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let id = StoredValue::new(head_of(&product.to_string()));
    view! {
        <section class="console-card" aria-labelledby=id.get_value()>
            <header class="console-head">
                <h2 id=id.get_value() tabindex="-1">
                    {move || card.with(|card| card.name.clone())}
                </h2>
                <RoomMark card />
            </header>
            <Pools card />
            <For each=move || card.get().sessions key=|session| session.id let:session>
                <Work first=session card />
            </For>
            <For each=move || card.get().tickets key=|ticket| ticket.id let:ticket>
                <Ticket first=ticket card />
            </For>
            <StartForm card />
        </section>
    }
}

/// The id of the heading of a product's card.
pub fn head_of(product: &str) -> String {
    format!("product-{product}")
}

/// "5 frei", "Voll · 10 / 10", "Eigener Platz"
#[component]
fn RoomMark(
    /// The card.
    card: Memo<Card>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let room = Memo::new(move |_| card.with(Room::of));
    let class = move || match room.get() {
        Room::Free(_) => "tag ok",
        Room::Full { .. } => "tag warn",
        Room::Over(_) => "tag over",
        Room::Own | Room::None => "tag plain",
    };
    let text = move || match room.get() {
        Room::None => None,
        Room::Own => Some(t_string!(i18n, console.own_seat).to_owned()),
        Room::Free(count) => Some(t_string!(i18n, seats.free, count = count)),
        Room::Full { taken, seats } => {
            Some(t_string!(i18n, console.full_tag, taken = format.number(taken), seats = format.number(seats)))
        }
        Room::Over(count) => Some(t_string!(i18n, seats.over, count = count)),
    };
    move || text().map(|text| view! { <span class=class>{text}</span> })
}

/// The squares of the shared licenses; one's own seat needs none.
#[component]
fn Pools(
    /// The card.
    card: Memo<Card>,
) -> impl IntoView {
    let i18n = use_i18n();
    let desk = Desk::get();
    let own = Memo::new(move |_| card.with(Room::of) == Room::Own);
    // Not before it begins, nor after its end.
    let valid = Memo::new(move |_| card.with(|card| Start::of(card, "", desk.clock.now())) == Start::Own);
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
    /// The license as it was when it appeared.
    first: LicenseView,
    /// The card.
    card: Memo<Card>,
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
        let taken = t_string!(i18n, console.taken, taken = format.number(taken), seats = format.number(seats));
        let parts: Vec<_> = [Some(taken), kept, since].into_iter().flatten().collect();
        parts.join(t_string!(i18n, common.dot))
    };
    view! {
        <div class="pool-line">
            <Seats license />
            <small class="num">{line}</small>
        </div>
    }
}

//! Console page: agents start sessions, wait for a seat, pass the support key to the customer, and end their sessions.

mod activity;
mod announcements;
mod attempt;
mod card;
mod card_data;
mod continue_here;
mod device;
mod ended_ticket;
mod heartbeat;
mod heartbeat_schedule;
mod join_link;
pub mod messages;
mod my_licenses;
mod my_session;
mod my_tickets;
mod notices;
mod notify;
mod offer;
mod open_tool;
mod session_fields;
mod start;
pub mod state;
pub mod support_key;
mod ticket;
mod waiting_session;
mod warning;

use crate::{
    caller::Caller,
    i18n::*,
    live::Live,
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::Glyph,
        live_status::LiveStatus,
        page_head::PageHead,
    },
};
use announcements::Announcements;
use card::ProductCard;
use device::DeviceName;
use leptos::prelude::*;
use notices::Notices;
use open_tool::OpenableProducts;
use state::ConsolePageState;

#[component]
pub fn ConsolePage() -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    provide_context(OpenableProducts::load());
    let hello = Signal::derive(move || {
        let name = caller.me().map(|me| me.name).unwrap_or_default();
        t_string!(i18n, console.hello, name = name)
    });
    view! {
        <div class="page console-page">
            <PageHead
                title=Signal::derive(move || t_string!(i18n, console.title).to_owned())
                line=move || view! { <LiveStatus text=hello /> }
            />
            <Notices />
            <Announcements />
            <Products />
        </div>
    }
    .into_any()
}

/// What the page shows below its header.
#[derive(Clone, Copy, PartialEq)]
enum Content {
    Loading,
    Failed,
    Empty,
    Cards,
}

#[component]
fn Products() -> impl IntoView {
    let i18n = use_i18n();
    let (page, arrived) = (ConsolePageState::get(), Live::get().has_snapshot());
    let cards = page.cards();
    let content =
        Memo::new(move |_| match (arrived.get() && page.my_licenses.is_loaded(), page.my_licenses.failure()) {
            (false, _) => Content::Loading,
            (true, _) if !cards.with(Vec::is_empty) => Content::Cards,
            (true, Some(_)) => Content::Failed,
            (true, None) => Content::Empty,
        });
    let failure = Signal::derive(move || page.my_licenses.failure().unwrap_or(crate::api::Failure::Unreachable));
    move || match content.get() {
        Content::Loading => view! { <div class="console-card"><Skeleton rows=4 /></div> }.into_any(),
        Content::Failed => view! { <LoadError failure retry=move |()| page.my_licenses.retry() /> }.into_any(),
        Content::Empty => view! {
            <EmptyState
                glyph=Glyph::Console
                title=Signal::derive(move || t_string!(i18n, console.empty_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, console.empty_text).to_owned())
            />
        }
        .into_any(),
        Content::Cards => view! {
            <div class="console-cards">
                <For each=move || cards.get() key=|card| card.product let:card>
                    <ProductCard first=card cards />
                </For>
            </div>
            <footer class="console-foot">
                <DeviceName />
                <Show when=move || page.kept_sessions.with(|kept| !kept.is_empty())>
                    <p class="hint">{t!(i18n, console.keep_open)}</p>
                </Show>
            </footer>
        }
        .into_any(),
    }
}

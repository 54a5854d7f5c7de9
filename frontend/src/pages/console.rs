//! Console page: agents start sessions, wait for a seat, pass the support key to the customer, and end their sessions.

mod activity;
mod announcements;
mod attempt;
mod card;
mod card_data;
mod continue_here;
mod device;
mod ended_ticket;
mod exchange;
mod heartbeat;
mod heartbeat_schedule;
mod join_link;
pub mod messages;
mod my_access;
mod my_licenses;
mod my_session;
pub mod my_sessions;
mod my_tickets;
mod notice_list;
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
    api::Failure,
    caller::Caller,
    i18n::*,
    lazy_view,
    live::Live,
    text::{Text, text},
    ui::{
        empty_state::{EmptyState, LoadError, Skeleton},
        icon::Glyph,
        keyed_list::For,
        live_status::LiveStatus,
        page_head::PageHead,
        show::Show,
    },
};
use announcements::Announcements;
use card::ProductCard;
use card_data::CardData;
use device::DeviceName;
use leptos::prelude::*;
use leptos_router::components::A;
use my_access::MyAccessNotes;
use notices::Notices;
use open_tool::OpenableProducts;
use seatkeeper_shared::permissions::Action;
use state::ConsolePageState;

#[component]
pub fn ConsolePage() -> impl IntoView {
    let caller = Caller::get();
    provide_context(OpenableProducts::load());
    let notes = lazy_view!(my_access() { view! { <MyAccessNotes /> } });
    let hello = text!(console.hello, name = caller.me().map(|me| me.name).unwrap_or_default());
    view! {
        <div class="page console-page">
            <PageHead
                title=text!(console.title)
                line=move || view! { <LiveStatus text=hello /> }
            />
            <Notices />
            <Announcements />
            {notes()}
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
    let (page, arrived) = (ConsolePageState::get(), Live::get().has_snapshot());
    let cards = page.cards();
    let status = page.my_licenses.status();
    let content = Memo::new(move |_| match (arrived.get() && page.my_licenses.is_loaded(), status.failure()) {
        (false, _) => Content::Loading,
        (true, _) if !cards.with(Vec::is_empty) => Content::Cards,
        (true, Some(_)) => Content::Failed,
        (true, None) => Content::Empty,
    });
    let failure = Signal::derive(move || status.failure().unwrap_or(Failure::Unreachable));
    move || match content.get() {
        Content::Loading => view! { <div class="console-card"><Skeleton rows=4 /></div> }.into_any(),
        Content::Failed => view! { <LoadError failure retry=move |()| status.reload() /> }.into_any(),
        Content::Empty => view! { <NoLicense /> }.into_any(),
        Content::Cards => view! { <Cards cards /> }.into_any(),
    }
}

#[component]
fn Cards(
    /// One card per product.
    cards: Memo<Vec<CardData>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = ConsolePageState::get();
    view! {
        <div class="console-cards">
            <For each=move || cards.get() key=|card| card.product let:card>
                <ProductCard first=card cards />
            </For>
        </div>
        <footer class="console-foot">
            <DeviceName />
            <Show when=move || page.sessions.keeps_any_alive()>
                <p class="hint">{t!(i18n, console.keep_open)}</p>
            </Show>
        </footer>
    }
}

/// What to do without a license: ask an admin, or who can assign licenses, do so.
#[component]
fn NoLicense() -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    let own_page = move || {
        let me = caller.me().filter(|_| caller.may(Action::Assign) && caller.may(Action::ViewUsers));
        me.map(|me| format!("/users/{}", me.id))
    };
    let own_page = Memo::new(move |_| own_page());
    let text = Text::derive(move |locale| match own_page.with(Option::is_some) {
        true => td_string!(locale, console.empty_assign).to_owned(),
        false => td_string!(locale, console.empty_text).to_owned(),
    });
    let link = move |path: String| {
        view! {
            <A href=path attr:class="button primary">
                {t!(i18n, console.assign_license)}
            </A>
        }
    };
    view! {
        <EmptyState glyph=Glyph::Console title=text!(console.empty_title) text>
            {move || own_page.get().map(link)}
        </EmptyState>
    }
}

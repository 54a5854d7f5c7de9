//! Console: an agent starts a session or waits for a seat, reads the support key to the customer, sees who is connected,
//! and gives the seat back.

mod activity;
mod alive;
mod attempt;
mod beats;
mod call;
mod card;
mod cards;
pub mod desk;
mod device;
mod elsewhere;
mod heart;
pub mod key;
mod kind;
mod lost;
mod mine;
mod notices;
mod offer;
mod open;
mod start;
mod ticket;
mod tickets;
mod told;
mod waiting;
mod warning;
mod way;
pub mod why;
mod work;

use crate::{
    caller::Caller,
    i18n::*,
    live::Live,
    ui::{
        face::{Empty, Failed, Skeleton},
        head::PageHead,
        icon::Glyph,
        live_line::LiveLine,
    },
};
use card::ProductCard;
use desk::Desk;
use device::DeviceName;
use leptos::prelude::*;
use notices::Notices;
use open::Openers;
use told::Told;

/// The page.
#[component]
pub fn ConsolePage() -> impl IntoView {
    let i18n = use_i18n();
    let caller = Caller::get();
    provide_context(Openers::ask());
    let hello = Signal::derive(move || {
        let name = caller.me().map(|me| me.name).unwrap_or_default();
        t_string!(i18n, console.hello, name = name)
    });
    view! {
        <PageHead
            title=Signal::derive(move || t_string!(i18n, console.title).to_owned())
            line=move || view! { <LiveLine text=hello /> }
        />
        <Notices />
        <Told />
        <Products />
    }
    .into_any()
}

/// What the page shows below its head.
#[derive(Clone, Copy, PartialEq)]
enum Face {
    Loading,
    Failed,
    Empty,
    Cards,
}

#[component]
fn Products() -> impl IntoView {
    let i18n = use_i18n();
    let (desk, arrived) = (Desk::get(), Live::get().arrived());
    let cards = desk.cards();
    let face = Memo::new(move |_| match (arrived.get() && desk.mine.known(), desk.mine.failure()) {
        (false, _) => Face::Loading,
        (true, _) if !cards.with(Vec::is_empty) => Face::Cards,
        (true, Some(_)) => Face::Failed,
        (true, None) => Face::Empty,
    });
    let failure = Signal::derive(move || desk.mine.failure().unwrap_or(crate::api::Failure::Unreachable));
    move || match face.get() {
        Face::Loading => view! { <div class="console-card"><Skeleton rows=4 /></div> }.into_any(),
        Face::Failed => view! { <Failed failure retry=move |()| desk.mine.retry() /> }.into_any(),
        Face::Empty => view! {
            <Empty
                glyph=Glyph::Console
                title=Signal::derive(move || t_string!(i18n, console.empty_title).to_owned())
                text=Signal::derive(move || t_string!(i18n, console.empty_text).to_owned())
            />
        }
        .into_any(),
        Face::Cards => view! {
            <div class="console-cards">
                <For each=move || cards.get() key=|card| card.product let:card>
                    <ProductCard first=card cards />
                </For>
            </div>
            <footer class="console-foot">
                <DeviceName />
                <Show when=move || desk.kept.with(|kept| !kept.is_empty())>
                    <p class="hint">{t!(i18n, console.keep_open)}</p>
                </Show>
            </footer>
        }
        .into_any(),
    }
}

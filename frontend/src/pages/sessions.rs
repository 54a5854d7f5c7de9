//! Shared sessions: who holds the seats right now, and ending sessions to free them.

mod acts;
mod bar;
mod board;
mod drop;
mod end;
mod filter;
mod keys;
mod lines;
mod outcome;
mod pools;
mod row;
mod selection;
mod table;
mod waiter;
mod when;

use crate::{
    format::Format,
    i18n::*,
    live::Live,
    shell::Only,
    ui::{
        face::{Empty, Skeleton},
        head::PageHead,
        icon::Glyph,
        live_line::LiveLine,
    },
};
use bar::{Bar, PickedBar};
use board::Board;
use end::EndDialog;
use leptos::prelude::*;
use leptos_router::components::A;
use lines::Lines;
use pools::Pools;
use seatkeeper_shared::permissions::Action;
use table::{Foot, Table};

/// The page.
#[component]
pub fn SessionsPage() -> impl IntoView {
    view! {
        <Only action=Action::ViewSessions>
            <Sessions />
        </Only>
    }
    .into_any()
}

#[component]
fn Sessions() -> impl IntoView {
    let i18n = use_i18n();
    let (format, live) = (Format::get(), Live::get());
    let arrived = live.arrived();
    let active = move || {
        let count = live.state.with(|state| state.total());
        t_string!(i18n, sessions.active, count = count, n = format.number(count))
    };
    view! {
        <PageHead
            title=Signal::derive(move || t_string!(i18n, sessions.title).to_owned())
            line=move || view! { <LiveLine text=Signal::derive(active) /> }
        />
        <Show
            when=move || arrived.get()
            fallback=|| view! { <div class="list"><Skeleton rows=8 /></div> }
        >
            <Content />
        </Show>
    }
}

#[component]
fn Content() -> impl IntoView {
    let i18n = use_i18n();
    let board = Board::new();
    keys::listen(board);
    let licensed = Memo::new(move |_| board.live.state.with(|state| !state.licenses.is_empty()));
    let no_license = move || {
        view! {
            <div class="list">
                <Empty
                    glyph=Glyph::Box
                    title=Signal::derive(move || t_string!(i18n, sessions.no_license_title).to_owned())
                    text=Signal::derive(move || t_string!(i18n, sessions.no_license_text).to_owned())
                >
                    <A href="/licenses" attr:class="button primary">
                        {t!(i18n, nav.licenses)}
                    </A>
                </Empty>
            </div>
        }
    };
    view! {
        <Show when=move || licensed.get() fallback=no_license>
            <Pools board />
            <Lines board />
            <section class="list" aria-label=move || t_string!(i18n, sessions.list)>
                <Bar board />
                <PickedBar board />
                <Table board />
                <Foot board />
            </section>
            <EndDialog board />
        </Show>
    }
}

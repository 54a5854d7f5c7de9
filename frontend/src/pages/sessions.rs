//! Sessions page: who holds the seats right now, the queues, and ending sessions.

mod end_dialog;
mod end_result;
mod end_time;
mod filter;
mod pools;
mod queues;
mod remove_ticket;
mod row;
mod row_menu;
mod selection;
mod shortcuts;
mod state;
mod table;
mod toolbar;
mod waiter;

use crate::{
    format::Format,
    i18n::*,
    live::Live,
    shell::RequirePermission,
    ui::{
        empty_state::{EmptyState, Skeleton},
        icon::Glyph,
        live_status::LiveStatus,
        page_head::PageHead,
    },
};
use end_dialog::EndDialog;
use leptos::prelude::*;
use leptos_router::components::A;
use pools::Pools;
use queues::Queues;
use seatkeeper_shared::permissions::Action;
use state::SessionsPageState;
use table::{SessionTable, TableFooter};
use toolbar::{FilterBar, SelectionBar};

#[component]
pub fn SessionsPage() -> impl IntoView {
    view! {
        <div class="page sessions-page">
            <RequirePermission action=Action::ViewSessions>
                <Sessions />
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn Sessions() -> impl IntoView {
    let i18n = use_i18n();
    let (format, live) = (Format::get(), Live::get());
    let arrived = live.need_all();
    let active = move || {
        let count = live.state.with(|state| state.session_count());
        t_string!(i18n, sessions.active, count = count, n = format.number(count))
    };
    view! {
        <PageHead
            title=Signal::derive(move || t_string!(i18n, sessions.title).to_owned())
            line=move || view! { <LiveStatus text=Signal::derive(active) /> }
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
    let page = SessionsPageState::new();
    shortcuts::listen(page);
    let has_license = Memo::new(move |_| page.live.state.with(|state| !state.licenses.is_empty()));
    let no_license = move || {
        view! {
            <div class="list">
                <EmptyState
                    glyph=Glyph::Box
                    title=Signal::derive(move || t_string!(i18n, sessions.no_license_title).to_owned())
                    text=Signal::derive(move || t_string!(i18n, sessions.no_license_text).to_owned())
                >
                    <A href="/licenses" attr:class="button primary">
                        {t!(i18n, nav.licenses)}
                    </A>
                </EmptyState>
            </div>
        }
    };
    view! {
        <Show when=move || has_license.get() fallback=no_license>
            <Pools page />
            <Queues page />
            <section class="list" aria-label=move || t_string!(i18n, sessions.list)>
                <FilterBar page />
                <SelectionBar page />
                <SessionTable page />
                <TableFooter page />
            </section>
            <EndDialog page />
        </Show>
    }
}

//! Sessions page: who holds the seats right now, the queues, and ending sessions.

mod end_dialog;
mod end_matching;
mod end_result;
mod end_time;
mod filter;
mod hold;
mod pools;
mod queues;
mod remove_ticket;
mod row;
mod row_menu;
mod row_order;
mod row_pages;
mod rows;
mod selection;
mod shortcuts;
mod state;
mod status_bar;
mod table;
mod table_rows;
mod toolbar;
mod waiter;

use crate::{
    copy_view::CopyMenu,
    format::Format,
    i18n::*,
    saved_views::ViewsMenu,
    shell::RequirePermission,
    text::text,
    ui::{
        address_action::on_targeted_action,
        empty_state::{EmptyState, Skeleton},
        export::Export,
        icon::Glyph,
        live_status::LiveStatus,
        page_head::PageHead,
        show::Show,
    },
};
use filter::Filter;
use leptos::prelude::*;
use leptos_router::components::A;
use pools::Pools;
use queues::Queues;
use seatkeeper_shared::{permissions::Action, wire::views::ViewPage};
use state::SessionsPageState;
use status_bar::StatusBar;
use table::{SessionTable, TableFooter};
use toolbar::FilterBar;

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
    let format = Format::get();
    let page = SessionsPageState::new();
    let active = move || {
        let count = page.scope_count.get();
        t_string!(i18n, sessions.active, count = count, n = format.number(count))
    };
    view! {
        <PageHead title=text!(sessions.title) line=move || view! { <LiveStatus text=Signal::derive(active) /> }>
            <ViewsMenu page=ViewPage::Sessions />
            <CopyMenu request=move |()| Some(page.filter.with(Filter::request).into_request()) />
            <Export address=Signal::derive(move || page.filter.with(Filter::export)) />
        </PageHead>
        <Show
            when=move || page.has_arrived.get()
            fallback=|| view! { <div class="list"><Skeleton rows=8 /></div> }
        >
            <Content page />
        </Show>
    }
}

#[component]
fn Content(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    shortcuts::listen(page);
    on_targeted_action(
        "end",
        move |id| page.may_end.get() && page.can_be_ended(id),
        move |id| page.ask_to_end(vec![id]),
    );
    let has_license = Memo::new(move |_| page.live.state.with(|state| !state.licenses.is_empty()));
    let no_license = move || {
        view! {
            <div class="list">
                <EmptyState
                    glyph=Glyph::Box
                    title=text!(sessions.no_license_title)
                    text=text!(sessions.no_license_text)
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
                <StatusBar page />
                <SessionTable page />
                <TableFooter page />
            </section>
        </Show>
    }
}

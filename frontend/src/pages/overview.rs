//! Overview: what needs action now, the seats of each license with its last day, and the latest events; on a new
//! account the first steps.

mod first_steps;
mod latest_events;
mod license_tiles;
mod sparkline;
mod state;
mod task_list;
mod task_text;

use crate::{
    caller::Caller,
    format::Format,
    i18n::*,
    shell::RequirePermission,
    text::text,
    ui::{page_head::PageHead, query::Loaded, show::Show},
};
use first_steps::FirstSteps;
use latest_events::LatestEvents;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Redirect};
use license_tiles::LicenseTiles;
use seatkeeper_shared::permissions::Action;
use state::OverviewState;
use task_list::TaskList;

/// The overview for admins and managers; agents start at their console.
#[component]
pub fn OverviewPage() -> impl IntoView {
    if !untrack(|| Caller::get().may(Action::ViewSessions)) {
        let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
        return view! { <Redirect path="/console" options /> }.into_any();
    }
    view! {
        <div class="page overview-page">
            <RequirePermission action=Action::ViewSessions>
                <Overview />
            </RequirePermission>
        </div>
    }
    .into_any()
}

#[component]
fn Overview() -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let page = OverviewState::new();
    let line = move || {
        view! { <p class="muted">{move || t_string!(i18n, live.zone, zone = format.time_zone())}</p> }
    };
    let is_new = Memo::new(move |_| page.overview.with(|overview| !overview.setup.is_complete()).unwrap_or_default());
    view! {
        <PageHead title=text!(overview.title) line />
        <Loaded status=page.overview.status() rows=6>
            <Show when=move || is_new.get()>
                <FirstSteps page />
            </Show>
            <TaskList page />
            <LicenseTiles page />
            <LatestEvents page />
        </Loaded>
    }
}

//! Which of the agent's licenses end soon, because somebody gave them for a time only.

use crate::{
    clock::Clock,
    format::Format,
    i18n::*,
    labels,
    live::Live,
    pages::licenses::last_day,
    ui::{
        icon::{Glyph, Icon},
        keyed_list::For,
        query::Query,
        show::Show,
    },
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::{endpoints, wire::my_access::MyAccess};

/// How long before the end of an assignment the agent is warned.
const WARN_BEFORE: TimeDelta = TimeDelta::days(14);

/// The assignments of the agent that end soon.
#[component]
pub fn MyAccessNotes() -> impl IntoView {
    let (live, clock, format) = (Live::get(), Clock::get(), Format::get());
    let i18n = use_i18n();
    let access = follow_access(live);
    let ends = move || {
        let soon = clock.now() + WARN_BEFORE;
        let of = |access: &MyAccess| access.grant_ends.iter().filter(|end| end.ends_at <= soon).copied().collect();
        let ends: Vec<_> = access.with(of).unwrap_or_default();
        let named = ends.into_iter().filter_map(|end| Some((live.license(end.license_id)?, end.ends_at)));
        named.map(|(license, end)| (labels::license(i18n, &license), end)).collect::<Vec<_>>()
    };
    let ends = Memo::new(move |_| ends());
    view! {
        <Show when=move || !ends.with(Vec::is_empty)>
            <ul class="access-notes" role="status">
                <For each=move || ends.get() key=Clone::clone let:end>
                    <li>
                        <Icon glyph=Glyph::Warning />
                        {move || {
                            t_string!(
                                i18n,
                                console.grant_ends,
                                license = end.0.clone(),
                                date = format.date(last_day(end.1)),
                                about = format.estimate(end.1)
                            )
                        }}
                    </li>
                </For>
            </ul>
        </Show>
    }
}

/// Loads the agent's access, and again when their licenses have changed.
fn follow_access(live: Live) -> Query<MyAccess> {
    let access = Query::once(endpoints::me::access());
    let snapshots = Memo::new(move |_| live.state.with(|state| state.snapshots()));
    Effect::new(move |before: Option<usize>| {
        let count = snapshots.get();
        if before.is_some_and(|before| before != count) {
            access.reload();
        }
        count
    });
    access
}

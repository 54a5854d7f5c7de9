//! The latest events, for users who may see the audit log.

use super::state::OverviewState;
use crate::{
    format::Format,
    i18n::*,
    pages::audit::{
        mentions::{actor_text, subject_texts},
        row::kind_text,
    },
    ui::{keyed_list::For, show::Show, time::Time},
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{permissions::Action, wire::audit::AuditEvent};

/// The latest events, the newest first, with a link to all.
#[component]
pub fn LatestEvents(
    /// The state of the page.
    page: OverviewState,
) -> impl IntoView {
    let i18n = use_i18n();
    let events = Memo::new(move |_| page.overview.with(|overview| overview.events.clone()).unwrap_or_default());
    view! {
        <Show when=move || page.may(Action::ViewAudit) && !events.with(Vec::is_empty)>
            <section class="card" aria-labelledby="events-title">
                <div class="card-head">
                    <h2 id="events-title">{t!(i18n, overview.latest)}</h2>
                    <A href="/audit" attr:class="button small">
                        {t!(i18n, overview.all_events)}
                    </A>
                </div>
                <ul class="lines">
                    <For each=move || events.get() key=|event| event.position let:event>
                        <EventRow event />
                    </For>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn EventRow(
    /// The event shown.
    event: AuditEvent,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let at = event.at;
    let event = StoredValue::new(event);
    let about = move || {
        event.with_value(|event| {
            let mut parts = vec![actor_text(i18n, event)];
            parts.extend(subject_texts(i18n, event));
            parts.join(t_string!(i18n, common.dot))
        })
    };
    view! {
        <li>
            <span>
                {move || event.with_value(|event| kind_text(i18n, event))} <small>{about}</small>
            </span>
            <span class="muted num">
                <Time at=Signal::stored(at)>{move || format.ago(at)}</Time>
            </span>
        </li>
    }
}

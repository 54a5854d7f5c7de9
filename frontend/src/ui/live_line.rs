//! Whether what is shown is live, and if not, how old it is.

use crate::{
    format::Format,
    i18n::*,
    live::{Link, Live},
};
use chrono::DateTime;
use leptos::prelude::*;

/// One line under the title of a live page.
#[component]
pub fn LiveLine(
    /// What is to be said while it is live.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, link) = (Format::get(), Live::get().link);
    let zone = move || t_string!(i18n, live.zone, zone = format.zone());
    let word = move || match link.get() {
        Link::Connecting => t_string!(i18n, live.connecting).to_owned(),
        Link::Live => t_string!(i18n, live.on).to_owned(),
        Link::Lost(since) => {
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date fit")]
            let since = DateTime::from_timestamp_millis(since as i64).unwrap_or_default();
            t_string!(i18n, live.lost, time = format.time(since), ago = format.ago(since))
        }
    };
    view! {
        <p class="live-line" class:lost=move || matches!(link.get(), Link::Lost(_))>
            <i class="pulse" class:off=move || link.get() != Link::Live aria-hidden="true"></i>
            <span role="status">{word}</span>
            <Show when=move || link.get() == Link::Live>
                <span class="live-text">{move || text.get()}</span>
            </Show>
            <span class="live-zone">{zone}</span>
        </p>
    }
}

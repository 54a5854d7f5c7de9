//! The line that says whether the page is live, and if not, since when.

use super::show::Show;
use crate::{
    format::Format,
    i18n::*,
    live::{ConnectionStatus, Live},
};
use chrono::DateTime;
use leptos::prelude::*;

/// The status line under the title of a live page.
#[component]
pub fn LiveStatus(
    /// The text shown while the page is live.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, connection) = (Format::get(), Live::get().connection);
    let zone = move || t_string!(i18n, live.zone, zone = format.time_zone());
    let status = move || match connection.get() {
        ConnectionStatus::Connecting => t_string!(i18n, live.connecting).to_owned(),
        ConnectionStatus::Live => t_string!(i18n, live.on).to_owned(),
        ConnectionStatus::Lost(since) => {
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date fit")]
            let since = DateTime::from_timestamp_millis(since as i64).unwrap_or_default();
            t_string!(i18n, live.lost, time = format.time(since), ago = format.ago(since))
        }
    };
    view! {
        <p class="live-line" class:lost=move || matches!(connection.get(), ConnectionStatus::Lost(_))>
            <i class="pulse" class:off=move || connection.get() != ConnectionStatus::Live aria-hidden="true"></i>
            <span role="status">{status}</span>
            <Show when=move || connection.get() == ConnectionStatus::Live>
                <span class="live-text">{move || text.get()}</span>
            </Show>
            <span class="live-zone">{zone}</span>
        </p>
    }
}

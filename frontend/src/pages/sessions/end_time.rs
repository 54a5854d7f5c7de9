//! Choice of when sessions are ended: now, or after a countdown that the agents see.

use crate::{
    i18n::*,
    text::text,
    ui::segmented_control::{Segment, SegmentedControl},
};
use leptos::prelude::*;

/// The available countdowns in minutes, with their form values.
const COUNTDOWN_MINUTES: [(&str, i64); 3] = [("0", 0), ("1", 1), ("5", 5)];

/// The choice, with a sentence about the consequences.
#[component]
pub fn EndTimeChoice(
    /// Minutes until the end; 0 for now.
    minutes: RwSignal<i64>,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = move |minutes: i64| match minutes {
        0 => t_string!(i18n, sessions.when_now).to_owned(),
        count => t_string!(i18n, sessions.when_in, count = count),
    };
    let segments = Signal::derive(move || {
        let one = |(value, minutes)| Segment { value, text: text(minutes), glyph: None };
        COUNTDOWN_MINUTES.into_iter().map(one).collect::<Vec<_>>()
    });
    let consequence = move || match minutes.get() {
        0 => t_string!(i18n, sessions.end_follows),
        _ => t_string!(i18n, sessions.end_later_follows),
    };
    view! {
        <SegmentedControl
            label=text!(sessions.when)
            segments
            value=Signal::derive(move || minutes.get().to_string())
            choose=move |value: &'static str| minutes.set(value.parse().unwrap_or_default())
        />
        <p class="muted">{consequence}</p>
    }
}

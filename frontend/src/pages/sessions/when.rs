//! When sessions are to be ended: now, or after a countdown that their agents see.

use crate::{
    i18n::*,
    ui::choice::{Choice, Segment},
};
use leptos::prelude::*;

/// The countdowns that can be chosen, in minutes.
const MINUTES: [(&str, i64); 3] = [("0", 0), ("1", 1), ("5", 5)];

/// The choice, and what follows from it.
#[component]
pub fn When(
    /// In how many minutes; 0 for now.
    minutes: RwSignal<i64>,
) -> impl IntoView {
    let i18n = use_i18n();
    let text = move |minutes: i64| match minutes {
        0 => t_string!(i18n, sessions.when_now).to_owned(),
        count => t_string!(i18n, sessions.when_in, count = count),
    };
    let segments = Signal::derive(move || {
        let one = |(value, minutes)| Segment { value, text: text(minutes), glyph: None };
        MINUTES.into_iter().map(one).collect::<Vec<_>>()
    });
    let follows = move || match minutes.get() {
        0 => t_string!(i18n, sessions.end_follows),
        _ => t_string!(i18n, sessions.end_later_follows),
    };
    view! {
        <Choice
            label=Signal::derive(move || t_string!(i18n, sessions.when).to_owned())
            segments
            value=Signal::derive(move || minutes.get().to_string())
            choose=move |value: &'static str| minutes.set(value.parse().unwrap_or_default())
        />
        <p class="muted">{follows}</p>
    }
}

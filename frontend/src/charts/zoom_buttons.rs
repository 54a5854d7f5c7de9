//! Buttons that zoom and move a chart, for those who do not drag.

use super::time_range::TimeRange;
use crate::{
    clock::Clock,
    i18n::*,
    text::{Text, text},
};
use leptos::prelude::*;

#[component]
pub fn ZoomButtons(
    /// The range that is shown.
    range: Signal<TimeRange>,
    /// Called with the range that the user wants to see.
    show_range: Callback<TimeRange>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clock = Clock::get();
    let middle = |range: TimeRange| range.from + range.length() / 2;
    let latest = move || clock.now_untracked().timestamp_millis();
    let earlier = move |_| show_range.run(range.get_untracked().moved(-1, latest()));
    let later = move |_| show_range.run(range.get_untracked().moved(1, latest()));
    let zoom_in = move |_| {
        let range = range.get_untracked();
        show_range.run(range.zoomed_in(middle(range)));
    };
    let zoom_out = move |_| {
        let range = range.get_untracked();
        show_range.run(range.zoomed_out(middle(range), latest()));
    };
    view! {
        <div class="zoom" role="group" aria-label=move || t_string!(i18n, charts.zoom)>
            <ZoomButton sign="‹" label=text!(charts.earlier) press=earlier />
            <ZoomButton sign="−" label=text!(charts.zoom_out) press=zoom_out />
            <ZoomButton sign="+" label=text!(charts.zoom_in) press=zoom_in />
            <ZoomButton sign="›" label=text!(charts.later) press=later />
        </div>
    }
}

#[component]
fn ZoomButton(
    /// What is drawn on it.
    sign: &'static str,
    /// What it does.
    label: Text,
    /// Called when it is pressed.
    #[prop(into)]
    press: Callback<web_sys::MouseEvent>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <button
            type="button"
            class="button small"
            aria-label=move || label.get(i18n)
            title=move || label.get(i18n)
            on:click=move |event| press.run(event)
        >
            {sign}
        </button>
    }
}

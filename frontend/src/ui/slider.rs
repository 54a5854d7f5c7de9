//! A labelled slider with its value in words.

use super::field::unique_id;
use crate::{i18n::use_i18n, text::Text};
use leptos::prelude::*;

/// A slider between zero and a maximum.
#[component]
pub fn Slider(
    #[prop(into)] label: Text,
    /// The name, for tests.
    name: &'static str,
    /// The highest value.
    max: usize,
    /// The chosen position, from 0.
    value: RwSignal<usize>,
    /// The value in words.
    #[prop(into)]
    words: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id(name);
    let moved = move |event| {
        if let Ok(now) = event_target_value(&event).parse() {
            value.set(now);
        }
    };
    view! {
        <div class="slider">
            <label for=id.clone()>{move || label.get(i18n)}</label>
            <output class="num" for=id.clone()>
                {words}
            </output>
            <input
                type="range"
                id=id
                name=name
                min="0"
                max=max
                step="1"
                aria-valuetext=words
                prop:value=move || value.get().to_string()
                on:input=moved
            />
        </div>
    }
}

//! A labelled checkbox, with an explanation and what is wrong with it.

use super::{
    field::{unique_id, wrong_text},
    form::Form,
};
use crate::{i18n::use_i18n, text::Text};
use leptos::prelude::*;

/// A checkbox for a yes or no.
#[component]
pub fn Checkbox(
    #[prop(into)] label: Text,
    /// The name, for tests.
    name: &'static str,
    /// Whether it is checked.
    value: RwSignal<bool>,
    /// What follows from checking it.
    #[prop(into, optional)]
    hint: Text,
    /// The form whose errors of this name are shown.
    #[prop(optional)]
    form: Option<Form>,
) -> impl IntoView {
    let i18n = use_i18n();
    let notes = unique_id(name);
    let wrong = wrong_text(form, name, MaybeProp::default());
    view! {
        <div>
            <label class="check">
                <input
                    type="checkbox"
                    name=name
                    aria-invalid=move || wrong.get().map(|_| "true")
                    aria-describedby=notes.clone()
                    prop:checked=move || value.get()
                    on:change=move |event| value.set(event_target_checked(&event))
                />
                <span>
                    {move || label.get(i18n)}
                    {move || hint.get_some(i18n).map(|hint| view! { <small>{hint}</small> })}
                </span>
            </label>
            <div id=notes class="notes">
                {move || wrong.get().map(|text| view! { <p class="wrong">{text}</p> })}
            </div>
        </div>
    }
}

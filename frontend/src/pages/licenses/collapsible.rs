//! A part of a form that can be collapsed.

use crate::{i18n::*, text::Text, ui::form::Form};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// A part of a form. It expands when one of its fields is invalid, so that the error can be seen.
#[component]
pub fn Collapsible(
    /// The text that remains visible.
    #[prop(into)]
    summary: Text,
    /// A note beside it.
    #[prop(into, optional)]
    hint: Text,
    /// State and errors of the form.
    form: Form,
    /// The names of its fields.
    fields: Vec<&'static str>,
    /// Whether it is expanded at first.
    #[prop(optional)]
    open: bool,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let errors: Vec<_> = fields.into_iter().map(|name| form.error(name)).collect();
    let has_error = Memo::new(move |_| errors.iter().any(|error| error.get().is_some()));
    let expanded = RwSignal::new(open);
    view! {
        <details
            class="collapsible"
            prop:open=move || has_error.get() || expanded.get()
            on:toggle=move |event| expanded.set(is_open(&event))
        >
            <summary>{move || summary.get(i18n)} " " <small>{move || hint.get(i18n)}</small></summary>
            <div class="form">{children()}</div>
        </details>
    }
}

fn is_open(event: &web_sys::Event) -> bool {
    let details = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    details.is_some_and(|details| details.has_attribute("open"))
}

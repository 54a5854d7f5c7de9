//! Labelled text fields with hint and error, both announced by screen readers.

use crate::{i18n::*, labels};
use leptos::prelude::*;
use seatkeeper_shared::validate::FieldError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A unique element id with this prefix, for elements that refer to each other.
pub fn unique_id(prefix: &str) -> String {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    format!("{prefix}-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// A single-line text field.
#[component]
pub fn TextField(
    #[prop(into)] label: Signal<String>,
    /// The text entered.
    value: RwSignal<String>,
    /// The input type: `text`, `email`, `password`, `number`, `date`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The name, for password managers and tests.
    name: &'static str,
    /// What browsers may fill in (the HTML attribute).
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// A hint below the field.
    #[prop(into, optional)]
    hint: MaybeProp<String>,
    /// The error below the field.
    #[prop(into, optional)]
    error: MaybeProp<FieldError>,
    /// Suggestions to choose from instead of typing.
    #[prop(into, optional)]
    choices: Option<Signal<Vec<String>>>,
    /// Whether the field may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Whether the field has the focus when it appears.
    #[prop(optional)]
    autofocus: bool,
    /// Whether the text cannot be changed.
    #[prop(optional)]
    readonly: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id(name);
    let notes = format!("{id}-notes");
    let wrong = Memo::new(move |_| error.get());
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get().filter(|_| autofocus) {
            request_animation_frame(move || focus_late(&input));
        }
    });
    let list = choices.map(|_| format!("{id}-choices"));
    let choices = choices.map(|choices| {
        let all = move || choices.get().into_iter().map(|one| view! { <option value=one></option> }).collect_view();
        view! { <datalist id=list.clone()>{all}</datalist> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>
                {move || label.get()}
                {optional.then(|| view! { <small class="optional">{t!(i18n, common.optional)}</small> })}
            </label>
            <input
                node_ref=input
                id=id
                name=name
                type=kind
                autocomplete=autocomplete
                autofocus=autofocus
                list=list
                required=!optional
                readonly=readonly
                aria-invalid=move || wrong.get().map(|_| "true")
                aria-describedby=notes.clone()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            {choices}
            <div id=notes class="notes">
                {move || wrong.get().map(|error| view! { <p class="wrong">{labels::field_error(i18n, &error)}</p> })}
                {move || hint.get().map(|hint| view! { <p class="hint">{hint}</p> })}
            </div>
        </div>
    }
}

/// An optional multi-line text field.
/// Focuses a field that appeared after its dialog had opened; `autofocus` works only for fields that are there by then.
fn focus_late(input: &web_sys::HtmlElement) {
    let Ok(Some(dialog)) = input.closest("dialog[open]") else { return };
    let nothing_is_focused = document()
        .active_element()
        .is_none_or(|active| active.is_same_node(Some(&dialog)) || !dialog.contains(Some(&active)));
    if nothing_is_focused {
        // Fails only if the field is no longer in the page.
        let _ = input.focus();
    }
}

#[component]
pub fn TextArea(
    #[prop(into)] label: Signal<String>,
    /// The text entered.
    value: RwSignal<String>,
    /// The name, for tests.
    name: &'static str,
    /// A hint below the field.
    #[prop(into, optional)]
    hint: MaybeProp<String>,
    /// The error below the field.
    #[prop(into, optional)]
    error: MaybeProp<FieldError>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id(name);
    let notes = format!("{id}-notes");
    let wrong = Memo::new(move |_| error.get());
    view! {
        <div class="field">
            <label for=id.clone()>
                {move || label.get()} <small class="optional">{t!(i18n, common.optional)}</small>
            </label>
            <textarea
                id=id
                name=name
                rows="3"
                aria-invalid=move || wrong.get().map(|_| "true")
                aria-describedby=notes.clone()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
            <div id=notes class="notes">
                {move || wrong.get().map(|error| view! { <p class="wrong">{labels::field_error(i18n, &error)}</p> })}
                {move || hint.get().map(|hint| view! { <p class="hint">{hint}</p> })}
            </div>
        </div>
    }
}

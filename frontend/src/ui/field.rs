//! Labelled text fields with hint and error, both announced by screen readers.

use super::form::Form;
use crate::{i18n::*, labels, text::Text};
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
    #[prop(into)] label: Text,
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
    hint: Text,
    /// The form whose errors of this name are shown.
    #[prop(optional)]
    form: Option<Form>,
    /// The error below the field, if it is not one of the form.
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
    let wrong = wrong_text(form, name, error);
    let entered = entry(value, form, name);
    let input = NodeRef::<leptos::html::Input>::new();
    if autofocus {
        focus_when_shown(input);
    }
    let list = choices.map(|_| format!("{id}-choices"));
    let choices = choices.map(|choices| {
        let all = move || choices.get().into_iter().map(|one| view! { <option value=one></option> }).collect_view();
        view! { <datalist id=list.clone()>{all}</datalist> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>
                {move || label.get(i18n)}
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
                on:input=move |event| entered(event_target_value(&event))
            />
            {choices}
            <FieldNotes id=notes wrong hint />
        </div>
    }
}

/// What is wrong with a field, and its hint; the field refers to them by this id.
#[component]
fn FieldNotes(
    /// The element id.
    id: String,
    /// The error in the reader's language.
    wrong: Memo<Option<String>>,
    /// The hint; may be empty.
    hint: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div id=id class="notes">
            {move || wrong.get().map(|text| view! { <p class="wrong">{text}</p> })}
            {move || hint.get_some(i18n).map(|hint| view! { <p class="hint">{hint}</p> })}
        </div>
    }
}

/// Takes what is entered in a field; what was wrong with the text before no longer counts.
pub fn entry(value: RwSignal<String>, form: Option<Form>, name: &'static str) -> impl Fn(String) + Copy {
    move |text| {
        value.set(text);
        if let Some(form) = form {
            form.forget_error(name);
        }
    }
}

/// What is wrong with a field, in the user's language: the error or failure of its form, or its own error.
pub fn wrong_text(form: Option<Form>, name: &'static str, own: MaybeProp<FieldError>) -> Memo<Option<String>> {
    let i18n = use_i18n();
    let of_form = form.map(|form| form.error(name));
    Memo::new(move |_| {
        let error = of_form.and_then(|error| error.get()).or_else(|| own.get());
        let text = error.map(|error| labels::field_error(i18n, &error));
        text.or_else(|| form?.code_at(name).map(|code| labels::problem(i18n, code).to_owned()))
    })
}

/// Focuses a field that appears after its dialog has opened; `autofocus` works only for fields that are there by then.
fn focus_when_shown(input: NodeRef<leptos::html::Input>) {
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            request_animation_frame(move || focus_late(&input));
        }
    });
}

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

/// An optional multi-line text field.
#[component]
pub fn TextArea(
    #[prop(into)] label: Text,
    /// The text entered.
    value: RwSignal<String>,
    /// The name, for tests.
    name: &'static str,
    /// A hint below the field.
    #[prop(into, optional)]
    hint: Text,
    /// The form whose errors of this name are shown.
    #[prop(optional)]
    form: Option<Form>,
    /// The error below the field, if it is not one of the form.
    #[prop(into, optional)]
    error: MaybeProp<FieldError>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id(name);
    let notes = format!("{id}-notes");
    let wrong = wrong_text(form, name, error);
    let entered = entry(value, form, name);
    view! {
        <div class="field">
            <label for=id.clone()>
                {move || label.get(i18n)} <small class="optional">{t!(i18n, common.optional)}</small>
            </label>
            <textarea
                id=id
                name=name
                rows="3"
                aria-invalid=move || wrong.get().map(|_| "true")
                aria-describedby=notes.clone()
                prop:value=move || value.get()
                on:input=move |event| entered(event_target_value(&event))
            ></textarea>
            <FieldNotes id=notes wrong hint />
        </div>
    }
}

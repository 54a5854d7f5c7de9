//! A labelled text field with its hint and its problem, each announced with it.

use crate::{i18n::*, words};
use leptos::prelude::*;
use seatkeeper_shared::validate::FieldError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A fresh id for elements that refer to each other.
pub fn fresh_id(what: &str) -> String {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    format!("{what}-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// A line of text.
#[component]
pub fn TextField(
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// What was entered.
    value: RwSignal<String>,
    /// `text`, `email`, `password`, `number`, `date`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The field's name, for password managers and tests.
    name: &'static str,
    /// What browsers fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// A sentence that helps.
    #[prop(into, optional)]
    hint: MaybeProp<String>,
    /// What is wrong.
    #[prop(into, optional)]
    error: MaybeProp<FieldError>,
    /// What can be chosen instead of typing it.
    #[prop(into, optional)]
    choices: Option<Signal<Vec<String>>>,
    /// It may stay empty.
    #[prop(optional)]
    optional: bool,
    /// It is where one begins.
    #[prop(optional)]
    first: bool,
    /// It is only shown.
    #[prop(optional)]
    fixed: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = fresh_id(name);
    let notes = format!("{id}-notes");
    let wrong = Memo::new(move |_| error.get());
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
                id=id
                name=name
                type=kind
                autocomplete=autocomplete
                autofocus=first
                list=list
                required=!optional
                readonly=fixed
                aria-invalid=move || wrong.get().map(|_| "true")
                aria-describedby=notes.clone()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            {choices}
            <div id=notes class="notes">
                {move || wrong.get().map(|error| view! { <p class="wrong">{words::field(i18n, &error)}</p> })}
                {move || hint.get().map(|hint| view! { <p class="hint">{hint}</p> })}
            </div>
        </div>
    }
}

/// Several lines of text, which may stay empty.
#[component]
pub fn TextArea(
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// What was entered.
    value: RwSignal<String>,
    /// The field's name.
    name: &'static str,
    /// A sentence that helps.
    #[prop(into, optional)]
    hint: MaybeProp<String>,
    /// What is wrong.
    #[prop(into, optional)]
    error: MaybeProp<FieldError>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = fresh_id(name);
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
                {move || wrong.get().map(|error| view! { <p class="wrong">{words::field(i18n, &error)}</p> })}
                {move || hint.get().map(|hint| view! { <p class="hint">{hint}</p> })}
            </div>
        </div>
    }
}

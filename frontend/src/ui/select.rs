//! A labelled drop-down list with the browser's `<select>`.

use super::{
    field::{unique_id, wrong_text},
    form::Form,
};
use crate::{i18n::*, text::Text};
use leptos::prelude::*;
use seatkeeper_shared::validate::FieldError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectOption {
    /// The value, as used in the URL or the request.
    pub value: String,
    /// The label.
    pub text: String,
    /// The heading above the option.
    pub group: Option<String>,
}

impl SelectOption {
    /// An option without a heading.
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), group: None }
    }

    /// Puts the option under a heading.
    #[must_use]
    pub fn in_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }
}

/// A drop-down list.
#[component]
pub fn Select(
    /// The label of the list.
    #[prop(into)]
    label: Text,
    /// The name, for tests.
    name: &'static str,
    /// The options; those with the same heading must be adjacent.
    #[prop(into)]
    options: Signal<Vec<SelectOption>>,
    /// The value of the chosen option.
    #[prop(into)]
    value: Signal<String>,
    /// Called with the value that the user chooses.
    #[prop(into)]
    choose: Callback<String>,
    /// A hint below the list.
    #[prop(into, optional)]
    hint: Text,
    /// The form whose errors of this name are shown.
    #[prop(optional)]
    form: Option<Form>,
    /// The error below the list, if it is not one of the form.
    #[prop(into, optional)]
    error: MaybeProp<FieldError>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id(name);
    let notes = format!("{id}-notes");
    let wrong = wrong_text(form, name, error);
    let groups =
        move || grouped(options.get()).into_iter().map(|(group, all)| section(group, all, value)).collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{move || label.get(i18n)}</label>
            <select
                id=id
                name=name
                aria-invalid=move || wrong.get().map(|_| "true")
                aria-describedby=notes.clone()
                on:change=move |event| choose.run(event_target_value(&event))
            >
                {groups}
            </select>
            <div id=notes class="notes">
                {move || wrong.get().map(|text| view! { <p class="wrong">{text}</p> })}
                {move || hint.get_some(i18n).map(|hint| view! { <p class="hint">{hint}</p> })}
            </div>
        </div>
    }
}

fn section(group: Option<String>, all: Vec<SelectOption>, value: Signal<String>) -> AnyView {
    let options = all
        .into_iter()
        .map(|one| {
            let own = one.value.clone();
            view! {
                <option value=one.value prop:selected=move || value.with(|chosen| *chosen == own)>
                    {one.text}
                </option>
            }
        })
        .collect_view();
    match group {
        Some(group) => view! { <optgroup label=group>{options}</optgroup> }.into_any(),
        None => options.into_any(),
    }
}

fn grouped(options: Vec<SelectOption>) -> Vec<(Option<String>, Vec<SelectOption>)> {
    let mut groups: Vec<(Option<String>, Vec<SelectOption>)> = Vec::new();
    for option in options {
        match groups.last_mut() {
            Some((group, all)) if *group == option.group => all.push(option),
            _ => groups.push((option.group.clone(), vec![option])),
        }
    }
    groups
}

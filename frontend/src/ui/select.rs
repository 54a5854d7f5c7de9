//! A labelled choice out of a list, the browser's own.

use super::field::fresh_id;
use crate::{i18n::*, words};
use leptos::prelude::*;
use seatkeeper_shared::validate::FieldError;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choosable {
    /// Its value, as it stands in the address bar or the request.
    pub value: String,
    /// What people read.
    pub text: String,
    /// The heading under which it stands.
    pub group: Option<String>,
}

impl Choosable {
    /// Something without a heading.
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), group: None }
    }

    /// The same under a heading.
    #[must_use]
    pub fn under(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }
}

/// A choice out of a list.
#[component]
pub fn Select(
    /// What is chosen.
    #[prop(into)]
    label: Signal<String>,
    /// The field's name.
    name: &'static str,
    /// What can be chosen; things under the same heading stand together.
    #[prop(into)]
    options: Signal<Vec<Choosable>>,
    /// The value that is chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Somebody chose this value.
    #[prop(into)]
    choose: Callback<String>,
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
    let groups =
        move || grouped(options.get()).into_iter().map(|(group, all)| section(group, all, value)).collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{move || label.get()}</label>
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
                {move || wrong.get().map(|error| view! { <p class="wrong">{words::field(i18n, &error)}</p> })}
                {move || hint.get().map(|hint| view! { <p class="hint">{hint}</p> })}
            </div>
        </div>
    }
}

fn section(group: Option<String>, all: Vec<Choosable>, value: Signal<String>) -> AnyView {
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

fn grouped(options: Vec<Choosable>) -> Vec<(Option<String>, Vec<Choosable>)> {
    let mut groups: Vec<(Option<String>, Vec<Choosable>)> = Vec::new();
    for option in options {
        match groups.last_mut() {
            Some((group, all)) if *group == option.group => all.push(option),
            _ => groups.push((option.group.clone(), vec![option])),
        }
    }
    groups
}

//! Lists of choices: checkboxes, of which several can be chosen, and radio buttons, of which one is.

use super::show::Show;
use crate::{i18n::*, text::Text};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// One of the choices.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckListItem<T> {
    /// What is chosen.
    pub value: T,
    /// The label.
    pub text: String,
    /// A second line; may be empty.
    pub note: String,
}

#[component]
pub fn CheckList<T: Copy + Ord + Send + Sync + 'static>(
    /// Names the list, for screen readers only unless it is `titled`.
    #[prop(into)]
    label: Text,
    /// Whether the label is visible.
    #[prop(optional)]
    titled: bool,
    /// The choices.
    #[prop(into)]
    items: Signal<Vec<CheckListItem<T>>>,
    /// The chosen values.
    selected: RwSignal<BTreeSet<T>>,
    /// Shown if there is nothing to choose from.
    #[prop(into, optional)]
    none: Text,
    /// A hint below the list.
    #[prop(into, optional)]
    hint: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    let item = move |item: CheckListItem<T>| {
        let CheckListItem { value, text, note } = item;
        let toggle = Callback::new(move |()| selected.update(|all| toggle_member(all, value)));
        let checked = Signal::derive(move || selected.with(|all| all.contains(&value)));
        view! { <CheckListBox text note checked toggle /> }
    };
    view! {
        <fieldset class="check-list">
            <legend class=if titled { "label" } else { "vh" }>{move || label.get(i18n)}</legend>
            <Show when=move || items.with(Vec::is_empty)>
                <p class="muted">{move || none.get(i18n)}</p>
            </Show>
            {move || items.get().into_iter().map(item).collect_view()}
            {move || hint.get_some(i18n).map(|hint| view! { <p class="hint">{hint}</p> })}
        </fieldset>
    }
}

#[component]
fn CheckListBox(
    /// The label.
    text: String,
    /// A second line; may be empty.
    note: String,
    /// Whether the box is checked.
    checked: Signal<bool>,
    /// Called when the user checks or unchecks the box.
    toggle: Callback<()>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || checked.get() on:change=move |_| toggle.run(()) />
            <span>{text} {(!note.is_empty()).then(|| view! { <small>{note}</small> })}</span>
        </label>
    }
}

/// A list of radio buttons, of which exactly one is chosen.
#[component]
pub fn RadioList<T: Copy + PartialEq + Send + Sync + 'static>(
    /// The heading.
    #[prop(into)]
    label: Text,
    /// Groups the radio buttons.
    name: &'static str,
    /// The choices.
    #[prop(into)]
    items: Signal<Vec<CheckListItem<T>>>,
    /// The chosen value.
    selected: RwSignal<T>,
) -> impl IntoView {
    let i18n = use_i18n();
    let item = move |item: CheckListItem<T>| {
        let CheckListItem { value, text, note } = item;
        view! {
            <label class="check">
                <input
                    type="radio"
                    name=name
                    prop:checked=move || selected.get() == value
                    on:change=move |_| selected.set(value)
                />
                <span>{text} {(!note.is_empty()).then(|| view! { <small>{note}</small> })}</span>
            </label>
        }
    };
    view! {
        <fieldset class="check-list">
            <legend class="label">{move || label.get(i18n)}</legend>
            {move || items.get().into_iter().map(item).collect_view()}
        </fieldset>
    }
}

/// Adds a value to a set, or removes it if it is in the set.
pub fn toggle_member<T: Ord>(all: &mut BTreeSet<T>, value: T) {
    if !all.remove(&value) {
        all.insert(value);
    }
}

//! A list of checkboxes from which several can be chosen.

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
    /// Names the list for screen readers.
    #[prop(into)]
    label: Text,
    /// The choices.
    items: Signal<Vec<CheckListItem<T>>>,
    /// The chosen values.
    selected: RwSignal<BTreeSet<T>>,
    /// Shown if there is nothing to choose from.
    #[prop(into)]
    none: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    let item = move |item: CheckListItem<T>| {
        let CheckListItem { value, text, note } = item;
        let toggle = Callback::new(move |()| selected.update(|all| toggle_member(all, value)));
        view! { <CheckListBox text note checked=Signal::derive(move || selected.with(|all| all.contains(&value))) toggle /> }
    };
    view! {
        <fieldset class="check-list">
            <legend class="vh">{move || label.get(i18n)}</legend>
            <Show when=move || items.with(Vec::is_empty)>
                <p class="muted">{move || none.get(i18n)}</p>
            </Show>
            {move || items.get().into_iter().map(item).collect_view()}
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

/// Adds a value to a set, or removes it if it is in the set.
pub fn toggle_member<T: Ord>(all: &mut BTreeSet<T>, value: T) {
    if !all.remove(&value) {
        all.insert(value);
    }
}

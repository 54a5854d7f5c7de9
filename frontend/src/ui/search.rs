//! A search field.

use super::{
    field::unique_id,
    icon::{Glyph, Icon},
};
use crate::{
    i18n::*,
    text::{Text, text},
};
use leptos::prelude::*;

/// A field that searches as the user types.
#[component]
pub fn SearchField(
    /// The current search text.
    value: Signal<String>,
    /// Called with the text as it is typed.
    #[prop(into)]
    search: Callback<String>,
    /// The label, if the search is not for what is shown.
    #[prop(into, default = text!(common.search))]
    label: Text,
    /// The placeholder: what can be searched, if not names and e-mail addresses.
    #[prop(into, default = text!(common.name_or_email))]
    hint: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id("search");
    view! {
        <div class="field grow">
            <label for=id.clone()>{move || label.get(i18n)}</label>
            <div class="search">
                <Icon glyph=Glyph::Search />
                <input
                    id=id
                    type="search"
                    name="q"
                    autocomplete="off"
                    placeholder=move || hint.get(i18n)
                    prop:value=move || value.get()
                    on:input=move |event| search.run(event_target_value(&event))
                />
            </div>
        </div>
    }
}

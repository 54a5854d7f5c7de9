//! A field that searches as one types.

use super::{
    field::fresh_id,
    icon::{Glyph, Icon},
};
use crate::i18n::*;
use leptos::prelude::*;

/// Searches names and e-mail addresses.
#[component]
pub fn SearchField(
    /// What is searched.
    value: Signal<String>,
    /// Somebody searches this.
    #[prop(into)]
    search: Callback<String>,
    /// What can be found, if that is not only names and e-mail addresses.
    #[prop(into, optional)]
    hint: MaybeProp<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = fresh_id("search");
    view! {
        <div class="field grow">
            <label for=id.clone()>{t!(i18n, common.search)}</label>
            <div class="search">
                <Icon glyph=Glyph::Search />
                <input
                    id=id
                    type="search"
                    name="q"
                    autocomplete="off"
                    placeholder=move || hint.get().unwrap_or_else(|| t_string!(i18n, common.name_or_email).to_owned())
                    prop:value=move || value.get()
                    on:input=move |event| search.run(event_target_value(&event))
                />
            </div>
        </div>
    }
}

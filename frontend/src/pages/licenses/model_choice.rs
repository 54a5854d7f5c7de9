//! Choice of the license model, with one explaining sentence per model.

use crate::{i18n::*, labels, ui::field::unique_id};
use leptos::prelude::*;
use seatkeeper_shared::license::Model;

#[component]
pub fn ModelChoice(
    /// The chosen model.
    value: RwSignal<Model>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = StoredValue::new(unique_id("model"));
    let help = move |model| match model {
        Model::Concurrent => t_string!(i18n, licenses.model_concurrent_help),
        Model::Named => t_string!(i18n, licenses.model_named_help),
    };
    let option = move |model: Model| {
        view! {
            <label class="option">
                <input
                    type="radio"
                    name=name.get_value()
                    value=model.as_str()
                    prop:checked=move || value.get() == model
                    on:change=move |_| value.set(model)
                />
                <span>
                    <b>{move || labels::model(i18n, model)}</b>
                    <small>{move || help(model)}</small>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="options">
            <legend class="label">{t!(i18n, licenses.model)}</legend>
            {option(Model::Concurrent)}
            {option(Model::Named)}
        </fieldset>
    }
}

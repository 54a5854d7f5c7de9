//! The choice of the model: two cards that say in one sentence what they mean.

use crate::{i18n::*, ui::field::fresh_id, words};
use leptos::prelude::*;
use seatkeeper_shared::license::Model;

/// The choice.
#[component]
pub fn Models(
    /// What is chosen.
    value: RwSignal<Model>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = StoredValue::new(fresh_id("model"));
    let help = move |model| match model {
        Model::Concurrent => t_string!(i18n, licenses.model_concurrent_help),
        Model::Named => t_string!(i18n, licenses.model_named_help),
    };
    let one = move |model: Model| {
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
                    <b>{move || words::model(i18n, model)}</b>
                    <small>{move || help(model)}</small>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="options">
            <legend class="label">{t!(i18n, licenses.model)}</legend>
            {one(Model::Concurrent)}
            {one(Model::Named)}
        </fieldset>
    }
}

//! A choice of a few things side by side: radio buttons in the shape of one control.

use super::{
    field::fresh_id,
    icon::{Glyph, Icon},
};
use leptos::prelude::*;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its value.
    pub value: &'static str,
    /// What people read, or hear if there is a drawing.
    pub text: String,
    /// A drawing in place of the text.
    pub glyph: Option<Glyph>,
}

/// A choice of a few things.
#[component]
pub fn Choice(
    /// What is chosen.
    #[prop(into)]
    label: Signal<String>,
    /// The label is for screen readers only.
    #[prop(optional)]
    bare: bool,
    /// What can be chosen.
    #[prop(into)]
    segments: Signal<Vec<Segment>>,
    /// What is chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Somebody chose this value.
    #[prop(into)]
    choose: Callback<&'static str>,
) -> impl IntoView {
    let name = StoredValue::new(fresh_id("choice"));
    let one = move |segment: Segment| {
        let Segment { value: own, text, glyph } = segment;
        view! {
            <label class="segment" title=glyph.map(|_| text.clone())>
                <input
                    type="radio"
                    name=name.get_value()
                    value=own
                    prop:checked=move || value.with(|chosen| chosen == own)
                    on:change=move |_| choose.run(own)
                />
                <span class:vh=glyph.is_some()>{text.clone()}</span>
                {glyph.map(|glyph| view! { <Icon glyph /> })}
            </label>
        }
    };
    view! {
        <fieldset class="choice">
            <legend class:vh=bare>{move || label.get()}</legend>
            <div class="segments">{move || segments.get().into_iter().map(one).collect_view()}</div>
        </fieldset>
    }
}

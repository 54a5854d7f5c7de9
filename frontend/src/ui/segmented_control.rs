//! A segmented control: a few options side by side, built from radio buttons.

use super::{
    field::unique_id,
    icon::{Glyph, Icon},
};
use crate::{i18n::use_i18n, text::Text};
use leptos::prelude::*;

/// An option of a [`SegmentedControl`].
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub value: &'static str,
    /// The label; for screen readers only if there is an icon.
    pub text: String,
    /// An icon shown in place of the text.
    pub glyph: Option<Glyph>,
}

/// A control to choose one of a few options.
#[component]
pub fn SegmentedControl(
    #[prop(into)] label: Text,
    /// Whether the label is for screen readers only.
    #[prop(optional)]
    bare: bool,
    /// The options.
    #[prop(into)]
    segments: Signal<Vec<Segment>>,
    /// The value of the chosen option.
    #[prop(into)]
    value: Signal<String>,
    /// Called with the value that the user chooses.
    #[prop(into)]
    choose: Callback<&'static str>,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = StoredValue::new(unique_id("choice"));
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
            <legend class:vh=bare>{move || label.get(i18n)}</legend>
            <div class="segments">{move || segments.get().into_iter().map(one).collect_view()}</div>
        </fieldset>
    }
}

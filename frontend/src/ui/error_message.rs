//! Why a form could not be submitted, shown above its buttons.

use super::icon::{Glyph, Icon};
use crate::{api::Failure, format::Texts, labels};
use leptos::prelude::*;

/// An error message, announced by screen readers when it appears; empty if there is none.
#[component]
pub fn ErrorMessage(
    /// The message in the reader's language, if there is one.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                text.get()
                    .map(|text| {
                        view! {
                            <p class="note bad">
                                <Icon glyph=Glyph::Warning />
                                {text}
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// The message for a failed request, if it failed. None if the user cancelled it.
pub fn failure_text(i18n: Texts, failure: Option<Failure>) -> Option<String> {
    failure.filter(|failure| !failure.is_cancelled()).map(|failure| labels::failure(i18n, &failure).to_owned())
}

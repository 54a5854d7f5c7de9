//! The way from a list to the same list as a table for spreadsheets.

use crate::i18n::*;
use leptos::prelude::*;

/// A link that downloads what is shown.
#[component]
pub fn Export(
    /// Where it is.
    #[prop(into)]
    address: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <a class="button" href=address download="" rel="external" title=move || t_string!(i18n, common.export_hint)>
            {t!(i18n, common.export)}
        </a>
    }
}

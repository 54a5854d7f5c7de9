//! The link that exports a list as a CSV file.

use crate::i18n::*;
use leptos::prelude::*;

/// A link that downloads the list as shown.
#[component]
pub fn Export(
    /// The URL of the file.
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

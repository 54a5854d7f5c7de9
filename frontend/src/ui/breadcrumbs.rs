//! Where a page below another one is: the page above as a link, and the page itself.

use crate::{i18n::*, text::Text};
use leptos::prelude::*;

/// The line above the title of a page.
#[component]
pub fn Breadcrumbs(
    /// The address of the page above.
    href: &'static str,
    /// The name of the page above.
    above: Text,
    /// The name of the page.
    #[prop(into)]
    here: Text,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <nav class="breadcrumbs" aria-label=move || t_string!(i18n, links.breadcrumbs)>
            <ol>
                <li>
                    <a href=href>{move || above.get(i18n)}</a>
                </li>
                <li aria-current="page">{move || here.get(i18n)}</li>
            </ol>
        </nav>
    }
}

//! The menu of saved views in the head of a page: addresses with filters under a name, one's own and those of others.

mod dialogs;
mod list;

use crate::{
    i18n::*,
    lazy_view,
    ui::{
        icon::{Glyph, Icon},
        menu::Menu,
    },
};
use leptos::prelude::*;
use list::ViewList;
use seatkeeper_shared::wire::views::ViewPage;

/// The button that opens the menu. The menu is downloaded a moment after the page was shown.
#[component]
pub fn ViewsMenu(
    /// Whose views are shown.
    page: ViewPage,
) -> impl IntoView {
    let i18n = use_i18n();
    let list = lazy_view!(saved_views(page: ViewPage) { view! { <ViewList page /> } });
    view! {
        <Menu
            class="button views-button"
            trigger=move || {
                view! {
                    {t!(i18n, views.menu)}
                    <Icon glyph=Glyph::Chevron />
                }
            }
        >
            {list(page)}
        </Menu>
    }
}

/// The parameters of an address after the `?`, decoded and sorted: two addresses with the same filters are equal.
fn parameters(query: &str) -> Vec<String> {
    let decoded = |part: &str| {
        let spaced = part.replace('+', " ");
        // What cannot be decoded is compared as it stands.
        js_sys::decode_uri_component(&spaced).map_or(spaced, String::from)
    };
    let mut all: Vec<_> =
        query.trim_start_matches('?').split('&').filter(|part| !part.is_empty()).map(decoded).collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn addresses_with_the_same_filters_are_the_same_view() {
        assert_eq!(parameters("?a=x%20y&b=2026-01-01T00%3A00"), parameters("b=2026-01-01T00:00&a=x+y"));
        assert_eq!(parameters("?"), parameters(""));
        assert_ne!(parameters("a=1"), parameters("a=1&b=2"));
        assert_eq!(parameters("a=%ZZ"), ["a=%ZZ"]);
    }
}

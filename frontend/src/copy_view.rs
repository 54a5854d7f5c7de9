//! Copying the current view of a list: the address with its filters, and the request that the page itself sends, as a
//! command line.

use crate::{
    format::Texts,
    i18n::*,
    lazy_view,
    pages::console::support_key::copy_to_clipboard,
    ui::{
        address_action::{ACTION, TARGET, on_address_action},
        icon::{Glyph, Icon},
        menu::Menu,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    hooks::{use_location, use_query_map},
    params::ParamsMap,
};
use seatkeeper_shared::endpoints::ApiRequest;

/// The action of an address that copies the link.
pub const COPY_LINK: &str = "copy-link";
/// The action of an address that copies the request.
pub const COPY_REQUEST: &str = "copy-request";

/// Copies the link and the request of a page.
#[derive(Clone, Copy)]
struct ViewCopier {
    request: Callback<(), Option<ApiRequest>>,
    path: Memo<String>,
    query: Memo<ParamsMap>,
    toasts: Toasts,
    i18n: Texts,
}

impl ViewCopier {
    fn new(request: Callback<(), Option<ApiRequest>>) -> Self {
        let (path, query) = (use_location().pathname, use_query_map());
        Self { request, path, query, toasts: Toasts::get(), i18n: use_i18n() }
    }

    fn copy_link(self) {
        let i18n = self.i18n;
        let query = self.query.get_untracked();
        let link = format!("{}{}{}", origin(), self.path.get_untracked(), query_of_view(query));
        self.copy(link, tu_string!(i18n, copy_view.link_copied).to_owned());
    }

    fn copy_request(self) {
        let i18n = self.i18n;
        match untrack(|| self.request.run(())) {
            Some(request) => {
                self.copy(request.as_curl(&origin()), tu_string!(i18n, copy_view.request_copied).to_owned());
            }
            None => self.toasts.error(tu_string!(i18n, copy_view.no_request)),
        }
    }

    fn copy(self, text: String, copied: String) {
        let i18n = self.i18n;
        spawn_local(async move {
            match copy_to_clipboard(text).await {
                true => self.toasts.success(copied),
                false => self.toasts.error(tu_string!(i18n, invite.copy_failed)),
            }
        });
    }
}

/// The query of a view, without what the address asks the page to do.
fn query_of_view(mut query: ParamsMap) -> String {
    query.remove(ACTION);
    query.remove(TARGET);
    query.to_query_string()
}

fn origin() -> String {
    // Fails only in documents without an address.
    window().location().origin().unwrap_or_default()
}

/// The button that opens the menu. What is in it is downloaded a moment after the page was shown.
#[component]
pub fn CopyMenu(
    /// The request that the page sends for what it shows; none while there is none.
    #[prop(into)]
    request: Callback<(), Option<ApiRequest>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let copier = ViewCopier::new(request);
    on_address_action(COPY_LINK, || true, move || copier.copy_link());
    on_address_action(COPY_REQUEST, || true, move || copier.copy_request());
    let items = lazy_view!(copy_view(copier: ViewCopier) { view! { <CopyItems copier /> } });
    view! {
        <Menu
            class="button copy-button"
            trigger=move || {
                view! {
                    <Icon glyph=Glyph::Copy />
                    <span class="copy-label">{t!(i18n, copy_view.menu)}</span>
                }
            }
        >
            {items(copier)}
        </Menu>
    }
}

#[component]
fn CopyItems(
    /// Copies the view of the page.
    copier: ViewCopier,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <button type="button" class="menu-item copy-link" on:click=move |_| copier.copy_link()>
            {t!(i18n, copy_view.link)}
        </button>
        <button type="button" class="menu-item copy-request" on:click=move |_| copier.copy_request()>
            {t!(i18n, copy_view.request)}
        </button>
        <p class="menu-note">{t!(i18n, copy_view.request_hint)}</p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_copied_link_has_the_filters_but_asks_for_nothing() {
        let mut query = ParamsMap::new();
        query.insert("q", "jörg".to_owned());
        query.insert(ACTION, COPY_LINK.to_owned());
        assert_eq!(query_of_view(query), "?q=j%C3%B6rg");
        assert_eq!(query_of_view(ParamsMap::new()), "");
    }
}

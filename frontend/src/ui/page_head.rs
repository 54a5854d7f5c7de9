//! The head of a page: its title, in the page and in the browser, which takes the focus on navigation.

use crate::{i18n::*, text::Text};
use leptos::prelude::*;
use leptos_meta::Title;
use std::sync::atomic::{AtomicBool, Ordering};

/// A text in front of the browser's title, to be noticed from another window or tab.
#[derive(Clone, Copy)]
pub struct TitlePrefix(RwSignal<Option<Signal<Option<String>>>>);

impl TitlePrefix {
    /// Provides it as a context, without a text.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// Shows a text while it is `Some`.
    pub fn show(text: Signal<Option<String>>) {
        if let Some(Self(shown)) = use_context() {
            shown.set(Some(text));
        }
    }

    fn text(self) -> Option<String> {
        self.0.try_get().flatten()?.try_get().flatten()
    }
}

/// A title with a line below and controls beside it.
#[component]
pub fn PageHead(
    #[prop(into)] title: Text,
    /// The line above the title: where the page is, if it is below another one.
    #[prop(optional, into)]
    above: ViewFnOnce,
    /// The line below the title.
    #[prop(optional, into)]
    line: ViewFnOnce,
    /// The controls.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <div class="page-title">
                {above.run()}
                <Heading title />
                {line.run()}
            </div>
            {children.map(|children| view! { <div class="page-tools">{children()}</div> })}
        </header>
    }
}

/// The title alone. It takes the focus after navigation from another page, so that screen readers announce it.
#[component]
pub fn Heading(#[prop(into)] title: Text) -> impl IntoView {
    static PAGE_SHOWN: AtomicBool = AtomicBool::new(false);
    let i18n = use_i18n();
    let prefix = use_context::<TitlePrefix>();
    // `try_get`: this runs once more while the page, or the whole layout, is being removed.
    let in_browser = move || {
        let titled = t_string!(i18n, common.titled, page = title.get(i18n));
        match prefix.and_then(TitlePrefix::text) {
            Some(text) => text + t_string!(i18n, common.dot) + &titled,
            None => titled,
        }
    };
    let node = NodeRef::<leptos::html::H1>::new();
    Effect::new(move |_| {
        if let Some(heading) = node.get()
            && PAGE_SHOWN.swap(true, Ordering::Relaxed)
        {
            // The focus is only a convenience.
            let _ = heading.focus();
        }
    });
    view! {
        <Title text=in_browser />
        <h1 node_ref=node tabindex="-1">
            {move || title.get(i18n)}
        </h1>
    }
}

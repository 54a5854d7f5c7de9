//! The head of a page: its title in the page and in the browser, and the place where the focus goes.

use crate::i18n::*;
use leptos::prelude::*;
use leptos_meta::Title;
use std::sync::atomic::{AtomicBool, Ordering};

/// What stands before the title in the browser, because it wants to be seen from another window.
#[derive(Clone, Copy)]
pub struct Attention(Signal<Option<String>>);

impl Attention {
    /// Calls for it as long as there is something to say.
    pub fn call(text: Signal<Option<String>>) {
        provide_context(Self(text));
    }
}

/// Title, a line below it, and tools at its side.
#[component]
pub fn PageHead(
    /// The title.
    #[prop(into)]
    title: Signal<String>,
    /// The line below.
    #[prop(optional, into)]
    line: ViewFnOnce,
    /// Tools.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <div class="page-title">
                <Heading title />
                {line.run()}
            </div>
            {children.map(|children| view! { <div class="page-tools">{children()}</div> })}
        </header>
    }
}

/// The title alone. It takes the focus when one came from another page, so that screen readers say where one is.
#[component]
pub fn Heading(
    /// The title.
    #[prop(into)]
    title: Signal<String>,
) -> impl IntoView {
    static ARRIVED: AtomicBool = AtomicBool::new(false);
    let i18n = use_i18n();
    let attention = use_context::<Attention>();
    // The browser's title is asked once more while the page, or the whole shell, goes.
    let in_browser = move || {
        let titled = t_string!(i18n, common.titled, page = title.try_get().unwrap_or_default());
        match attention.and_then(|attention| attention.0.try_get().flatten()) {
            Some(text) => text + t_string!(i18n, common.dot) + &titled,
            None => titled,
        }
    };
    let node = NodeRef::<leptos::html::H1>::new();
    Effect::new(move |_| {
        if let Some(heading) = node.get()
            && ARRIVED.swap(true, Ordering::Relaxed)
        {
            // Not being able to focus is no reason to stop.
            let _ = heading.focus();
        }
    });
    view! {
        <Title text=in_browser />
        <h1 node_ref=node tabindex="-1">
            {move || title.get()}
        </h1>
    }
}

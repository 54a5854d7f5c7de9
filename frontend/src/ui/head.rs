//! The head of a page: its title in the page and in the browser, and the place where the focus goes.

use crate::i18n::*;
use leptos::prelude::*;
use leptos_meta::Title;
use std::sync::atomic::{AtomicBool, Ordering};

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
        <Title text=move || t_string!(i18n, common.titled, page = title.get()) />
        <h1 node_ref=node tabindex="-1">
            {move || title.get()}
        </h1>
    }
}

//! Shows content while a condition holds.

use leptos::{children::ViewFn, prelude::*};

/// Shows its children while a condition holds, else the fallback. Leptos' own component is generic, so its code exists
/// once per use; this one exists once.
#[component(transparent)]
pub fn Show(
    /// The condition; tracked.
    when: impl Fn() -> bool + Send + Sync + 'static,
    /// Shown in place of the children; by default nothing.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// The content, drawn afresh each time that the condition begins to hold.
    children: ChildrenFn,
) -> impl IntoView {
    show(Box::new(when), fallback, children)
}

fn show(when: Box<dyn Fn() -> bool + Send + Sync>, fallback: ViewFn, children: ChildrenFn) -> AnyView {
    let holds = Memo::new(move |_| when());
    (move || if holds.get() { children() } else { fallback.run() }).into_any()
}

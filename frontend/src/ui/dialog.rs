//! Modal dialogs with the browser's `<dialog>`, which traps the focus, closes with Escape and restores the focus.

use super::field::unique_id;
use super::show::Show;
use crate::{i18n::use_i18n, text::Text};
use leptos::prelude::*;

/// A modal dialog controlled by a signal of its own.
#[component]
pub fn Dialog(
    /// Whether the dialog is open.
    open: RwSignal<bool>,
    /// The heading.
    #[prop(into)]
    title: Text,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    view! {
        <TaskDialog open close=move |()| open.set(false) title>
            {children()}
        </TaskDialog>
    }
}

/// A modal dialog controlled by derived state. Its content exists only while it is open, so each opening starts afresh.
#[component]
pub fn TaskDialog(
    /// Whether the dialog is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Called when the user closes the dialog.
    #[prop(into)]
    close: Callback<()>,
    /// The heading.
    #[prop(into)]
    title: Text,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<leptos::html::Dialog>::new();
    let id = StoredValue::new(unique_id("dialog"));
    Effect::new(move |_| {
        let wanted = open.get();
        let Some(dialog) = node.get() else { return };
        if !wanted {
            dialog.close();
        } else if !dialog.open() {
            // Deferred by a frame: only then is the content in the DOM, where the browser looks for what to focus.
            request_animation_frame(move || {
                if open.try_get_untracked() == Some(true) && !dialog.open() {
                    // Fails only if the dialog has been removed from the page.
                    let _ = dialog.show_modal();
                }
            });
        }
    });
    // The event is also fired when the code above closes the dialog.
    let closed = move |_| {
        if open.get_untracked() {
            close.run(());
        }
    };
    view! {
        <dialog node_ref=node class="dialog" aria-labelledby=id.get_value() on:close=closed>
            <Show when=move || open.get()>
                <h2 id=id.get_value()>{move || title.get(i18n)}</h2>
                {children()}
            </Show>
        </dialog>
    }
}

//! A question over the page: the browser's own modal dialog, which keeps the focus inside, closes with Escape and
//! gives the focus back.

use super::field::fresh_id;
use leptos::prelude::*;

/// A modal dialog that is open as long as a signal says so.
#[component]
pub fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// What is in it.
    children: ChildrenFn,
) -> impl IntoView {
    view! {
        <TaskDialog open close=move |()| open.set(false) title>
            {children()}
        </TaskDialog>
    }
}

/// A modal dialog whose being open follows from something else. Its content exists only while it is open, so each
/// opening starts afresh.
#[component]
pub fn TaskDialog(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Somebody closed it.
    #[prop(into)]
    close: Callback<()>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// What is in it.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Dialog>::new();
    let id = StoredValue::new(fresh_id("dialog"));
    Effect::new(move |_| {
        let wanted = open.get();
        let Some(dialog) = node.get() else { return };
        if !wanted {
            dialog.close();
        } else if !dialog.open() {
            // One frame later the content is there and the browser finds what to focus.
            request_animation_frame(move || {
                if open.try_get_untracked() == Some(true) && !dialog.open() {
                    // Fails only if the dialog is not in the page, and then nobody sees it.
                    let _ = dialog.show_modal();
                }
            });
        }
    });
    // It also says that it is closed when we closed it.
    let closed = move |_| {
        if open.get_untracked() {
            close.run(());
        }
    };
    view! {
        <dialog node_ref=node class="dialog" aria-labelledby=id.get_value() on:close=closed>
            <Show when=move || open.get()>
                <h2 id=id.get_value()>{move || title.get()}</h2>
                {children()}
            </Show>
        </dialog>
    }
}

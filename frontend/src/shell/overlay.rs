//! What opens above every page: the command palette and the list of keyboard shortcuts.

use super::shortcuts;
use crate::{
    command_palette::{CommandPalette, shortcut_list::ShortcutList},
    lazy_part,
};
use leptos::prelude::*;
use web_sys::{HtmlDialogElement, MouseEvent};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    CommandPalette,
    Shortcuts,
}

/// Which of them is open; from the context.
#[derive(Clone, Copy)]
pub struct Overlays(RwSignal<Option<Overlay>>);

impl Overlays {
    /// Provides it as a context.
    pub fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    /// The instance from the context.
    pub fn get() -> Self {
        expect_context()
    }

    pub fn open(self, overlay: Overlay) {
        self.0.set(Some(overlay));
    }

    pub fn close(self) {
        self.0.try_set(None);
    }
}

/// The place of the overlays; exists once, in the layout. Listens for their shortcuts.
#[component]
pub fn OverlayHost() -> impl IntoView {
    let overlays = Overlays::get();
    shortcuts::listen(overlays);
    move || {
        overlays.0.get().map(|overlay| match overlay {
            Overlay::CommandPalette => lazy_part!(command_palette() { view! { <CommandPalette /> } }),
            Overlay::Shortcuts => lazy_part!(shortcut_list() { view! { <ShortcutList /> } }),
        })
    }
}

/// A modal dialog that closes with Escape and with a click beside it; the browser then returns the focus.
#[component]
pub fn OverlayDialog(
    /// The class of the dialog.
    class: &'static str,
    /// The id of the element that names it.
    labelled_by: &'static str,
    /// Its content.
    children: Children,
) -> impl IntoView {
    let overlays = Overlays::get();
    let node = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = node.get().filter(|dialog| !dialog.open()) {
            // Fails only if the dialog has been removed from the page.
            let _ = dialog.show_modal();
        }
    });
    let clicked = move |event: MouseEvent| {
        if let Some(dialog) = node.get_untracked().filter(|dialog| is_beside(&event, dialog)) {
            dialog.close();
        }
    };
    view! {
        <dialog
            node_ref=node
            class=class
            aria-labelledby=labelled_by
            on:click=clicked
            on:close=move |_| overlays.close()
        >
            {children()}
        </dialog>
    }
}

/// Whether a click that reached the dialog was on its backdrop. A key that acts as a click has no place.
fn is_beside(event: &MouseEvent, dialog: &HtmlDialogElement) -> bool {
    let (x, y, area) = (f64::from(event.client_x()), f64::from(event.client_y()), dialog.get_bounding_client_rect());
    event.detail() > 0 && (x < area.left() || x > area.right() || y < area.top() || y > area.bottom())
}

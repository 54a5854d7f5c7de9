//! A popup menu with the browser's popover, which closes with Escape and with a click outside.

use super::field::unique_id;
use leptos::prelude::*;
use web_sys::wasm_bindgen::JsCast as _;

/// A button that opens a menu.
#[component]
pub fn Menu(
    /// The classes of the button.
    #[prop(default = "button")]
    class: &'static str,
    /// The accessible name of the button, where its content does not tell it.
    #[prop(into, optional)]
    label: MaybeProp<String>,
    /// The content of the button.
    #[prop(into)]
    trigger: ViewFnOnce,
    /// Whether the menu is open, for callers that need to know.
    #[prop(optional)]
    open: Option<RwSignal<bool>>,
    /// The content of the menu, which exists once the menu has been opened. A click on a button in it closes the menu.
    children: Children,
) -> impl IntoView {
    let id = unique_id("menu");
    let (opened, content) = (RwSignal::new(false), StoredValue::new_local(Some(children)));
    let content = move || content.try_update_value(|content| opened.get().then(|| content.take())).flatten().flatten();
    let panel = NodeRef::<leptos::html::Div>::new();
    let close = move |event: web_sys::MouseEvent| {
        let clicked = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let button = clicked.and_then(|element| element.closest("button, a").ok().flatten());
        if let (Some(_), Some(panel)) = (button, panel.get_untracked()) {
            // Fails only if the menu is closed already.
            let _ = panel.hide_popover();
        }
    };
    let is_open = StoredValue::new(false);
    let set_open = move |now: bool| {
        if is_open.try_update_value(|is_open| std::mem::replace(is_open, now)) == Some(!now)
            && let Some(open) = open
        {
            open.try_set(now);
        }
    };
    let toggled = move |_| {
        if let Some(panel) = panel.get_untracked() {
            set_open(panel.matches(":popover-open").unwrap_or_default());
        }
    };
    // A menu that is removed is not closed before.
    on_cleanup(move || set_open(false));
    view! {
        <div class="menu">
            <button
                type="button"
                class=class
                aria-label=move || label.get()
                popovertarget=id.clone()
                on:click=move |_| {
                    // The browser opens the menu after this, when the content is there.
                    if !opened.get_untracked() {
                        opened.set(true);
                    }
                }
            >
                {trigger.run()}
            </button>
            <div id=id popover="auto" class="menu-panel" node_ref=panel on:click=close on:toggle=toggled>
                {move || content().map(|content| content())}
            </div>
        </div>
    }
}

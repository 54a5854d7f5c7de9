//! A small menu at a button: the browser's own popover, which closes with Escape and with a click beside it.

use super::field::fresh_id;
use leptos::prelude::*;
use web_sys::wasm_bindgen::JsCast as _;

/// A button and what it opens.
#[component]
pub fn Menu(
    /// The classes of the button.
    #[prop(default = "button")]
    class: &'static str,
    /// What the button is called, where its face does not say it.
    #[prop(into, optional)]
    label: MaybeProp<String>,
    /// The face of the button.
    #[prop(into)]
    face: ViewFnOnce,
    /// What it opens. A click on a button in it closes it.
    children: Children,
) -> impl IntoView {
    let id = fresh_id("menu");
    let panel = NodeRef::<leptos::html::Div>::new();
    let close = move |event: web_sys::MouseEvent| {
        let clicked = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let button = clicked.and_then(|element| element.closest("button, a").ok().flatten());
        if let (Some(_), Some(panel)) = (button, panel.get_untracked()) {
            // Closed already is good as well.
            let _ = panel.hide_popover();
        }
    };
    view! {
        <div class="menu">
            <button type="button" class=class aria-label=move || label.get() popovertarget=id.clone()>
                {face.run()}
            </button>
            <div id=id popover="auto" class="menu-panel" node_ref=panel on:click=close>
                {children()}
            </div>
        </div>
    }
}

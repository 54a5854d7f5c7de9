//! Moving the keyboard focus after the focused element was removed, disabled or moved.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

/// Focuses an element that appears in the next frame.
pub fn focus_on(selector: &'static str) {
    request_animation_frame(move || focus(document().query_selector(selector).ok().flatten()));
}

/// Like [`focus_on`], but only if the focus was lost: the user may have moved it elsewhere meanwhile.
pub fn restore_focus(selector: &'static str) {
    restore_focus_to_first(vec![selector.to_owned()]);
}

/// Like [`restore_focus`], for the first selector that finds an element.
pub fn restore_focus_to_first(selectors: Vec<String>) {
    request_animation_frame(move || {
        if is_focus_lost() {
            let mut found = selectors.iter().filter_map(|selector| document().query_selector(selector).ok().flatten());
            focus(found.next());
        }
    });
}

/// Focuses, in the next frame, an element within the `container` of the element that the event came from.
pub fn focus_within(event: &web_sys::MouseEvent, container: &str, selector: &'static str) {
    let container = event_element(event).and_then(|element| element.closest(container).ok().flatten());
    request_animation_frame(move || {
        focus(container.and_then(|container| container.query_selector(selector).ok().flatten()));
    });
}

/// Focuses the button of the event again in the next frame: a moved element loses the focus.
pub fn focus_again(event: &web_sys::MouseEvent) {
    let button = event_element(event).and_then(|element| element.closest("button").ok().flatten());
    request_animation_frame(move || focus(button));
}

fn event_element(event: &web_sys::MouseEvent) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into::<Element>().ok())
}

/// Whether no element has the focus, or one that no longer accepts input.
pub fn is_focus_lost() -> bool {
    document().active_element().is_none_or(|active| active.tag_name() == "BODY" || active.has_attribute("disabled"))
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Fails only if the element has been removed.
        let _ = element.focus();
    }
}

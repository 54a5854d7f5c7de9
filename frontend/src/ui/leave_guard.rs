//! Stays when the browser's Back or Forward button would lose what has been entered, until the user has been asked.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast as _, JsValue, prelude::Closure};
use web_sys::Event;

/// Asks if something would be lost; returns whether it has asked.
type Guard = Rc<dyn Fn() -> bool>;

thread_local! {
    static GUARDS: RefCell<Vec<Guard>> = const { RefCell::new(Vec::new()) };
}

/// Begins to watch the buttons. Called before the router does, which would show the other page first.
pub fn watch_buttons() {
    let pressed = Closure::<dyn FnMut(Event)>::new(|event: Event| {
        // The last one is the uppermost: a dialog above a form.
        let guards = GUARDS.with_borrow(|guards| guards.clone());
        if guards.iter().rev().any(|guard| guard()) {
            event.stop_immediate_propagation();
        }
    });
    // Fails only if the handler is not a function.
    let _ = window().add_event_listener_with_callback("popstate", pressed.into_js_value().unchecked_ref());
}

/// Guards what has been entered, for as long as the component is shown: where `ask` has asked and returns true, the
/// browser stays at this address.
pub fn guard(ask: impl Fn() -> bool + 'static) {
    let location = use_location();
    let guard: Guard = Rc::new(move || {
        let asked = ask();
        if asked {
            let here = untrack(|| location.pathname.get() + &location.query.get().to_query_string());
            if let Ok(history) = window().history() {
                // The browser has left this entry already. Fails only for an address of another site.
                let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&here));
            }
        }
        asked
    });
    GUARDS.with_borrow_mut(|guards| guards.push(guard.clone()));
    let guard = send_wrapper::SendWrapper::new(guard);
    on_cleanup(move || GUARDS.with_borrow_mut(|guards| guards.retain(|other| !Rc::ptr_eq(other, &guard))));
}

/// Leaves after all, in the direction that the user has wanted.
pub fn leave() {
    if let Ok(history) = window().history() {
        // Fails only in documents that are not shown.
        let _ = history.back();
    }
}

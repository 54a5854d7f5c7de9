//! The width of the element that contains a chart.

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::ResizeObserver;

/// The width of an element in CSS pixels, without its padding; 0 until it is in the page. Tracked.
pub fn plot_width(node: NodeRef<html::Div>) -> Signal<f64> {
    let width = RwSignal::new(0.0);
    let observed = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut()>)>);
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        let measure = move || {
            let now = f64::from(element.client_width());
            // Not in the page, for example while another tab of the page is shown.
            if now > 0.0 && width.try_get_untracked() != Some(now) {
                width.try_set(now);
            }
        };
        measure();
        let callback = Closure::<dyn FnMut()>::new(measure);
        if let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) {
            if let Some(element) = node.get_untracked() {
                observer.observe(&element);
            }
            observed.set_value(Some((observer, callback)));
        }
    });
    on_cleanup(move || {
        observed.try_update_value(|observed| {
            if let Some((observer, _)) = observed.take() {
                observer.disconnect();
            }
        });
    });
    width.into()
}

//! Keeps the focus when the focused element goes away: it moves to what took its place, or to the heading above it.
//!
//! Browsers drop the focus then, so that keyboard users begin again at the top of the page, be it that they removed the
//! element themselves, closed a dialog whose button is gone, or that somebody else changed what is shown.

use super::focus::is_focus_lost;
use leptos::prelude::{document, request_animation_frame};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{Element, Event, FocusOptions, HtmlElement, MutationObserver, MutationObserverInit};

/// What can take the focus. Headings can on demand: they say where the user is.
const FOCUSABLE: &str = "a[href], button, input, select, textarea, summary, [tabindex], h1, h2";
/// What lies above the page for a while.
const ABOVE_PAGE: &str = "dialog, [popover], .toasts";

/// An element that has the focus, and where it is.
#[derive(Clone)]
struct Place {
    element: Element,
    /// The elements around it, from the inside out, each with the position in it.
    around: Vec<(Element, u32)>,
}

impl Place {
    /// The place of an element within the page, or within what it is in above the page.
    fn of(element: Element) -> Self {
        let mut around = Vec::new();
        let mut inner = element.clone();
        while let Some(outer) = inner.parent_element() {
            around.push((outer.clone(), position(&inner)));
            if outer.matches(ABOVE_PAGE).unwrap_or_default() {
                break;
            }
            inner = outer;
        }
        Self { element, around }
    }

    fn is_gone(&self) -> bool {
        !self.element.is_connected()
    }

    fn is_in_toasts(&self) -> bool {
        self.around.last().is_some_and(|(outer, _)| outer.matches(".toasts").unwrap_or_default())
    }

    /// Focuses the element, or what is nearest to its place. Returns whether there was something.
    fn restore(&self) -> bool {
        let still_there = |(outer, _): &&(Element, u32)| outer.is_connected();
        focus(&self.element) || self.around.iter().filter(still_there).any(|(outer, at)| focus_at(outer, *at))
    }
}

fn position(element: &Element) -> u32 {
    std::iter::successors(element.previous_element_sibling(), Element::previous_element_sibling).map(|_| 1).sum()
}

/// Focuses what took the place in `outer`, else what is before it, else what is after it.
fn focus_at(outer: &Element, at: u32) -> bool {
    let children = outer.children();
    let Some(last) = children.length().checked_sub(1) else { return false };
    let here = at.min(last);
    let order = std::iter::once(here).chain((0..here).rev()).chain(here + 1..=last);
    order.filter_map(|index| Some((index, children.item(index)?))).any(|(index, child)| focus_in(&child, index < here))
}

/// Focuses the first element in `outer` that can be focused, or the last.
fn focus_in(outer: &Element, from_end: bool) -> bool {
    let Ok(inner) = outer.query_selector_all(FOCUSABLE) else { return false };
    let mut all: Vec<_> = (0..inner.length()).filter_map(|index| inner.item(index)?.dyn_into().ok()).collect();
    if outer.matches(FOCUSABLE).unwrap_or_default() {
        all.insert(0, outer.clone());
    }
    if from_end {
        all.reverse();
    }
    all.iter().any(focus)
}

/// Returns whether the element has taken the focus: hidden and disabled ones do not.
fn focus(element: &Element) -> bool {
    let Some(focusable) = element.dyn_ref::<HtmlElement>() else { return false };
    if element.matches("h1, h2").unwrap_or_default() && !element.has_attribute("tabindex") {
        // Fails only for an invalid name.
        let _ = element.set_attribute("tabindex", "-1");
    }
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    // Fails only if the element has been removed.
    let _ = focusable.focus_with_options(&options);
    document().active_element().as_ref() == Some(element)
}

/// Where the focus was last.
#[derive(Clone, Default)]
struct LastPlaces {
    page: Option<Place>,
    /// In a dialog, a menu or a toast, if the focus moved there from the page.
    above: Option<Place>,
}

impl LastPlaces {
    fn focused(&mut self, element: Element) {
        let is_above = element.closest(ABOVE_PAGE).ok().flatten().is_some();
        let place = Some(Place::of(element));
        if is_above {
            self.above = place;
        } else {
            (self.page, self.above) = (place, None);
        }
    }

    /// Nothing has the focus any more. If what had it is still there, the user has left it, and it may go away.
    fn left(&mut self) {
        let last = self.above.as_ref().or(self.page.as_ref());
        if last.is_some_and(|last| !last.is_gone()) {
            *self = Self::default();
        }
    }

    fn is_gone(&self) -> bool {
        [&self.above, &self.page].into_iter().flatten().any(Place::is_gone)
    }
}

/// Begins to keep the focus, for as long as the app runs.
pub fn keep_focus() {
    let places = Rc::new(RefCell::new(LastPlaces::default()));
    let focused = {
        let places = places.clone();
        move |event: Event| {
            if let Some(element) = event.target().and_then(|target| target.dyn_into().ok()) {
                places.borrow_mut().focused(element);
            }
        }
    };
    let left = {
        let places = places.clone();
        move |_: Event| {
            let places = places.clone();
            request_animation_frame(move || {
                if is_focus_lost() {
                    places.borrow_mut().left();
                }
            });
        }
    };
    listen("focusin", focused);
    listen("focusout", left);
    observe_changes(move || {
        if places.borrow().is_gone() && is_focus_lost() {
            let places = places.clone();
            // Two frames later: the code that removed the element may have moved the focus itself by then.
            request_animation_frame(move || request_animation_frame(move || restore(&places)));
        }
    });
}

fn restore(places: &RefCell<LastPlaces>) {
    if is_focus_lost() {
        // A copy, because focusing changes the places.
        let LastPlaces { page, above } = places.borrow().clone();
        // Who has answered a toast goes on in the page, not in the next toast.
        let answered = above.as_ref().is_some_and(Place::is_in_toasts);
        let order = if answered { [page, above] } else { [above, page] };
        let _ = order.into_iter().flatten().any(|place| place.restore());
    }
}

fn listen(name: &str, handler: impl FnMut(Event) + 'static) {
    let handler = Closure::<dyn FnMut(Event)>::new(handler).into_js_value();
    // Fails only if the handler is not a function.
    let _ = document().add_event_listener_with_callback(name, handler.unchecked_ref());
}

/// Calls back after elements were added or removed.
fn observe_changes(changed: impl FnMut() + 'static) {
    let callback = Closure::<dyn FnMut()>::new(changed).into_js_value();
    let options = MutationObserverInit::new();
    options.set_child_list(true);
    options.set_subtree(true);
    if let (Ok(observer), Some(body)) = (MutationObserver::new(callback.unchecked_ref()), document().body()) {
        // Fails only if nothing is to be observed.
        let _ = observer.observe_with_options(&body, &options);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn page() -> Element {
        let page = document().create_element("section").unwrap();
        page.set_inner_html(
            "<h2>Tokens</h2>\
             <ul><li><button id='one'>Delete</button></li><li hidden><button id='two'>Delete</button></li>\
             <li><button id='three'>Delete</button></li></ul>",
        );
        document().body().unwrap().append_child(&page).unwrap();
        page
    }

    fn focused(page: &Element, selector: &str) -> Place {
        let element = page.query_selector(selector).unwrap().unwrap();
        assert!(focus(&element));
        Place::of(element)
    }

    fn has_focus(page: &Element, selector: &str) -> bool {
        document().active_element() == page.query_selector(selector).unwrap()
    }

    #[wasm_bindgen_test]
    fn the_focus_moves_to_the_next_row_and_then_to_the_heading() {
        let page = page();
        let first = focused(&page, "#one");
        page.query_selector("li").unwrap().unwrap().remove();
        assert!(first.restore());
        assert!(has_focus(&page, "#three"), "the second row is hidden");
        let last = focused(&page, "#three");
        page.query_selector("ul").unwrap().unwrap().remove();
        assert!(last.restore());
        assert!(has_focus(&page, "h2"));
        page.remove();
    }

    #[wasm_bindgen_test]
    fn an_element_that_the_user_left_is_forgotten_unless_it_is_gone() {
        let page = page();
        let mut places = LastPlaces::default();
        places.focused(page.query_selector("#one").unwrap().unwrap());
        places.left();
        assert!(!places.is_gone() && places.page.is_none());
        places.focused(page.query_selector("#three").unwrap().unwrap());
        let toasts = document().create_element("section").unwrap();
        toasts.set_class_name("toasts");
        toasts.set_inner_html("<button>Undo</button>");
        document().body().unwrap().append_child(&toasts).unwrap();
        places.focused(toasts.first_element_child().unwrap());
        toasts.remove();
        places.left();
        assert!(places.page.is_some(), "the answered toast is gone, but the place in the page is not");
        page.remove();
        places.left();
        assert!(places.is_gone());
    }
}

//! When the rows of the table are held in place: while the pointer or the keyboard focus is on them, a menu is open,
//! or something is selected.

use super::rows::SessionRows;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// After this long without a movement nobody aims with the pointer any more.
const POINTER_REST_MS: f64 = 60_000.0;

/// What keeps the rows in place.
#[derive(Clone, Copy)]
pub struct RowHold {
    pointer: RwSignal<bool>,
    pointer_moved_at: StoredValue<f64>,
    keyboard: RwSignal<bool>,
    /// Whether the menu of a row is open.
    pub menu: RwSignal<bool>,
    /// Whether the rows are held.
    pub is_held: Memo<bool>,
}

impl RowHold {
    /// Holds the rows while any of the reasons applies; `has_selection` is one.
    pub fn new(rows: SessionRows, has_selection: Memo<bool>) -> Self {
        let (pointer, keyboard, menu) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
        let is_held = Memo::new(move |_| pointer.get() || keyboard.get() || menu.get() || has_selection.get());
        let hold = Self { pointer, pointer_moved_at: StoredValue::new(0.0), keyboard, menu, is_held };
        Effect::new(move |_| rows.hold(is_held.get()));
        Effect::new(move |_| {
            rows.pending.track();
            if js_sys::Date::now() - hold.pointer_moved_at.get_value() > POINTER_REST_MS {
                hold.set_pointer(false);
            }
        });
        hold
    }

    /// The pointer moves over the rows.
    pub fn pointer_moves(self) {
        self.pointer_moved_at.set_value(js_sys::Date::now());
        self.set_pointer(true);
    }

    /// The pointer leaves the rows, or they are removed.
    pub fn pointer_leaves(self) {
        self.set_pointer(false);
    }

    fn set_pointer(self, is_over: bool) {
        if self.pointer.try_get_untracked().is_some_and(|was_over| was_over != is_over) {
            self.pointer.set(is_over);
        }
    }

    /// The focus moves into a row. Only a focus by the keyboard, which the browser makes visible, holds the rows.
    pub fn focus_enters(self, event: &web_sys::FocusEvent) {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        self.keyboard.set(target.is_some_and(|target| target.matches(":focus-visible").unwrap_or_default()));
    }

    /// The focus leaves the row.
    pub fn focus_leaves(self) {
        self.keyboard.set(false);
    }
}

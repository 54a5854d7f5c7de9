//! Keyboard shortcuts of a list: J and K move between its rows, X selects the row, Enter opens it.

use crate::shell::shortcuts::applies;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

/// The rows of the list on the page.
const ROWS: &str = "main .list tbody tr";

/// Listens until the page is left.
pub fn listen() {
    let handle = window_event_listener(ev::keydown, move |event| {
        if !applies(&event) {
            return;
        }
        let handled = match event.key().to_ascii_lowercase().as_str() {
            "j" => move_focus(1),
            "k" => move_focus(-1),
            "x" => click_in_row("input[type=checkbox]"),
            "enter" => open_focused_row(),
            _ => false,
        };
        if handled {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Opens what the focused row is about; returns whether a row has the focus. Enter on a link or button in a row does
/// what it always does.
pub fn open_focused_row() -> bool {
    current_row().is_some_and(|row| is_focused(&row)) && click_in_row("th a, td a, summary, button")
}

/// The row that contains the focus.
fn current_row() -> Option<Element> {
    document().active_element().and_then(|active| active.closest(ROWS).ok().flatten())
}

fn is_focused(row: &Element) -> bool {
    document().active_element().as_ref() == Some(row)
}

fn move_focus(step: i32) -> bool {
    let Ok(rows) = document().query_selector_all(ROWS) else { return false };
    let rows: Vec<_> = (0..rows.length()).filter_map(|index| rows.get(index)?.dyn_into::<HtmlElement>().ok()).collect();
    let current = current_row();
    let here = rows.iter().position(|row| Some(row.as_ref()) == current.as_ref());
    let next = match here {
        None => 0,
        Some(here) if step > 0 => here + 1,
        Some(here) => here.saturating_sub(1),
    };
    let Some(row) = rows.get(next.min(rows.len().saturating_sub(1))) else { return false };
    if !row.has_attribute("tabindex") {
        row.set_tab_index(-1);
    }
    // Fails only if the row has been removed.
    let _ = row.focus();
    true
}

fn click_in_row(selector: &str) -> bool {
    let found = current_row().and_then(|row| row.query_selector(selector).ok().flatten());
    let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return false };
    element.click();
    true
}

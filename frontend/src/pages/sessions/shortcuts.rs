//! Keyboard shortcuts: J and K move, X selects, E ends, Enter opens the agent's page.

use super::state::SessionsPageState;
use crate::{shell::shortcuts::applies, ui::row_shortcuts::open_focused_row};
use leptos::{ev, prelude::*};
use seatkeeper_shared::ids::SessionId;
use wasm_bindgen::JsCast as _;

/// Listens until the page is left.
pub fn listen(page: SessionsPageState) {
    let handle = window_event_listener(ev::keydown, move |event| {
        if !applies(&event) {
            return;
        }
        match event.key().to_ascii_lowercase().as_str() {
            "j" => move_cursor(page, 1),
            "k" => move_cursor(page, -1),
            "x" => {
                let here = page.cursor.get_untracked().map(|(id, _)| id);
                if let Some(id) = here.filter(|_| page.may_end.get_untracked()) {
                    page.select(id, event.shift_key());
                }
            }
            "e" => page.ask_to_end_selected(),
            "enter" if open_focused_row() => {}
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || handle.remove());
}

/// Moves the cursor by `step` rows. If the current row is gone, moves to the row in its place.
fn move_cursor(page: SessionsPageState, step: isize) {
    let to = untrack(|| {
        page.rows.with(|rows| {
            let now = page.cursor.get();
            let place = now.map(|(id, index)| rows.position(id).ok_or(index));
            let index = match place {
                None => 0,
                Some(Ok(index)) => index.saturating_add_signed(step),
                Some(Err(index)) => index,
            };
            let index = index.min(rows.len().checked_sub(1)?);
            Some((rows.get(index)?, index))
        })
    });
    if let Some((id, index)) = to {
        page.cursor.set(Some((id, index)));
        // A virtualized row is rendered one frame later.
        request_animation_frame(move || focus_row(id));
    }
}

fn focus_row(id: SessionId) {
    let row = document().query_selector(&format!("tr[data-id=\"{id}\"]")).ok().flatten();
    if let Some(row) = row.and_then(|row| row.dyn_into::<web_sys::HtmlElement>().ok()) {
        // The row may have just been removed.
        let _ = row.focus();
    }
}

//! J and K move, X ticks, E ends. They can be switched off (WCAG 2.1.4), and do nothing while something is typed.

use super::board::Board;
use crate::keep;
use leptos::{ev, prelude::*};
use seatkeeper_shared::ids::SessionId;
use wasm_bindgen::JsCast as _;

/// The name under which the browser keeps whether they are wanted.
pub const KEPT: &str = "keys";

/// Whether they are wanted.
pub fn wanted() -> bool {
    keep::text(KEPT).as_deref() != Some("off")
}

/// Listens as long as the page is there.
pub fn listen(board: Board) {
    let handle = window_event_listener(ev::keydown, move |event| {
        let held = event.ctrl_key() || event.meta_key() || event.alt_key();
        if held
            || event.default_prevented()
            || typing(&event)
            || board.asking.get_untracked()
            || board.dropping.with_untracked(Option::is_some)
            || !wanted()
        {
            return;
        }
        match event.key().to_lowercase().as_str() {
            "j" => go(board, 1),
            "k" => go(board, -1),
            "x" => {
                let here = board.cursor.get_untracked().map(|(id, _)| id);
                if let Some(id) = here.filter(|_| board.may_end.get_untracked()) {
                    board.pick(id, event.shift_key());
                }
            }
            "e" => board.ask_to_end_picked(),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || handle.remove());
}

/// Whether the key goes into a text or to a list of choices.
fn typing(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| {
        element.matches("select, textarea, input:not([type=checkbox]), [contenteditable]").unwrap_or_default()
    })
}

/// To the next row or the one before; from a row that is gone, to the one in its place.
fn go(board: Board, step: isize) {
    let to = board.rows.with_untracked(|rows| {
        let now = board.cursor.get_untracked();
        let place = now.map(|(id, index)| rows.iter().position(|row| *row == id).ok_or(index));
        let index = match place {
            None => 0,
            Some(Ok(index)) => index.saturating_add_signed(step),
            Some(Err(index)) => index,
        };
        let index = index.min(rows.len().checked_sub(1)?);
        Some((rows[index], index))
    });
    if let Some((id, index)) = to {
        board.cursor.set(Some((id, index)));
        // One frame later the row is in the page, if it was not.
        request_animation_frame(move || focus(id));
    }
}

fn focus(id: SessionId) {
    let row = document().query_selector(&format!("tr[data-id=\"{id}\"]")).ok().flatten();
    if let Some(row) = row.and_then(|row| row.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A row that has just gone needs no focus.
        let _ = row.focus();
    }
}

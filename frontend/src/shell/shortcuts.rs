//! The keyboard shortcuts of every page. Those of single characters can be turned off (WCAG 2.1.4) and are off while
//! typing.

use super::{
    nav::NavPage,
    overlay::{Overlay, Overlays},
};
use crate::{caller::Caller, local_storage, ui::focus::focus_on};
use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast as _;
use web_sys::KeyboardEvent;

/// The key in the local storage of the setting.
pub const STORAGE_KEY: &str = "keys";
/// How long after G a letter still opens a page, in milliseconds.
const SEQUENCE_MS: f64 = 1500.0;
/// The search of a page.
const SEARCH: &str = "main input[type=search]";

/// The letters that open a page after G.
pub const PAGE_KEYS: [(&str, NavPage); 8] = [
    ("O", NavPage::Overview),
    ("S", NavPage::Sessions),
    ("U", NavPage::Users),
    ("G", NavPage::Groups),
    ("L", NavPage::Licenses),
    ("R", NavPage::Reports),
    ("A", NavPage::Audit),
    ("C", NavPage::Console),
];

/// Whether shortcuts of single characters are enabled.
pub fn are_enabled() -> bool {
    local_storage::get(STORAGE_KEY).as_deref() != Some("off")
}

/// Whether a shortcut of a single character may act on this event.
pub fn applies(event: &KeyboardEvent) -> bool {
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    !modified && !event.default_prevented() && !is_typing(event) && !is_dialog_open() && are_enabled()
}

/// Listens for as long as the layout is shown.
pub fn listen(overlays: Overlays) {
    let (caller, navigate) = (Caller::get(), use_navigate());
    let began_at = StoredValue::new(None::<f64>);
    let handle = window_event_listener(ev::keydown, move |event| {
        if is_palette_key(&event) {
            if !is_dialog_open() {
                overlays.open(Overlay::CommandPalette);
            }
            event.prevent_default();
            return;
        }
        if !applies(&event) {
            return;
        }
        let began = began_at.try_update_value(Option::take).flatten();
        let key = event.key().to_ascii_lowercase();
        let page = began.filter(|began| event.time_stamp() - began < SEQUENCE_MS).and_then(|_| page_of(&key));
        match (page, key.as_str()) {
            (Some(page), _) if caller.may(page.required_action()) => navigate(page.path(), NavigateOptions::default()),
            (None, "g") => began_at.set_value(Some(event.time_stamp())),
            (None, "/") if has_search() => focus_on(SEARCH),
            (None, "/") => overlays.open(Overlay::CommandPalette),
            (None, "?") => overlays.open(Overlay::Shortcuts),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || handle.remove());
}

fn page_of(key: &str) -> Option<NavPage> {
    PAGE_KEYS.into_iter().find(|(letter, _)| letter.eq_ignore_ascii_case(key)).map(|(_, page)| page)
}

/// Ctrl K, or ⌘ K; also while typing.
fn is_palette_key(event: &KeyboardEvent) -> bool {
    (event.ctrl_key() || event.meta_key())
        && !event.alt_key()
        && !event.shift_key()
        && event.key().eq_ignore_ascii_case("k")
}

fn has_search() -> bool {
    document().query_selector(SEARCH).ok().flatten().is_some()
}

fn is_dialog_open() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Whether the key event belongs to a text field or a list of options.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| {
        element.matches("select, textarea, input:not([type=checkbox]), [contenteditable]").unwrap_or_default()
    })
}

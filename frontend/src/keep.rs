//! What this browser keeps between visits: theme, language, the console's device and sessions. A browser that keeps
//! nothing (private mode, storage switched off) works as well and forgets.

use serde::{Serialize, de::DeserializeOwned};

const PREFIX: &str = "seatkeeper.";

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// The text kept under this name.
pub fn text(name: &str) -> Option<String> {
    storage()?.get_item(&format!("{PREFIX}{name}")).ok().flatten()
}

/// Keeps a text under this name.
pub fn keep_text(name: &str, text: &str) {
    if let Some(storage) = storage() {
        // Full or forbidden: then it is forgotten.
        let _ = storage.set_item(&format!("{PREFIX}{name}"), text);
    }
}

/// Forgets what is kept under this name.
pub fn forget(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&format!("{PREFIX}{name}"));
    }
}

/// The value kept under this name, if it is there and still has this shape.
pub fn value<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_str(&text(name)?).ok()
}

/// Keeps a value under this name.
pub fn keep_value(name: &str, value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        keep_text(name, &text);
    }
}

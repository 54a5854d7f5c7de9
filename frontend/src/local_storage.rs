//! The browser's local storage: theme, language, whether a user is signed in, the console's device and sessions. Where
//! it is unavailable (private mode, storage switched off), nothing is stored and the app works all the same.

use serde::{Serialize, de::DeserializeOwned};

const PREFIX: &str = "seatkeeper.";

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// The stored text, if there is one.
pub fn get(name: &str) -> Option<String> {
    storage()?.get_item(&format!("{PREFIX}{name}")).ok().flatten()
}

/// Stores a text.
pub fn set(name: &str, text: &str) {
    if let Some(storage) = storage() {
        // Fails if the storage is full or forbidden.
        let _ = storage.set_item(&format!("{PREFIX}{name}"), text);
    }
}

/// Removes a stored text or value.
pub fn remove(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&format!("{PREFIX}{name}"));
    }
}

/// The stored value, if there is one and it can still be decoded.
pub fn get_json<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_str(&get(name)?).ok()
}

/// Stores a value as JSON.
pub fn set_json(name: &str, value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        set(name, &text);
    }
}

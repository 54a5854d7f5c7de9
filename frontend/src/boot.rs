//! The boot screen: what `index.html` shows until the app can show a page.

use leptos::prelude::*;

/// Removes the boot screen, once there is something to show in its place.
pub fn remove() {
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
}

//! The app that people see. `app` holds the routes, `pages` one folder per page, `ui` the parts they share; `live`,
//! `api` and `caller` are what they know of the server.

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

pub mod api;
pub mod app;
pub mod caller;
pub mod clock;
pub mod fold;
pub mod format;
pub mod invite;
pub mod keep;
pub mod live;
pub mod pages;
pub mod passkey;
mod people;
pub mod shell;
pub mod span;
pub mod ui;
pub mod verify;
pub mod words;

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Takes the loading picture away and shows the app.
pub fn start() {
    console_error_panic_hook::set_once();
    if let Some(boot) = leptos::prelude::document().get_element_by_id("boot") {
        boot.remove();
    }
    leptos::mount::mount_to_body(app::App);
}

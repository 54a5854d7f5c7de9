//! The web app. `app` holds the routes, `pages` one folder per page, `ui` the shared components; `api`, `live` and
//! `caller` hold the connection to the server: requests, the live feed, and the signed-in user.

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

/// A text of the locale files in a view: `{t!(i18n, common.save)}`. It has the same type everywhere, unlike that of
/// `leptos_i18n`, for which the code that draws a text would exist once per text.
macro_rules! t {
    ($i18n:expr, $($key:ident).+) => {
        $crate::text::shown($i18n, |locale| $crate::i18n::td_string!(locale, $($key).+))
    };
}

pub mod api;
pub mod app;
pub mod boot;
mod bulk_actions;
pub mod caller;
mod charts;
pub mod clock;
mod command_palette;
mod copy_view;
pub mod duration;
pub mod format;
mod group_list;
pub mod invite;
pub mod labels;
pub mod lazy;
pub mod live;
pub mod local_storage;
pub mod normalize;
pub mod pages;
pub mod passkey;
mod saved_views;
pub mod shell;
pub mod text;
mod translated_page;
pub mod ui;
pub mod verify;

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Mounts the app, below the boot screen.
pub fn start() {
    console_error_panic_hook::set_once();
    ui::focus_keeper::keep_focus();
    ui::leave_guard::watch_buttons();
    translated_page::watch();
    leptos::mount::mount_to_body(app::App);
}

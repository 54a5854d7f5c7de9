//! Tests of the app in a real browser.

mod audit;
mod borrow;
mod browser;
mod command_palette;
mod copy_view;
mod daily;
mod devices;
mod directories;
mod driver_client;
mod end_matching;
mod exchange;
mod first_load;
mod join;
mod journey;
mod keep_alive;
mod links;
mod list_layout;
mod live;
mod oidc;
mod page_checks;
mod people;
mod pictures;
mod queue;
mod reports;
mod saved_views;
mod second_factor;
mod sessions;
mod setup;
mod sign_in;
mod times;
mod translated;
mod what_if;

use crate::harness::World;
use std::path::PathBuf;

/// Starts a server with the built app, the system clock and a running sweep, as in production.
async fn world() -> World {
    World::with_app(dist()).await
}

/// The folder of the built app.
fn dist() -> PathBuf {
    std::env::var_os("SEATKEEPER_TEST_DIST")
        .expect("SEATKEEPER_TEST_DIST is not set: run the tests with `cargo xtask test --only e2e`")
        .into()
}

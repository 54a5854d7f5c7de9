//! The app in a real browser, as people use it.

mod audit;
mod borrow;
mod browser;
mod daily;
mod devices;
mod factor;
mod join;
mod journey;
mod keep_alive;
mod looks;
mod oidc;
mod people;
mod queue;

use crate::world::World;

/// A server with the built app, the real clock and a sweep, as in production.
async fn world() -> World {
    let dist = std::env::var_os("SEATKEEPER_TEST_DIST")
        .expect("SEATKEEPER_TEST_DIST names no built app: run the tests with `cargo xtask test --only e2e`");
    World::with_app(dist.into()).await
}

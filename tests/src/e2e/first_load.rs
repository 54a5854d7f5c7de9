//! What browsers download: first loads within the budget and no more than planned, nothing on a repeat visit; and what
//! users see meanwhile, and when a download fails.

use super::{browser::Browser, world};
use crate::harness::World;
use seatkeeper_bundler::budget::{Budget, PageSize};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};

const ADMIN: &str = "anja.krueger@example.org";

/// What the build says that each page downloads.
fn planned() -> Vec<PageSize> {
    let file = std::env::var_os("SEATKEEPER_TEST_APP_SIZES")
        .expect("SEATKEEPER_TEST_APP_SIZES is not set: run the tests with `cargo xtask test --only e2e`");
    serde_json::from_str(&fs::read_to_string(file).expect("the sizes can be read")).expect("a list of sizes")
}

/// Bytes and number of the files that the page needs. Downloads ahead of a click, and the API, are not among them.
const LOADED: &str = "(() => {
    const files = performance.getEntriesByType('resource').filter(file =>
        new URL(file.name).pathname.startsWith('/app/') && ['link', 'script', 'css'].includes(file.initiatorType));
    const all = [...files, ...performance.getEntriesByType('navigation')];
    return { bytes: all.reduce((sum, file) => sum + file.encodedBodySize, 0), requests: all.length,
             fetched: all.filter(file => file.transferSize > 0).length };
})()";

/// The files that were downloaded without having been preloaded.
const LATE: &str = "performance.getEntriesByType('resource').filter(file => file.initiatorType === 'fetch'
    && new URL(file.name).pathname.startsWith('/app/')).map(file => file.name)";

#[tokio::test]
async fn first_loads_stay_within_the_budget() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/budget.toml");
    let budget = Budget::read(&file).expect("a budget");
    let sizes = planned();
    assert_eq!(budget.excesses(&sizes), Vec::<String>::new(), "larger than granted:\n{}", budget.table(&sizes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_downloads_what_was_planned_and_nothing_on_a_repeat_visit() {
    let world = world().await;
    let planned = planned();
    let browser = Browser::open(&world.url, "en").await;
    for path in ["/join", "/sign-in", "/console", "/sessions"] {
        if path == "/console" {
            browser.sign_in(ADMIN).await;
        }
        browser.clear_cache().await;
        browser.go(path).await;
        browser.sees("h1, h2").await;
        browser.holds("document.getElementById('boot') === null").await;
        let loaded = browser.value(LOADED).await;
        let size = planned.iter().find(|size| size.path == path).expect("a page of the budget");
        assert_eq!(loaded["bytes"], json!(size.first_load), "{path} {loaded}");
        assert_eq!(loaded["requests"], json!(size.requests), "{path}");
        assert_eq!(loaded["fetched"], loaded["requests"], "{path} was not in the cache");

        browser.go(path).await;
        browser.holds("document.getElementById('boot') === null").await;
        let again = browser.value(LOADED).await;
        assert_eq!((&again["fetched"], &again["requests"]), (&json!(1), &loaded["requests"]), "{path} again");
    }
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_opens_by_address_and_by_click() {
    let world = world().await;
    world.pool(2, 1).await;
    let browser = Browser::open(&world.url, "en").await;
    for path in ["/sign-in", "/join", "/forgot-password", "/setup", "/join-account"] {
        browser.go(path).await;
        browser.sees("main, .gate").await;
        assert_eq!(browser.console_messages().await, Vec::<String>::new(), "{path}");
    }
    browser.sign_in(ADMIN).await;
    let user = world.admin.get("/users").await.ok()["items"][0]["id"].as_str().expect("a user").to_owned();
    let pages = ["/console", "/sessions", "/users", "/users/import", &format!("/users/{user}"), "/groups", "/licenses"];
    for path in pages.into_iter().chain(["/audit", "/profile", "/settings", "/settings/directory"]) {
        browser.go(path).await;
        browser.sees("main h1").await;
        browser.holds(&format!("location.pathname === '{path}'")).await;
        assert_eq!(browser.console_messages().await, Vec::<String>::new(), "{path}");
    }
    for path in ["/sessions", "/users", "/groups", "/licenses", "/audit", "/console"] {
        browser.element(&format!("nav a[href='{path}']")).await.click().await.expect("a link");
        browser.holds(&format!("location.pathname === '{path}' && document.querySelector('main h1') !== null")).await;
        assert_eq!(browser.console_messages().await, Vec::<String>::new(), "{path} by click");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_downloaded_ahead_of_a_click() {
    let world = world().await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in(ADMIN).await;
    browser.go("/profile").await;
    browser.sees("main h1").await;
    // Those of the navigation a moment later, without a click.
    browser.holds(&format!("{LATE}.length >= 6")).await;
    let mut before = Value::Null;
    loop {
        let now = browser.value(&format!("{LATE}.length")).await;
        if now == before {
            break;
        }
        before = now;
        // Sleeps: that nothing more is downloaded cannot be awaited.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    browser.element("nav a[href='/licenses']").await.click().await.expect("a link");
    browser.holds("location.pathname === '/licenses' && document.querySelector('main h1') !== null").await;
    assert_eq!(browser.value(&format!("{LATE}.length")).await, before, "the click downloaded something");
}

/// A signed-in browser that can no longer download wasm, as after a new build or without a connection.
async fn without_downloads(world: &World) -> Browser {
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in(ADMIN).await;
    browser.clear_cache().await;
    browser
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_frame_is_painted_before_the_app_and_a_failure_is_told() {
    let world = world().await;
    let browser = without_downloads(&world).await;
    browser.block(&["*.wasm"]).await;
    browser.go("/sessions").await;
    browser.sees("#boot .shell .side").await;
    browser.reads("Seatkeeper could not be loaded. Please reload the page.").await;
    let frame = browser.value("document.querySelector('.side').getBoundingClientRect().toJSON()").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("boot-failed").await;
    browser.block(&[]).await;
    browser.go("/sessions").await;
    browser.sees("main h1").await;
    let side = browser.value("document.querySelector('.side').getBoundingClientRect().toJSON()").await;
    assert_eq!(frame, side, "the layout does not jump");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialog_that_cannot_be_downloaded_says_so_and_can_be_closed() {
    let world = world().await;
    let browser = without_downloads(&world).await;
    // Nothing is downloaded ahead, so the dialog has to be when it is opened.
    browser.save_data().await;
    browser.go("/users").await;
    browser.sees("main h1").await;
    browser.block(&["*/part-*.wasm"]).await;
    browser.click("Add user").await;
    browser.reads("This could not be downloaded").await;
    browser.sees("dialog[open] h2").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.enter("Done").await;
    browser.holds("!document.querySelector('dialog[open]')").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_a_newer_build_has_replaced_offers_to_reload() {
    let world = world().await;
    let browser = without_downloads(&world).await;
    browser.go("/profile").await;
    browser.sees("main h1").await;
    browser.block(&["*/part-*.wasm"]).await;
    browser.element("nav a[href='/audit']").await.click().await.expect("a link");
    browser.reads("This page could not be downloaded").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("download-failed").await;
    browser.block(&[]).await;
    browser.click("Reload").await;
    browser.sees("main h1").await;
    browser.holds("location.pathname === '/audit'").await;
}

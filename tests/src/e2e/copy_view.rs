//! Copying the link to a view, and the request that it shows the answer to: what is copied is tried.

use super::{browser::Browser, world};
use serde_json::Value;

/// Keeps what the page copies, in place of the clipboard, which a browser without a window refuses.
async fn watch_clipboard(browser: &Browser) {
    let keep = "Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }); \
                document.execCommand = () => { \
                    window.copied = document.querySelector('body > input.vh').value; return true; }";
    browser.value(&format!("(() => {{ {keep} }})()")).await;
}

async fn copied(browser: &Browser) -> String {
    browser.holds("!!window.copied").await;
    let text = browser.value("(() => { const text = window.copied; window.copied = ''; return text; })()").await;
    text.as_str().expect("a text").to_owned()
}

async fn choose(browser: &Browser, item: &str) {
    browser.enter_at(".copy-button").await;
    browser.sees(&format!(".menu-panel:popover-open {item}")).await;
    browser.enter_at(&format!(".menu-panel:popover-open {item}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_and_the_request_of_each_list_can_be_copied() {
    let world = world().await;
    world.pool(5, 3).await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in("anja.krueger@example.org").await;
    for (page, expected) in [
        ("/users?role=agent&q=agent", "/users?role=agent&q=agent&sort=name"),
        ("/sessions?state=waiting&license=all", "/sessions?state=waiting&sort=created_at"),
        ("/audit?origin=app", "/audit?"),
        ("/licenses", "/products"),
        ("/reports/people", "/reports/seat-time?"),
    ] {
        browser.go(page).await;
        browser.sees("main h1").await;
        watch_clipboard(&browser).await;
        choose(&browser, ".copy-link").await;
        assert_eq!(copied(&browser).await, format!("{}{page}", world.url), "{page}");
        choose(&browser, ".copy-request").await;
        let line = copied(&browser).await;
        let begin = format!("curl -H \"Authorization: Bearer $SEATKEEPER_TOKEN\" '{}/api/v1", world.url);
        let path = line.strip_prefix(&begin).and_then(|rest| rest.strip_suffix('\'')).expect("a command line");
        assert!(path.starts_with(expected), "{page}: {path}");
        let answer = world.admin.with_token().await.get(path).await.ok();
        if page.starts_with("/users") {
            assert_eq!(answer["total"], Value::from(3), "what the page shows");
        }
    }
    browser.enter_at(".copy-button").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("copy-view").await;

    // By keyboard alone, with the palette: the address is again what it was.
    browser.go("/users?role=agent").await;
    browser.sees("tbody tr").await;
    watch_clipboard(&browser).await;
    let open = "new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true })";
    browser.value(&format!("document.body.dispatchEvent({open})")).await;
    browser.type_into("dialog.palette[open] input", "copy link").await;
    browser.holds("document.querySelectorAll('.palette-option').length === 1").await;
    browser.enter_at("dialog.palette[open] input").await;
    assert_eq!(copied(&browser).await, format!("{}/users?role=agent", world.url));
    browser.holds("location.search === '?role=agent'").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

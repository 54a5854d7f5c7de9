//! Downloads parts of the app before they are asked for: the pages of links that are pointed at or focused, and, a
//! moment after a page was shown, its dialogs and the pages of the navigation.

use super::Download;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast as _, JsValue},
};
use std::{cell::RefCell, time::Duration};

/// How long after a page was shown the pages of the navigation are downloaded: its own requests go first.
const DELAY: Duration = Duration::from_secs(2);

thread_local! {
    static PAGES: RefCell<Vec<(&'static str, Download)>> = const { RefCell::new(Vec::new()) };
    /// The dialogs of the pages shown so far: their names, and whether they have been downloaded ahead.
    static DIALOGS: RefCell<Vec<(&'static str, Option<Download>)>> = const { RefCell::new(Vec::new()) };
}

/// Makes the page at a path known; `*` stands for an id.
pub fn register(path: &'static str, download: Download) {
    PAGES.with_borrow_mut(|pages| pages.push((path, download)));
}

/// Downloads a dialog a moment after its page was shown.
pub fn soon(name: &'static str, download: Download) {
    let is_first = DIALOGS.with_borrow_mut(|dialogs| {
        let is_new = dialogs.iter().all(|(known, _)| *known != name);
        let is_first = is_new && dialogs.iter().all(|(_, waiting)| waiting.is_none());
        if is_new {
            dialogs.push((name, Some(download)));
        }
        is_first
    });
    if is_first {
        after(DELAY, || spawn_local(download_dialogs()));
    }
}

async fn download_dialogs() {
    let next = || DIALOGS.with_borrow_mut(|dialogs| dialogs.iter_mut().find_map(|(_, waiting)| waiting.take()));
    while let Some(download) = next() {
        // If it fails, it is repeated when the dialog is opened.
        let _ = download().await;
    }
}

/// Calls it after a time, unless the browser is set to download little.
fn after(time: Duration, call: fn()) {
    if !saves_data() {
        set_timeout(call, time);
    }
}

/// Downloads the page of a link when the pointer or the focus reaches it.
pub fn watch_links() {
    for event in ["pointerover", "focusin"] {
        // For the life of the app.
        let _ = window_event_listener_untyped(event, |event| {
            let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            if let Some(path) = element.and_then(|element| element.closest("a[href^='/']").ok()?).and_then(path) {
                spawn_local(async move { download(&path).await });
            }
        });
    }
}

/// Downloads the pages of the navigation, one after the other.
pub fn after_a_moment() {
    after(DELAY, || {
        spawn_local(async {
            for path in navigation() {
                download(&path).await;
            }
        });
    });
}

/// The paths of the pages that the user is likely to visit next.
fn navigation() -> Vec<String> {
    let links = document().query_selector_all("nav a[href^='/']").ok();
    let links = links.into_iter().flat_map(|links| (0..links.length()).filter_map(move |index| links.get(index)));
    let mut paths: Vec<_> = links.filter_map(|link| path(link.dyn_into().ok()?)).collect();
    if location().pathname().is_ok_and(|path| path == "/sign-in") {
        // The layout, which all pages behind the sign-in need, and the first of them.
        paths.extend([String::new(), "/".to_owned()]);
    }
    paths
}

/// The path of a link.
fn path(link: web_sys::Element) -> Option<String> {
    let href = link.get_attribute("href")?;
    href.split(['?', '#']).next().map(str::to_owned)
}

async fn download(path: &str) {
    let page = PAGES.with_borrow(|pages| find(pages, path));
    if let Some(download) = page {
        // If it fails, it is repeated when the page is shown.
        let _ = download().await;
    }
}

fn find<T: Copy>(pages: &[(&str, T)], path: &str) -> Option<T> {
    let with_path = |path: &str| pages.iter().find(|(known, _)| *known == path).map(|(_, page)| *page);
    with_path(path).or_else(|| with_path(&format!("{}/*", path.rsplit_once('/')?.0)))
}

/// Whether the browser is set to download little.
fn saves_data() -> bool {
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &JsValue::from_str(name)).ok();
    let connection = get(&window().navigator(), "connection").filter(JsValue::is_object);
    connection.and_then(|connection| get(&connection, "saveData")?.as_bool()).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::find;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_page_is_found_by_its_path() {
        let pages = [("/users", 1), ("/users/import", 2), ("/users/*", 3)];
        assert_eq!(find(&pages, "/users"), Some(1));
        assert_eq!(find(&pages, "/users/import"), Some(2));
        assert_eq!(find(&pages, "/users/7"), Some(3));
        assert_eq!(find(&pages, "/api/v1/export"), None);
    }
}

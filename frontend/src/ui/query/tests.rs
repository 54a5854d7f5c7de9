//! Queries with a server whose answers the test gives.

use super::*;
use crate::caller::Caller;
use leptos::mount::{UnmountHandle, mount_to};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_test::wasm_bindgen_test;

/// Stands in for the server: each request waits until the test answers it.
struct FakeServer;

impl FakeServer {
    fn start() -> Self {
        run("window.realFetch = window.fetch; window.pending = {};
             window.fetch = request => new Promise((resolve, reject) => {
                 const url = new URL(request.url);
                 window.pending[(url.pathname + url.search).replace(/&$/, '')] = { resolve, reject };
             });");
        Self
    }

    async fn answer(&self, path: &str, status: u16, body: &str) {
        run(&format!("window.pending['/api/v1{path}'].resolve(new Response('{body}', {{ status: {status} }}));"));
        settle().await;
    }

    async fn fail(&self, path: &str) {
        run(&format!("window.pending['/api/v1{path}'].reject(new TypeError('unreachable'));"));
        settle().await;
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        run("window.fetch = window.realFetch;");
    }
}

fn run(script: &str) {
    js_sys::eval(script).expect("the script is valid");
}

async fn settle() {
    TimeoutFuture::new(20).await;
}

/// A page with something in it that loads; closed when the handle is dropped.
async fn page<T: Copy + 'static>(make: impl FnOnce() -> T + 'static) -> (T, UnmountHandle<impl Mountable>) {
    let made = std::rc::Rc::new(std::cell::Cell::new(None));
    let place = document().body().expect("a page").append_child(&document().create_element("div").expect("valid"));
    let place = place.expect("appended").unchecked_into();
    let inside = made.clone();
    let handle = mount_to(place, move || {
        Caller::provide();
        inside.set(Some(make()));
    });
    settle().await;
    (made.get().expect("mounted"), handle)
}

fn numbers(path: &str) -> Endpoint<Vec<i64>> {
    Endpoint::get(path)
}

#[wasm_bindgen_test]
async fn a_late_answer_to_an_outdated_request_is_ignored() {
    let server = FakeServer::start();
    let ((query, wanted), _page) = page(|| {
        let wanted = RwSignal::new("/a");
        (Query::new(move || Some(numbers(wanted.get()))), wanted)
    })
    .await;
    assert_eq!(query.status().state(), LoadState::Loading);
    wanted.set("/b");
    settle().await;
    server.answer("/b", 200, "[2]").await;
    server.answer("/a", 200, "[1]").await;
    assert_eq!((query.get(), query.status().state()), (Some(vec![2]), LoadState::Loaded));
    wanted.set("/c");
    settle().await;
    assert_eq!(query.get(), None, "another request does not show the value of before");
}

#[wasm_bindgen_test]
async fn a_failed_reload_keeps_the_value() {
    let server = FakeServer::start();
    let (query, _page) = page(|| Query::once(numbers("/a"))).await;
    server.fail("/a").await;
    assert_eq!(query.status().state(), LoadState::Failed);
    query.reload();
    settle().await;
    server.answer("/a", 200, "[1]").await;
    query.reload();
    settle().await;
    server.fail("/a").await;
    assert_eq!((query.get(), query.status().state()), (Some(vec![1]), LoadState::Loaded));
    assert_eq!(query.status().failure(), Some(Failure::Unreachable));
}

#[wasm_bindgen_test]
async fn an_answer_after_the_page_was_closed_does_nothing() {
    let server = FakeServer::start();
    let (query, page) = page(|| Query::once(numbers("/a"))).await;
    drop(page);
    server.answer("/a", 200, "[1]").await;
    query.reload();
    query.set(vec![3]);
    assert_eq!(query.get(), None);
}

#[wasm_bindgen_test]
async fn further_pages_are_appended_and_a_new_request_begins_again() {
    let server = FakeServer::start();
    let (list, _page) = page(|| Paged::<i64>::new(|| Some(Endpoint::get("/g?limit=1")), |_, _| false)).await;
    server.answer("/g?limit=1", 200, r#"{"items":[1],"total":2,"next":"x y"}"#).await;
    assert!(list.has_more());
    list.load_more();
    settle().await;
    server.answer("/g?limit=1&after=x%20y", 200, r#"{"items":[2],"total":2}"#).await;
    let items = list.items();
    assert_eq!((items.get_untracked(), list.has_more(), list.total()), (vec![1, 2], false, Some(2)));
    list.reload();
    settle().await;
    server.answer("/g?limit=1", 200, r#"{"items":[1],"total":1}"#).await;
    assert_eq!(items.get_untracked(), [1]);
}

#[wasm_bindgen_test]
async fn a_list_that_keeps_its_length_is_replaced_when_as_many_pages_are_there() {
    let server = FakeServer::start();
    let make = || Paged::<i64>::keeping_length(|| Some(Endpoint::get("/k?limit=1")), |_, _| false);
    let (list, _page) = page(make).await;
    server.answer("/k?limit=1", 200, r#"{"items":[1],"total":3,"next":"a"}"#).await;
    list.load_more();
    settle().await;
    server.answer("/k?limit=1&after=a", 200, r#"{"items":[2],"total":3,"next":"b"}"#).await;
    let items = list.items();
    list.reload();
    settle().await;
    server.answer("/k?limit=1", 200, r#"{"items":[7],"total":3,"next":"c"}"#).await;
    assert_eq!((items.get_untracked(), list.first_pages()), (vec![1, 2], 1), "the second page is awaited");
    assert!(list.status().is_loading());
    server.answer("/k?limit=1&after=c", 200, r#"{"items":[8],"total":3,"next":"d"}"#).await;
    assert_eq!((items.get_untracked(), list.first_pages(), list.has_more()), (vec![7, 8], 2, true));
    list.reload();
    settle().await;
    server.fail("/k?limit=1").await;
    assert_eq!((items.get_untracked(), list.status().failure()), (vec![7, 8], Some(Failure::Unreachable)));
}

#[wasm_bindgen_test]
async fn items_of_another_request_are_told_apart_and_have_no_next_page() {
    let server = FakeServer::start();
    let ((list, wanted), _page) = page(|| {
        let wanted = RwSignal::new("/m");
        (Paged::<i64>::new(move || Some(Endpoint::get(wanted.get())), |_, _| false), wanted)
    })
    .await;
    server.answer("/m", 200, r#"{"items":[1],"total":2,"next":"a"}"#).await;
    assert!(list.is_answer_to(Endpoint::get("/m")));
    wanted.set("/n");
    settle().await;
    server.fail("/n").await;
    assert!(!list.is_answer_to(Endpoint::get("/n")) && list.status().failure().is_some());
    list.load_more();
    assert!(!list.status().is_loading(), "the cursor belongs to the other request");
}

#[wasm_bindgen_test]
async fn a_list_that_is_not_wanted_any_more_is_empty_and_ignores_late_answers() {
    let server = FakeServer::start();
    let ((list, wanted), _page) = page(|| {
        let wanted = RwSignal::new(true);
        (Paged::<i64>::new(move || wanted.get().then(|| Endpoint::get("/g")), |_, _| false), wanted)
    })
    .await;
    server.answer("/g", 200, r#"{"items":[1],"total":1}"#).await;
    list.reload();
    settle().await;
    wanted.set(false);
    settle().await;
    server.answer("/g", 200, r#"{"items":[2],"total":1}"#).await;
    assert_eq!((list.items().get_untracked(), list.total(), list.first_pages()), (vec![], None, 1));
    assert_eq!(list.status().state(), LoadState::Loading);
}

#[wasm_bindgen_test]
async fn the_audit_log_continues_at_a_position() {
    let server = FakeServer::start();
    let (list, _page) = page(|| Paged::audit(|| Endpoint::get("/audit"), |_, _| false)).await;
    server.answer("/audit", 200, r#"{"items":[],"next":7}"#).await;
    assert_eq!((list.has_more(), list.total()), (true, None));
    list.load_more();
    settle().await;
    server.answer("/audit?after=7", 200, r#"{"items":[]}"#).await;
    assert!(!list.has_more());
}

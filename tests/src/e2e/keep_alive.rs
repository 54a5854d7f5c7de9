//! A page of an application with Seatkeeper's script, which keeps the seat as long as the page is open.

use super::{browser::Browser, world};
use crate::harness::{PASSWORD, email_of, queue::path_of};
use axum::{Router, response::Html, routing::get};
use serde_json::json;

/// Starts an application with one page, which records the messages of the script; returns its URL.
async fn application(seatkeeper: &str) -> String {
    let page = format!(
        "<script>window.messages = []; addEventListener('seatkeeper', event => messages.push(event.detail));</script>\
         <script src='{seatkeeper}/gate/remote-support-v5/keep-alive.js' async></script>"
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let pages = Router::new().route("/", get(async move || Html(page)));
    tokio::spawn(async move { axum::serve(listener, pages).await.expect("the application runs") });
    url
}

/// Makes the script poll, as when the page becomes visible again.
const LOOKS_AGAIN: &str = "document.dispatchEvent(new Event('visibilitychange'))";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_page_keeps_its_seat_and_is_notified_of_its_loss() {
    let world = world().await;
    world.pool(1, 1).await;
    let app = application(&world.url).await;
    let products = world.admin.get("/products").await.ok();
    let product = path_of("products", &products[0]);
    let browser = Browser::open(&world.url, "de").await;
    browser.go("/sign-in").await;
    let body = json!({ "email": email_of("Agent 0"), "password": PASSWORD }).to_string();
    let headers = "{ 'content-type': 'application/json' }";
    let sign_in = format!(
        "fetch('/api/v1/sign-in', {{ method: 'POST', headers: {headers}, body: '{body}' }}).then(a => a.status)"
    );
    assert_eq!(browser.value(&sign_in).await, 200);
    let last_message = "messages.length && messages[messages.length - 1]";

    browser.driver.goto(&app).await.expect("the page opens");
    browser.holds(&format!("({last_message}).state === 'unreachable'")).await;
    world.admin.patch(&product, &json!({ "gate_origins": [app] })).await.ok();
    browser.value(LOOKS_AGAIN).await;
    browser.holds(&format!("({last_message}).state === 'lost' && ({last_message}).code === 'no_seat'")).await;
    // The request that the proxy sends for the page.
    let gate = format!(
        "fetch('{}/gate/remote-support-v5', {{ mode: 'no-cors', credentials: 'include' }}).then(() => 1)",
        world.url
    );
    assert_eq!(browser.value(&gate).await, 1);
    browser.value(LOOKS_AGAIN).await;
    browser.holds(&format!("({last_message}).state === 'kept'")).await;

    let sessions = world.admin.get("/sessions?state=live").await.ok();
    assert_eq!(sessions["total"], 1);
    world.admin.post_action(&path_of("sessions", &sessions["items"][0]), "end").await.ok();
    browser.value(LOOKS_AGAIN).await;
    browser.holds(&format!("({last_message}).state === 'lost' && ({last_message}).code === 'session_ended'")).await;
    assert_eq!(world.admin.get("/sessions?state=live").await.ok()["total"], 0, "it takes no new seat");
}

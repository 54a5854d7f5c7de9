//! The test that every proxy must pass.

use super::{
    ProxyServer,
    browser::{NAVIGATION, Visitor},
};
use crate::harness::{World, email_of, eventually, http, queue::path_of, within};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::Duration;

const SCRIPT: &str = "Accept: */*\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n";
const PREFLIGHT: &str = "Origin: https://other.example.org\r\nAccess-Control-Request-Method: PUT\r\n";

/// Waits for a proxy that loads its configuration after it starts to serve.
pub async fn wait_until_configured(proxy: &ProxyServer) {
    let is_configured = async || Visitor::anonymous(&proxy.url).send("GET", "/", SCRIPT, "").await.status != 404;
    within(Duration::from_secs(30), || proxy.output(), is_configured).await;
}

/// Runs the whole test.
pub async fn check_proxy(world: &World, proxy: &ProxyServer) {
    let (license, _) = world.pool(1, 1).await;
    let products = world.admin.get("/products").await.ok();
    let origins = json!({ "gate_origins": [proxy.url] });
    world.admin.patch(&path_of("products", &products[0]), &origins).await.ok();
    let visitor = Visitor::signing_in(world, &proxy.url, "Agent 0").await;
    let occupied = async || world.usage(license).await["occupied"].as_i64();

    check_without_session(proxy).await;
    assert_eq!(occupied().await, Some(0));
    check_background_requests(&visitor).await;
    assert_eq!(occupied().await, Some(0), "these requests take no seat");
    check_credentials(&visitor).await;
    assert_eq!(occupied().await, Some(1));
    check_websocket(world, proxy, &visitor).await;
    world.advance_clock(TimeDelta::seconds(121));
    world.sweep().await;
    assert_eq!(occupied().await, Some(0), "without heartbeats the seat is freed");
}

/// Without a session: pages redirect to the waiting page, scripts get the problem, preflights the application's answer.
async fn check_without_session(proxy: &ProxyServer) {
    let anonymous = Visitor::anonymous(&proxy.url);
    let page = anonymous.open("/Gr%C3%B6%C3%9Fe?x=%C3%BC").await;
    let host = proxy.url.trim_start_matches("http://").replace(':', "%3A");
    let back = format!("/wait/remote-support-v5?return=http%3A%2F%2F{host}%2FGr%25C3%25B6%25C3%259Fe%3Fx%3D%25C3%25BC");
    assert!(page.status == 303 && page.location.ends_with(&back), "{} {}", page.status, page.location);
    let form = anonymous.send("POST", "/close", &format!("{NAVIGATION}Referer: {}/ticket\r\n", proxy.url), "a=b").await;
    let back = format!("?return=http%3A%2F%2F{host}%2Fticket&unsent=true");
    assert!(form.status == 303 && form.location.ends_with(&back), "{} {}", form.status, form.location);
    let long = anonymous.open(&format!("/list?filter={}", "x".repeat(5_000))).await;
    assert!(
        long.status == 303 && long.location.ends_with(&format!("{host}%2Flist")),
        "{} {}",
        long.status,
        long.location
    );
    let script = anonymous.send("GET", "/data", SCRIPT, "").await;
    assert_eq!((script.status, code(&script.text)), (401, "not_signed_in".to_owned()), "{}", script.head);
    assert!(script.head.to_ascii_lowercase().contains("content-type: application/problem+json"), "{}", script.head);

    let preflight = anonymous.send("OPTIONS", "/data", PREFLIGHT, "").await;
    assert_eq!(preflight.status, 200, "{}", preflight.head);
    assert!(preflight.text.starts_with("OPTIONS /data "), "the application answers it: {}", preflight.text);
    for forged in ["X-Original-Method: OPTIONS\r\n", "X-Forwarded-Method: OPTIONS\r\n"] {
        let both = format!("{PREFLIGHT}{forged}");
        assert_eq!(anonymous.send("GET", "/data", &both, "").await.status, 401, "a forged preflight");
    }
    let forged = format!("{PREFLIGHT}X-Original-Method: OPTIONS\r\nX-Forwarded-Method: OPTIONS\r\n");
    assert_eq!(anonymous.send("DELETE", "/data", &forged, "").await.status, 401);
    for spoof in ["X-Seatkeeper-User: admin@example.org\r\n", "X-HTTP-Method-Override: DELETE\r\n", "Cookie: a=1\r\n"] {
        let odd = anonymous.send("OPTIONS", "/data", &format!("{PREFLIGHT}{spoof}"), "").await;
        assert_eq!(odd.status, 401, "no browser sends {spoof}");
    }
    assert_eq!(anonymous.send("OPTIONS", "/data", "", "").await.status, 401, "this is not a preflight");
    assert_eq!(anonymous.open_websocket().await.err(), Some(401), "a WebSocket is not redirected");
}

/// Requests that take no seat.
async fn check_background_requests(visitor: &Visitor) {
    let prefetch = format!("{NAVIGATION}Sec-Purpose: prefetch\r\n");
    for (method, headers) in
        [("HEAD", NAVIGATION), ("GET", prefetch.as_str()), ("OPTIONS", SCRIPT), ("OPTIONS", PREFLIGHT)]
    {
        let answer = visitor.send(method, "/", headers, "").await;
        assert_eq!((answer.status, answer.location.as_str()), (403, ""), "{method} {headers}");
    }
}

/// What the application receives: the user, its own cookies and credentials, and none of ours.
async fn check_credentials(visitor: &Visitor) {
    let user = email_of("Agent 0");
    let spoof = "X-Seatkeeper-User: admin@example.org\r\nX-Seatkeeper-User-Id: 1\r\nX-Seatkeeper-Session: 1\r\n";
    let page = visitor.send("GET", "/", &format!("{NAVIGATION}{spoof}Authorization: Basic YTpi\r\n"), "").await;
    assert_eq!((page.status, page.seen("x-seatkeeper-user")), (200, user.as_str()), "{}", page.text);
    assert!(!page.text.contains("admin@example.org"), "{}", page.text);
    assert!(page.seen("x-seatkeeper-user-id").len() == 36 && page.seen("x-seatkeeper-session").len() == 36);
    assert_eq!(page.seen("cookie"), "before=1; behind=2");
    assert_eq!(page.seen("authorization"), "Basic YTpi", "the application's own");
    assert!(!page.text.contains("seatkeeper_session"), "{}", page.text);
    let own = visitor.send("GET", "/", &format!("{SCRIPT}Authorization: Bearer of-the-application\r\n"), "").await;
    assert_eq!((own.status, own.seen("authorization")), (200, "Bearer of-the-application"));
    let alike = visitor.send("GET", "/", &format!("{SCRIPT}X_Seatkeeper_User: admin@example.org\r\n"), "").await;
    assert!(alike.status == 403 || !alike.text.contains("admin@example.org"), "{} {}", alike.status, alike.text);
    let preflight = visitor.send("HEAD", "/", NAVIGATION, "").await;
    assert_eq!(preflight.status, 200, "with a seat every request passes");
    let sent = "something that the gate need not read";
    let form = visitor.send("POST", "/close", NAVIGATION, sent).await;
    let whole = form.text.starts_with("POST /close ") && form.text.ends_with(sent);
    assert!(form.status == 200 && whole, "{} {}", form.status, form.text);
    let large = format!("{NAVIGATION}X-Large: {}\r\nCookie: large={}\r\n", "x".repeat(3_000), "y".repeat(6_000));
    assert_eq!(visitor.send("GET", "/", &large, "").await.status, 200, "large headers pass");
}

/// The proxy checks a WebSocket only when it opens: the open page renews the seat, whatever the connection does.
async fn check_websocket(world: &World, proxy: &ProxyServer, visitor: &Visitor) {
    let mut socket = visitor.open_websocket().await.expect("a WebSocket");
    assert_eq!(socket.seen("x-seatkeeper-user"), email_of("Agent 0"));
    assert_eq!(socket.seen("cookie"), "before=1; behind=2");
    let session = socket.seen("x-seatkeeper-session").to_owned();
    let page = http::client();
    let ping = async |origin: &str| {
        let ping = page.get(format!("{}/gate/remote-support-v5/keep-alive?active=true", world.url));
        ping.header("cookie", &visitor.cookie).header("origin", origin).send().await.expect("an answer")
    };
    for _ in 0..4 {
        world.advance_clock(TimeDelta::seconds(90));
        let answer = ping(&proxy.url).await;
        assert_eq!(answer.headers()["access-control-allow-origin"].to_str().ok(), Some(proxy.url.as_str()));
        let renewed: Value = answer.json().await.expect("JSON");
        assert_eq!(renewed["session_id"], session.as_str(), "{renewed}");
        wait_until_renewed(world, &session).await;
        assert!(socket.is_alive().await);
    }
    assert_eq!(ping("https://evil.example").await.status(), 403, "pages of other sites renew no seat");
    world.advance_clock(TimeDelta::seconds(121));
    world.sweep().await;
    assert!(socket.is_alive().await, "the proxy does not recheck open connections");
    let lost = ping(&proxy.url).await;
    assert_eq!((lost.status().as_u16(), code(&lost.text().await.expect("a text")).as_str()), (409, "no_seat"));
    assert_eq!(visitor.open("/").await.status, 200, "the next page takes a seat again");
}

/// Waits for the heartbeat that the gate sends in the background.
async fn wait_until_renewed(world: &World, session: &str) {
    let until = world.clock.now() + TimeDelta::seconds(120);
    eventually("the lease is renewed", async || {
        world.sweep().await;
        world.admin.get(&format!("/sessions/{session}")).await.ok()["lease_until"] == json!(until)
    })
    .await;
}

fn code(text: &str) -> String {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    problem["code"].as_str().unwrap_or_default().to_owned()
}

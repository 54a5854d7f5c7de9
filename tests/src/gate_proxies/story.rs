//! What holds behind every proxy.

use super::{
    ProxyServer,
    browser::{NAVIGATES, Visitor},
};
use crate::world::{World, email_of, line::path_of};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SCRIPT: &str = "Accept: */*\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n";
const PREFLIGHT: &str = "Origin: https://other.example.org\r\nAccess-Control-Request-Method: PUT\r\n";

/// Waits until a proxy that reads its configuration while it serves has read it.
pub async fn until_it_asks(proxy: &ProxyServer) {
    let until = Instant::now() + Duration::from_secs(30);
    while Visitor::stranger(&proxy.url).sends("GET", "/", SCRIPT, "").await.status == 404 {
        assert!(Instant::now() < until, "{}", proxy.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Tells all of it.
pub async fn tell(world: &World, proxy: &ProxyServer) {
    let (license, _) = world.pool(1, 1).await;
    let products = world.admin.get("/products").await.ok();
    let origins = json!({ "gate_origins": [proxy.url] });
    world.admin.patch(&path_of("products", &products[0]), &origins).await.ok();
    let visitor = Visitor::signing_in(world, &proxy.url, "Agent 0").await;
    let occupied = async || world.usage(license).await["occupied"].as_i64();

    strangers(proxy).await;
    assert_eq!(occupied().await, Some(0));
    looks_ahead(&visitor).await;
    assert_eq!(occupied().await, Some(0), "nothing of that is worth a seat");
    credentials(&visitor).await;
    assert_eq!(occupied().await, Some(1));
    long_lived(world, proxy, &visitor).await;
    world.pass(TimeDelta::seconds(121));
    world.sweep().await;
    assert_eq!(occupied().await, Some(0), "no sign of life, no seat");
}

/// Whoever is not signed in: pages lead to the waiting page, scripts get the problem, preflights the application's answer.
async fn strangers(proxy: &ProxyServer) {
    let stranger = Visitor::stranger(&proxy.url);
    let page = stranger.opens("/Gr%C3%B6%C3%9Fe?x=%C3%BC").await;
    let host = proxy.url.trim_start_matches("http://").replace(':', "%3A");
    let back = format!("/wait/remote-support-v5?return=http%3A%2F%2F{host}%2FGr%25C3%25B6%25C3%259Fe%3Fx%3D%25C3%25BC");
    assert!(page.status == 303 && page.to.ends_with(&back), "{} {}", page.status, page.to);
    let form = stranger.sends("POST", "/close", &format!("{NAVIGATES}Referer: {}/ticket\r\n", proxy.url), "a=b").await;
    let back = format!("?return=http%3A%2F%2F{host}%2Fticket&unsent=true");
    assert!(form.status == 303 && form.to.ends_with(&back), "{} {}", form.status, form.to);
    let long = stranger.opens(&format!("/list?filter={}", "x".repeat(5_000))).await;
    assert!(long.status == 303 && long.to.ends_with(&format!("{host}%2Flist")), "{} {}", long.status, long.to);
    let script = stranger.sends("GET", "/data", SCRIPT, "").await;
    assert_eq!((script.status, code(&script.text)), (401, "not_signed_in".to_owned()), "{}", script.head);
    assert!(script.head.to_ascii_lowercase().contains("content-type: application/problem+json"), "{}", script.head);

    let preflight = stranger.sends("OPTIONS", "/data", PREFLIGHT, "").await;
    assert_eq!(preflight.status, 200, "{}", preflight.head);
    assert!(preflight.text.starts_with("OPTIONS /data "), "the application answers it: {}", preflight.text);
    for forged in ["X-Original-Method: OPTIONS\r\n", "X-Forwarded-Method: OPTIONS\r\n"] {
        let both = format!("{PREFLIGHT}{forged}");
        assert_eq!(stranger.sends("GET", "/data", &both, "").await.status, 401, "a request that only says so");
    }
    let forged = format!("{PREFLIGHT}X-Original-Method: OPTIONS\r\nX-Forwarded-Method: OPTIONS\r\n");
    assert_eq!(stranger.sends("DELETE", "/data", &forged, "").await.status, 401);
    for spoof in ["X-Seatkeeper-User: admin@example.org\r\n", "X-HTTP-Method-Override: DELETE\r\n", "Cookie: a=1\r\n"] {
        let odd = stranger.sends("OPTIONS", "/data", &format!("{PREFLIGHT}{spoof}"), "").await;
        assert_eq!(odd.status, 401, "no browser sends {spoof}");
    }
    assert_eq!(stranger.sends("OPTIONS", "/data", "", "").await.status, 401, "this is no preflight");
    assert_eq!(stranger.connects().await.err(), Some(401), "a WebSocket is sent nowhere");
}

/// What is not worth a seat.
async fn looks_ahead(visitor: &Visitor) {
    let prefetch = format!("{NAVIGATES}Sec-Purpose: prefetch\r\n");
    for (method, headers) in
        [("HEAD", NAVIGATES), ("GET", prefetch.as_str()), ("OPTIONS", SCRIPT), ("OPTIONS", PREFLIGHT)]
    {
        let answer = visitor.sends(method, "/", headers, "").await;
        assert_eq!((answer.status, answer.to.as_str()), (403, ""), "{method} {headers}");
    }
}

/// What the application sees: who it is, its own cookies and credentials, and nothing of ours.
async fn credentials(visitor: &Visitor) {
    let user = email_of("Agent 0");
    let spoof = "X-Seatkeeper-User: admin@example.org\r\nX-Seatkeeper-User-Id: 1\r\nX-Seatkeeper-Session: 1\r\n";
    let page = visitor.sends("GET", "/", &format!("{NAVIGATES}{spoof}Authorization: Basic YTpi\r\n"), "").await;
    assert_eq!((page.status, page.seen("x-seatkeeper-user")), (200, user.as_str()), "{}", page.text);
    assert!(!page.text.contains("admin@example.org"), "{}", page.text);
    assert!(page.seen("x-seatkeeper-user-id").len() == 36 && page.seen("x-seatkeeper-session").len() == 36);
    assert_eq!(page.seen("cookie"), "before=1; behind=2");
    assert_eq!(page.seen("authorization"), "Basic YTpi", "the application's own");
    assert!(!page.text.contains("seatkeeper_session"), "{}", page.text);
    let own = visitor.sends("GET", "/", &format!("{SCRIPT}Authorization: Bearer of-the-application\r\n"), "").await;
    assert_eq!((own.status, own.seen("authorization")), (200, "Bearer of-the-application"));
    let alike = visitor.sends("GET", "/", &format!("{SCRIPT}X_Seatkeeper_User: admin@example.org\r\n"), "").await;
    assert!(alike.status == 403 || !alike.text.contains("admin@example.org"), "{} {}", alike.status, alike.text);
    let preflight = visitor.sends("HEAD", "/", NAVIGATES, "").await;
    assert_eq!(preflight.status, 200, "with a seat everything passes");
    let sent = "something that the gate need not read";
    let form = visitor.sends("POST", "/close", NAVIGATES, sent).await;
    let whole = form.text.starts_with("POST /close ") && form.text.ends_with(sent);
    assert!(form.status == 200 && whole, "{} {}", form.status, form.text);
    let large = format!("{NAVIGATES}X-Large: {}\r\nCookie: large={}\r\n", "x".repeat(3_000), "y".repeat(6_000));
    assert_eq!(visitor.sends("GET", "/", &large, "").await.status, 200, "large headers pass");
}

/// A WebSocket of which the proxy asks once: the open page keeps the seat, whatever the connection does.
async fn long_lived(world: &World, proxy: &ProxyServer, visitor: &Visitor) {
    let mut socket = visitor.connects().await.expect("a WebSocket");
    assert_eq!(socket.seen("x-seatkeeper-user"), email_of("Agent 0"));
    assert_eq!(socket.seen("cookie"), "before=1; behind=2");
    let session = socket.seen("x-seatkeeper-session").to_owned();
    let page = reqwest::Client::new();
    let ask = async |origin: &str| {
        let ping = page.get(format!("{}/gate/remote-support-v5/keep-alive?active=true", world.url));
        ping.header("cookie", &visitor.cookie).header("origin", origin).send().await.expect("an answer")
    };
    for _ in 0..4 {
        world.pass(TimeDelta::seconds(90));
        let answer = ask(&proxy.url).await;
        assert_eq!(answer.headers()["access-control-allow-origin"].to_str().ok(), Some(proxy.url.as_str()));
        let kept: Value = answer.json().await.expect("JSON");
        assert_eq!(kept["session_id"], session.as_str(), "{kept}");
        until_renewed(world, &session).await;
        assert!(socket.lives().await);
    }
    assert_eq!(ask("https://evil.example").await.status(), 403, "nobody else's page keeps a seat");
    world.pass(TimeDelta::seconds(121));
    world.sweep().await;
    assert!(socket.lives().await, "the proxy asks nobody: an open connection is not cut");
    let lost = ask(&proxy.url).await;
    assert_eq!((lost.status().as_u16(), code(&lost.text().await.expect("a text")).as_str()), (409, "no_seat"));
    assert_eq!(visitor.opens("/").await.status, 200, "the next page takes a seat again");
}

/// The heartbeat is sent beside the answer.
async fn until_renewed(world: &World, session: &str) {
    let until = world.clock.now() + TimeDelta::seconds(120);
    let patience = Instant::now() + Duration::from_secs(10);
    while world.admin.get(&format!("/sessions/{session}")).await.ok()["lease_until"] != json!(until) {
        assert!(Instant::now() < patience, "it is not renewed");
        tokio::time::sleep(Duration::from_millis(20)).await;
        world.sweep().await;
    }
}

fn code(text: &str) -> String {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    problem["code"].as_str().unwrap_or_default().to_owned()
}

//! Every page in both languages, light and dark, wide and narrow: no accessibility violations, no console messages, no
//! horizontal overflow.

use super::{browser::Browser, world};
use crate::harness::{World, email_of};
use seatkeeper_shared::{license::Model, people::Role, session::Platform};
use serde_json::json;

/// Sets up a full pool with waiting and connected sessions, a protected session, a scheduled end, a queue, and a named
/// license.
async fn set_up_busy_pool(world: &World) {
    let (license, agents) = world.pool(10, 12).await;
    // A long lease, because the test sends no heartbeats and visits many pages.
    world.change_license(license, json!({ "lease_seconds": 3_600 })).await;
    let desk = world.product("Service Desk").await;
    let shared = world.license(desk, Model::Concurrent, 8).await;
    let named = world.license(desk, Model::Named, 3).await;
    world.grant(shared, &[agents[0].id, agents[11].id]).await;
    world.grant(named, &[agents[1].id]).await;
    for (index, agent) in agents.iter().take(10).enumerate() {
        let body = crate::harness::person::seat_request("attended");
        let session = agent.post("/sessions", &body).await.created();
        if index < 7 {
            let platform = Platform::ALL[index % Platform::ALL.len()];
            let path = format!("/sessions/{}/connect", session["id"].as_str().expect("an id"));
            agent.post(&path, &json!({ "platform": platform })).await.ok();
        }
    }
    let mut waits = crate::harness::person::seat_request("attended");
    waits["wait"] = json!(true);
    assert_eq!(agents[10].post("/sessions", &waits).await.status, 202, "the agent waits in the queue");
    let sessions = world.admin.get("/sessions?state=live").await.ok();
    let id = |index: usize| sessions["items"][index]["id"].as_str().expect("an id").to_owned();
    world.admin.post(&format!("/sessions/{}/protect", id(0)), &json!({ "protected": true })).await.ok();
    let end = json!({ "in_seconds": 3_000, "message": "Dringender Fall" });
    world.admin.post(&format!("/sessions/{}/end", id(1)), &end).await.ok();
    world.person("Robert Lang", Role::Manager, &[]).await;
    let members: Vec<_> = agents[..3].iter().map(|agent| agent.id).collect();
    let group = world.group("Nachtschicht Bestandskunden", &members).await;
    world.group("Frühschicht", &[]).await;
    let limits = json!({ "limits": [{ "group_id": group, "floor": 2, "cap": 5 }] });
    world.admin.put(&format!("/licenses/{license}/groups"), &limits).await.ok();
    let _ = license;
}

/// The page of a user with a live session and a history.
async fn user_page(world: &World) -> String {
    let sessions = world.admin.get("/sessions?state=live&sort=created_at").await.ok();
    let (user, session) = (&sessions["items"][3]["user_id"], &sessions["items"][3]["id"]);
    let end = format!("/sessions/{}/end", session.as_str().expect("an id"));
    world.admin.post(&end, &json!({ "message": "Bitte Platz freigeben" })).await.ok();
    format!("/users/{}", user.as_str().expect("an id"))
}

/// Visits pages in all sizes and color schemes, and asserts that they have no violations.
pub async fn check_pages(browser: &Browser, who: &str, pages: &[(&str, &str)]) {
    for (path, name) in pages {
        browser.go(path).await;
        browser.sees("main h1").await;
        browser.holds("!document.querySelector('main [aria-busy=true]')").await;
        for (width, height) in [(1280, 900), (390, 844), (320, 700)] {
            browser.resize(width, height).await;
            for scheme in ["light", "dark"] {
                browser.prefer_color_scheme(scheme).await;
                browser.holds("document.getAnimations().every(one => !(one instanceof CSSTransition))").await;
                browser.screenshot(&format!("{name}-{who}-{width}-{scheme}")).await;
                let found = browser.violations().await;
                assert!(found.is_empty(), "{path} as {who}, {width} {scheme}: {found:#?}");
            }
            let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(browser.value(overflow).await, json!(0), "{path} as {who} overflows at {width} px");
        }
        browser.resize(1280, 900).await;
        browser.prefer_color_scheme("light").await;
    }
    let messages = browser.console_messages().await;
    assert!(messages.is_empty(), "console messages for {who}: {messages:#?}");
}

const STAFF: &[(&str, &str)] = &[
    ("/", "overview"),
    ("/sessions", "sessions"),
    ("/users", "users"),
    ("/groups", "groups"),
    ("/licenses", "licenses"),
    ("/reports", "reports"),
    ("/reports/sizing", "sizing"),
    ("/audit", "audit"),
    ("/users/import", "import"),
    ("/settings", "settings"),
    ("/profile", "profile"),
    ("/console", "console"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_has_no_violations_in_german() {
    let world = world().await;
    set_up_busy_pool(&world).await;
    let browser = Browser::open(&world.url, "de").await;
    check_pages(
        &browser,
        "anonymous-de",
        &[
            ("/join", "join"),
            ("/sign-in", "sign-in"),
            ("/join#482910537", "join-linked"),
            ("/setup?token=used", "setup"),
        ],
    )
    .await;
    browser.sign_in("anja.krueger@example.org").await;
    check_pages(&browser, "admin-de", STAFF).await;
    check_pages(&browser, "admin-de", &[(&user_page(&world).await, "user")]).await;
    check_pages(&browser, "admin-de", &[("/nowhere", "nowhere")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_has_no_violations_in_english() {
    let world = world().await;
    set_up_busy_pool(&world).await;
    // An agent whose session waits for its customer, on another device than this browser.
    let waits = Browser::open(&world.url, "en").await;
    waits.sign_in(&email_of("Agent 8")).await;
    waits.reads("Continue here").await;
    check_pages(&waits, "agent-en", &[("/console", "console-key")]).await;
    drop(waits);
    let browser = Browser::open(&world.url, "en").await;
    check_pages(&browser, "anonymous-en", &[("/sign-in", "sign-in"), ("/join", "join")]).await;
    browser.sign_in(&email_of("Robert Lang")).await;
    check_pages(&browser, "viewer-en", STAFF).await;
    let agent = Browser::open(&world.url, "en").await;
    agent.sign_in(&email_of("Agent 11")).await;
    check_pages(&agent, "agent-en", &[("/console", "console")]).await;
}

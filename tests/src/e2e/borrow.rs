//! A seat that is taken along offline: everybody sees until when, nobody can end it, and its agent returns it.

use super::{browser::Browser, looks::walk, world};
use crate::world::{Person, World, email_of, wanted};
use serde_json::json;

async fn takes_along(agent: &Person) {
    let mut body = wanted("application");
    body["borrow_seconds"] = json!(8 * 3_600);
    agent.post("/sessions", &body).await.created();
}

/// A license with three seats, of which one is taken along and one is in use here.
async fn lending(world: &World) -> Vec<Person> {
    let terms = json!({ "seats": 3, "borrow_seconds": 72 * 3_600, "borrow_seats": 2 });
    let (_, agents) = world.licensed(terms, 2).await;
    takes_along(&agents[0]).await;
    agents[1].ask().await.created();
    agents
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_along_is_shown_as_such_and_returned_by_its_agent() {
    let world = world().await;
    let agents = lending(&world).await;
    let admin = Browser::open(&world.url, "de").await;
    admin.sign_in("anja.krueger@example.org").await;
    admin.go("/sessions").await;
    admin.reads("Offline").await;
    admin.holds("document.querySelectorAll('tbody input[type=checkbox]:disabled').length === 1").await;
    admin.click("Aktionen für die Sitzung von Agent 0").await;
    admin.reads("Nur die Person selbst kann den Platz früher zurückgeben").await;
    assert_eq!(admin.violations().await, Vec::<String>::new());
    admin.screenshot("borrow-menu").await;
    admin.go("/sessions").await;
    let user = format!("/users/{}", agents[0].id);
    walk(
        &admin,
        "admin-de",
        &[("/sessions", "borrow-sessions"), (&user, "borrow-user"), ("/licenses", "borrow-licenses")],
    )
    .await;

    let agent = Browser::open(&world.url, "en").await;
    agent.sign_in(&email_of("Agent 0")).await;
    agent.go("/console").await;
    agent.reads("Offline until").await;
    walk(&agent, "agent-en", &[("/console", "borrow-console")]).await;
    agent.click("Return seat").await;
    agent.reads("Session ended. Your seat is free.").await;
    admin.go("/sessions").await;
    admin.reads("Agent 1").await;
    admin.holds("!document.querySelector('tbody').innerText.includes('Agent 0')").await;
    for browser in [&agent, &admin] {
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_lets_a_license_lend_its_seats() {
    let world = world().await;
    let (license, _) = world.pool(3, 1).await;
    let admin = Browser::open(&world.url, "en").await;
    admin.sign_in("anja.krueger@example.org").await;
    admin.go("/licenses").await;
    admin.click("Settings: Remote Support v5").await;
    admin.click("Change rules").await;
    admin.sees("dialog[open] input[name=borrow_seconds]").await;
    admin.value("(document.querySelector('input[name=borrow_seconds]').value = '', document.querySelector('input[name=borrow_seconds]').dispatchEvent(new Event('input', { bubbles: true })))").await;
    admin.type_into("dialog[open] input[name=borrow_seconds]", "721").await;
    admin.screenshot("borrow-rules").await;
    admin.element("dialog[open] button[type=submit]").await.click().await.expect("sent");
    admin.sees("dialog[open] [aria-invalid=true]").await;
    assert_eq!(admin.violations().await, Vec::<String>::new());
    admin.screenshot("borrow-rules-wrong").await;
    admin.value("(document.querySelector('input[name=borrow_seconds]').value = '', document.querySelector('input[name=borrow_seconds]').dispatchEvent(new Event('input', { bubbles: true })))").await;
    admin.type_into("dialog[open] input[name=borrow_seconds]", "72").await;
    admin.element("dialog[open] button[type=submit]").await.click().await.expect("sent");
    admin.reads("A seat can be taken along for").await;
    assert_eq!(world.admin.get(&format!("/licenses/{license}")).await.ok()["borrow_seconds"], 72 * 3_600);
    admin.screenshot("borrow-rules-done").await;
}

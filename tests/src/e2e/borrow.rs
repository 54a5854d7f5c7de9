//! A borrowed seat: its end is shown, it cannot be ended by an admin, and its agent returns it.

use super::{browser::Browser, page_checks::check_pages, world};
use crate::harness::{Person, World, email_of, seat_request};
use serde_json::json;

/// Empties the field with the maximum borrowing time.
const CLEAR_BORROW_TIME: &str = "(() => {
    const input = document.querySelector('input[name=borrow_seconds]');
    input.value = '';
    input.dispatchEvent(new Event('input', { bubbles: true }));
})()";

async fn borrow_seat(agent: &Person) {
    let mut body = seat_request("application");
    body["borrow_seconds"] = json!(8 * 3_600);
    agent.post("/sessions", &body).await.created();
}

/// A license with three seats, one of them borrowed and one in use.
async fn license_with_borrowed_seat(world: &World) -> Vec<Person> {
    let terms = json!({ "seats": 3, "borrow_seconds": 72 * 3_600, "borrow_seats": 2 });
    let (_, agents) = world.pool_with_terms(terms, 2).await;
    borrow_seat(&agents[0]).await;
    agents[1].request_seat().await.created();
    agents
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_borrowed_seat_is_shown_as_such_and_returned_by_its_agent() {
    let world = world().await;
    let agents = license_with_borrowed_seat(&world).await;
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
    check_pages(
        &admin,
        "admin-de",
        &[("/sessions", "borrow-sessions"), (&user, "borrow-user"), ("/licenses", "borrow-licenses")],
    )
    .await;

    let agent = Browser::open(&world.url, "en").await;
    agent.sign_in(&email_of("Agent 0")).await;
    agent.go("/console").await;
    agent.reads("Offline until").await;
    check_pages(&agent, "agent-en", &[("/console", "borrow-console")]).await;
    agent.click("Return seat").await;
    agent.reads("Session ended. Your seat is free.").await;
    admin.go("/sessions").await;
    admin.reads("Agent 1").await;
    admin.holds("!document.querySelector('tbody').innerText.includes('Agent 0')").await;
    for browser in [&agent, &admin] {
        assert_eq!(browser.console_messages().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_allows_borrowing_for_a_license() {
    let world = world().await;
    let (license, _) = world.pool(3, 1).await;
    let admin = Browser::open(&world.url, "en").await;
    admin.sign_in("anja.krueger@example.org").await;
    admin.go("/licenses").await;
    admin.click("Settings: Remote Support v5").await;
    admin.click("Change rules").await;
    admin.sees("dialog[open] input[name=borrow_seconds]").await;
    admin.value(CLEAR_BORROW_TIME).await;
    admin.type_into("dialog[open] input[name=borrow_seconds]", "721").await;
    admin.screenshot("borrow-rules").await;
    admin.element("dialog[open] button[type=submit]").await.click().await.expect("sent");
    admin.sees("dialog[open] [aria-invalid=true]").await;
    assert_eq!(admin.violations().await, Vec::<String>::new());
    admin.screenshot("borrow-rules-wrong").await;
    admin.value(CLEAR_BORROW_TIME).await;
    admin.type_into("dialog[open] input[name=borrow_seconds]", "72").await;
    admin.element("dialog[open] button[type=submit]").await.click().await.expect("sent");
    admin.reads("Seats can be borrowed for up to").await;
    assert_eq!(world.admin.get(&format!("/licenses/{license}")).await.ok()["borrow_seconds"], 72 * 3_600);
    admin.screenshot("borrow-rules-done").await;
}

//! The queue: an agent finds the pool full, waits, and takes the seat that an admin frees, without reloading the page.

use super::{browser::Browser, world};
use crate::harness::email_of;
use seatkeeper_shared::people::Role;
use serde_json::json;

const FULL_EN: &str = "All shared licenses are in use. To start a session, please wait for an available license.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_waits_and_takes_the_freed_seat() {
    let world = world().await;
    let (_, agents) = world.pool(2, 4).await;
    agents[0].request_seat().await.created();
    agents[1].request_seat().await.created();
    agents[3].request_seat().await.problem(409, "pool_full");

    let agent = Browser::open(&world.url, "en").await;
    agent.sign_in(&email_of("Agent 2")).await;
    agent.reads(FULL_EN).await;
    agent.value("window.sameDocument = true").await;
    agent.click("Wait for a seat").await;
    agent.sees(".queue-place").await;
    agent.holds("document.querySelector('.queue-place').innerText.includes('1')").await;
    agent.holds("document.title.startsWith('Position 1')").await;
    agent.screenshot("queue-place").await;
    assert_eq!(agent.violations().await, Vec::<String>::new());

    let admin = Browser::open(&world.url, "de").await;
    admin.sign_in("anja.krueger@example.org").await;
    admin.go("/sessions").await;
    admin.reads("Warteschlange: Remote Support v5").await;
    admin.holds("document.querySelector('.waiter').innerText.includes('Agent 2')").await;
    assert_eq!(admin.violations().await, Vec::<String>::new());
    admin.screenshot("queue-line").await;
    admin.element("input[aria-label='Sitzung von Agent 0 auswählen']").await.click().await.expect("ticked");
    admin.click("Sitzung beenden …").await;
    admin.element("dialog[open] button.danger").await.click().await.expect("confirmed");

    agent.sees(".ticket.offered").await;
    agent.holds("document.title.startsWith('Your seat is free!')").await;
    admin.holds("document.querySelector('.waiter').innerText.includes('angeboten')").await;
    assert_eq!(agent.violations().await, Vec::<String>::new());
    agent.screenshot("queue-offer").await;
    agent.click("Take the seat").await;
    agent.holds("/\\d{3}\\s*\\d{3}\\s*\\d{3}/.test(document.querySelector('main').innerText)").await;
    admin.holds("!document.querySelector('.waiter')").await;
    admin.holds("document.querySelector('tbody').innerText.includes('agent.2@example.org')").await;

    agent.holds("window.sameDocument === true").await;
    for browser in [&agent, &admin] {
        assert_eq!(browser.console_messages().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_removes_an_agent_from_the_queue_and_the_agent_sees_it() {
    let world = world().await;
    let (_, agents) = world.pool(1, 3).await;
    agents[0].request_seat().await.created();
    let waits = json!({ "product": "remote-support-v5", "device": "NB-0412", "mode": "attended", "wait": true });
    let answer = agents[1].post("/sessions", &waits).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    world.person("Bernd Maier", Role::Admin, &[]).await;

    let agent = Browser::open(&world.url, "de").await;
    agent.sign_in(&email_of("Agent 2")).await;
    agent.click("Auf einen Platz warten").await;
    agent.holds("document.querySelector('.queue-place').innerText.includes('2')").await;

    let admin = Browser::open(&world.url, "de").await;
    admin.sign_in(&email_of("Bernd Maier")).await;
    admin.go("/sessions").await;
    admin.click("Agent 2 an die Spitze setzen").await;
    agent.holds("document.title.startsWith('Position 1')").await;
    admin.click("Agent 2 aus der Warteschlange entfernen").await;
    admin.holds("document.querySelector('dialog[open]').innerText.includes('Agent 2')").await;
    admin.element("dialog[open] button.danger").await.click().await.expect("confirmed");

    agent.reads("Ein Administrator hat Sie um").await;
    agent.click("Erneut warten").await;
    agent.holds("document.querySelector('.queue-place').innerText.includes('2')").await;
    for browser in [&agent, &admin] {
        assert_eq!(browser.console_messages().await, Vec::<String>::new());
    }
}

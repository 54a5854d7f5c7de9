//! The main task: an admin ends sessions, and the screens of another admin and of a waiting agent change by themselves.

use super::{browser::Browser, world};
use crate::harness::email_of;
use seatkeeper_shared::people::Role;

const FULL_DE: &str = "Alle gemeinsam genutzten Lizenzen sind in Gebrauch. \
                       Um eine Sitzung zu starten, warten Sie bitte auf eine verfügbare Lizenz";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_ends_three_sessions_and_every_open_page_shows_it() {
    let world = world().await;
    let (_, agents) = world.pool(10, 11).await;
    for agent in agents.iter().take(10) {
        agent.request_seat().await.created();
    }
    agents[10].request_seat().await.problem(409, "pool_full");
    world.person("Bernd Maier", Role::Admin, &[]).await;

    let one = Browser::open(&world.url, "de").await;
    one.sign_in("anja.krueger@example.org").await;
    one.go("/sessions").await;
    one.reads("Agent 9").await;
    let other = Browser::open(&world.url, "en").await;
    other.sign_in(&email_of("Bernd Maier")).await;
    other.go("/sessions").await;
    other.reads("Agent 9").await;
    let eleventh = Browser::open(&world.url, "de").await;
    eleventh.sign_in(&email_of("Agent 10")).await;
    eleventh.reads(FULL_DE).await;
    for browser in [&one, &other, &eleventh] {
        browser.value("window.sameDocument = true").await;
    }

    for agent in ["Agent 2", "Agent 3", "Agent 4"] {
        one.element(&format!("input[aria-label='Sitzung von {agent} auswählen']")).await.click().await.expect("ticked");
    }
    one.click("3 Sitzungen beenden").await;
    for agent in ["Agent 2", "Agent 3", "Agent 4"] {
        one.holds(&format!("document.querySelector('dialog[open]').innerText.includes('{agent}')")).await;
    }
    one.screenshot("journey-dialog").await;
    one.type_into("dialog[open] input, dialog[open] textarea", "Dringender Fall").await;
    one.element("dialog[open] button.danger").await.click().await.expect("confirmed");

    for browser in [&one, &other] {
        for gone in ["agent.2@example.org", "agent.3@example.org", "agent.4@example.org"] {
            browser.holds(&format!("!document.querySelector('tbody').innerText.includes('{gone}')")).await;
        }
        browser.holds("document.querySelector('tbody').innerText.includes('agent.9@example.org')").await;
    }
    eleventh.holds("!document.body.innerText.includes('Alle gemeinsam genutzten Lizenzen')").await;
    eleventh.click("Sitzung starten").await;
    eleventh.holds("/\\d{3}\\s*\\d{3}\\s*\\d{3}/.test(document.querySelector('main').innerText)").await;
    eleventh.screenshot("journey-console").await;

    for browser in [&one, &other, &eleventh] {
        browser.holds("window.sameDocument === true").await;
        assert_eq!(browser.console_messages().await, Vec::<String>::new());
    }
}

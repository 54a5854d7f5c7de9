//! One agent at two devices: what both consoles show under each rule of the license, and when the agent continues on
//! the other device.

use super::{browser::Browser, world};
use crate::harness::{Person, World, email_of};
use seatkeeper_shared::ids::LicenseId;
use serde_json::{Value, json};

const KEY: &str = "/\\d{3}\\s*\\d{3}\\s*\\d{3}/.test(document.querySelector('.session .key')?.innerText)";

/// Opens the console of an agent in a browser with its own device name.
async fn console(world: &World, agent: &str, device: &str) -> Browser {
    let browser = Browser::open(&world.url, "de").await;
    browser.go("/sign-in").await;
    browser.value(&format!("localStorage.setItem('seatkeeper.device', '{device}')")).await;
    browser.sign_in(&email_of(agent)).await;
    browser.go("/console").await;
    browser.reads(&format!("Dieses Gerät: {device}")).await;
    browser.value("window.sameDocument = true").await;
    browser
}

/// An agent at two devices, with a license of two seats.
async fn at_two_devices(world: &World) -> (LicenseId, Person, Browser, Browser) {
    let (license, mut agents) = world.pool(2, 1).await;
    let (notebook, tablet) = (console(world, "Agent 0", "Notebook").await, console(world, "Agent 0", "Tablet").await);
    (license, agents.remove(0), notebook, tablet)
}

/// Ends all sessions, sets the rule, and waits until both consoles show no session.
async fn set_rule(rule: &str, world: &World, license: LicenseId, agent: &Person, consoles: [&Browser; 2]) {
    let live = agent.get("/sessions?state=live").await.ok();
    let ids: Vec<_> = live["items"].as_array().expect("items").iter().map(|session| session["id"].clone()).collect();
    if !ids.is_empty() {
        agent.post("/sessions/end", &json!({ "ids": ids })).await.ok();
    }
    world.change_license(license, json!({ "second_device": rule })).await;
    for console in consoles {
        console.holds("!document.querySelector('.session')").await;
    }
}

async fn usage_of(world: &World, license: LicenseId) -> (Value, Value) {
    let usage = world.usage(license).await;
    (usage["occupied"].clone(), usage["sessions"].clone())
}

async fn assert_no_violations(consoles: [&Browser; 2]) {
    for console in consoles {
        assert_eq!(console.violations().await, Vec::<String>::new());
        // A heartbeat in flight when its session ends gets 410, which the browser logs.
        let expected = |message: &String| message.contains("/heartbeat") && message.contains("410");
        let mut messages = console.console_messages().await;
        messages.retain(|message| !expected(message));
        assert_eq!(messages, Vec::<String>::new());
        console.holds("window.sameDocument === true").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_rule_is_shown_on_both_devices() {
    let world = world().await;
    let (license, agent, notebook, tablet) = at_two_devices(&world).await;
    let both = [&notebook, &tablet];

    set_rule("share", &world, license, &agent, both).await;
    notebook.click("Sitzung starten").await;
    notebook.holds(KEY).await;
    tablet.reads("Ihr Platz wird gerade auf Notebook genutzt.").await;
    tablet.click("Weitere Sitzung starten").await;
    tablet.reads("Weitere Sitzungen teilen sich Ihren Platz.").await;
    tablet.click("Sitzung starten").await;
    notebook.reads("Ihr Platz wird gerade auf Tablet genutzt.").await;
    assert_eq!(usage_of(&world, license).await, (json!(1), json!(2)));
    assert_no_violations(both).await;

    set_rule("second_seat", &world, license, &agent, both).await;
    notebook.click("Sitzung starten").await;
    notebook.holds(KEY).await;
    tablet.reads("Ihr Platz wird gerade auf Notebook genutzt.").await;
    tablet.click("Weitere Sitzung starten").await;
    tablet.click("Sitzung starten").await;
    notebook.reads("Ihr Platz wird gerade auf Tablet genutzt.").await;
    assert_eq!(usage_of(&world, license).await, (json!(2), json!(2)));

    set_rule("refuse", &world, license, &agent, both).await;
    notebook.click("Sitzung starten").await;
    notebook.holds(KEY).await;
    tablet.click("Weitere Sitzung starten").await;
    tablet.reads("Sie arbeiten schon auf einem anderen Gerät.").await;
    tablet.sees(".start-form button[aria-disabled=true].primary").await;
    assert_no_violations(both).await;
    tablet.screenshot("devices-refused").await;

    set_rule("take_over", &world, license, &agent, both).await;
    notebook.click("Sitzung starten").await;
    notebook.holds(KEY).await;
    tablet.click("Weitere Sitzung starten").await;
    tablet.reads("Dabei endet Ihre Sitzung auf dem anderen Gerät.").await;
    tablet.click("Sitzung starten").await;
    tablet.holds(KEY).await;
    notebook.reads("Ihre Sitzung mit Remote Support v5 wurde beendet").await;
    notebook.reads("auf Tablet eine Sitzung gestartet").await;
    assert_eq!(usage_of(&world, license).await, (json!(1), json!(1)));
    assert_no_violations(both).await;
    notebook.screenshot("devices-replaced").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn continuing_on_another_device_is_shown_on_the_first() {
    let world = world().await;
    let (license, agent, notebook, tablet) = at_two_devices(&world).await;
    let both = [&notebook, &tablet];
    for rule in ["share", "refuse"] {
        set_rule(rule, &world, license, &agent, both).await;
        notebook.click("Sitzung starten").await;
        notebook.holds(KEY).await;
        tablet.reads("Ihr Platz wird gerade auf Notebook genutzt.").await;
        tablet.click("Hier fortsetzen").await;
        tablet.holds("!document.querySelector('.other-device')").await;
        tablet.holds(KEY).await;
        notebook.reads("Ihre Sitzung mit Remote Support v5 läuft auf einem anderen Gerät weiter").await;
        notebook.reads("auf Tablet fortgesetzt").await;
        notebook.reads("Ihr Platz wird gerade auf Tablet genutzt.").await;
        let live = agent.get("/sessions?state=live").await.ok();
        assert_eq!((&live["total"], &live["items"][0]["device"]), (&json!(1), &json!("Tablet")), "{rule}");
        assert_no_violations(both).await;
        notebook.screenshot("devices-moved").await;
        notebook.click("Verstanden").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unattended_session_names_a_device_which_is_suggested_again() {
    let world = world().await;
    let (_, agents) = world.pool(2, 1).await;
    let console = console(&world, "Agent 0", "Notebook").await;
    console.click("Unbeaufsichtigt").await;
    console.click("Sitzung starten").await;
    console.sees("input[name=remote_device][aria-invalid=true]").await;
    assert_eq!(console.violations().await, Vec::<String>::new());
    console.type_into("input[name=remote_device]", "SRV-Lager 2").await;
    console.screenshot("devices-unattended").await;
    console.click("Sitzung starten").await;
    console.reads("an SRV-Lager 2").await;
    let live = agents[0].get("/sessions?state=live").await.ok();
    assert_eq!(live["items"][0]["remote_device"], "SRV-Lager 2");
    console.click("Weitere Sitzung starten").await;
    console.holds("[...document.querySelectorAll('datalist option')].some(one => one.value === 'SRV-Lager 2')").await;
    assert_eq!(console.violations().await, Vec::<String>::new());

    let admin = Browser::open(&world.url, "de").await;
    admin.sign_in("anja.krueger@example.org").await;
    admin.go("/sessions").await;
    admin.reads("SRV-Lager 2").await;
    admin.go(&format!("/users/{}", agents[0].id)).await;
    admin.reads("an SRV-Lager 2").await;
}

//! One agent at two devices: what each of his consoles says under each rule of the license, and when he goes on elsewhere.

use super::{browser::Browser, world};
use crate::world::{Person, World, email_of};
use seatkeeper_shared::ids::LicenseId;
use serde_json::{Value, json};

const KEY: &str = "/\\d{3}\\s*\\d{3}\\s*\\d{3}/.test(document.querySelector('.work .key')?.innerText)";

/// The console of an agent in a browser with a name of its own.
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

/// The agent at two devices, with a license of two seats.
async fn at_two_devices(world: &World) -> (LicenseId, Person, Browser, Browser) {
    let (license, mut agents) = world.pool(2, 1).await;
    let (desk, tablet) = (console(world, "Agent 0", "Notebook").await, console(world, "Agent 0", "Tablet").await);
    (license, agents.remove(0), desk, tablet)
}

/// Both consoles are told of the rule, and nobody is in session.
async fn under(rule: &str, world: &World, license: LicenseId, agent: &Person, consoles: [&Browser; 2]) {
    let live = agent.get("/sessions?state=live").await.ok();
    let ids: Vec<_> = live["items"].as_array().expect("items").iter().map(|session| session["id"].clone()).collect();
    if !ids.is_empty() {
        agent.post("/sessions/end", &json!({ "ids": ids })).await.ok();
    }
    world.change(license, json!({ "second_device": rule })).await;
    for console in consoles {
        console.holds("!document.querySelector('.work')").await;
    }
}

async fn used(world: &World, license: LicenseId) -> (Value, Value) {
    let usage = world.usage(license).await;
    (usage["occupied"].clone(), usage["sessions"].clone())
}

async fn sound(consoles: [&Browser; 2]) {
    for console in consoles {
        assert_eq!(console.violations().await, Vec::<String>::new());
        // A heartbeat on its way when its session ends is answered with 410, and the browser writes that down.
        let expected = |said: &String| said.contains("/heartbeat") && said.contains("410");
        let mut complaints = console.complaints().await;
        complaints.retain(|said| !expected(said));
        assert_eq!(complaints, Vec::<String>::new());
        console.holds("window.sameDocument === true").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_rule_is_told_at_both_devices() {
    let world = world().await;
    let (license, agent, desk, tablet) = at_two_devices(&world).await;
    let both = [&desk, &tablet];

    under("share", &world, license, &agent, both).await;
    desk.click("Sitzung starten").await;
    desk.holds(KEY).await;
    tablet.reads("Ihr Platz wird gerade auf Notebook genutzt.").await;
    tablet.click("Weitere Sitzung starten").await;
    tablet.reads("Weitere Sitzungen teilen sich Ihren Platz.").await;
    tablet.click("Sitzung starten").await;
    desk.reads("Ihr Platz wird gerade auf Tablet genutzt.").await;
    assert_eq!(used(&world, license).await, (json!(1), json!(2)));
    sound(both).await;

    under("second_seat", &world, license, &agent, both).await;
    desk.click("Sitzung starten").await;
    desk.holds(KEY).await;
    tablet.reads("Ihr Platz wird gerade auf Notebook genutzt.").await;
    tablet.click("Weitere Sitzung starten").await;
    tablet.click("Sitzung starten").await;
    desk.reads("Ihr Platz wird gerade auf Tablet genutzt.").await;
    assert_eq!(used(&world, license).await, (json!(2), json!(2)));

    under("refuse", &world, license, &agent, both).await;
    desk.click("Sitzung starten").await;
    desk.holds(KEY).await;
    tablet.click("Weitere Sitzung starten").await;
    tablet.reads("Sie arbeiten schon an einem anderen Gerät.").await;
    tablet.sees(".start button[aria-disabled=true].primary").await;
    sound(both).await;
    tablet.screenshot("devices-refused").await;

    under("take_over", &world, license, &agent, both).await;
    desk.click("Sitzung starten").await;
    desk.holds(KEY).await;
    tablet.click("Weitere Sitzung starten").await;
    tablet.reads("Ihre Sitzung am anderen Gerät endet dabei.").await;
    tablet.click("Sitzung starten").await;
    tablet.holds(KEY).await;
    desk.reads("Ihre Sitzung mit Remote Support v5 wurde beendet").await;
    desk.reads("auf Tablet eine Sitzung gestartet").await;
    assert_eq!(used(&world, license).await, (json!(1), json!(1)));
    sound(both).await;
    desk.screenshot("devices-replaced").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_on_elsewhere_is_told_so_where_he_was() {
    let world = world().await;
    let (license, agent, desk, tablet) = at_two_devices(&world).await;
    let both = [&desk, &tablet];
    for rule in ["share", "refuse"] {
        under(rule, &world, license, &agent, both).await;
        desk.click("Sitzung starten").await;
        desk.holds(KEY).await;
        tablet.reads("Ihr Platz wird gerade auf Notebook genutzt.").await;
        tablet.click("Hier weiterführen").await;
        tablet.holds("!document.querySelector('.elsewhere')").await;
        tablet.holds(KEY).await;
        desk.reads("Ihre Sitzung mit Remote Support v5 läuft woanders weiter").await;
        desk.reads("auf Tablet weitergeführt").await;
        desk.reads("Ihr Platz wird gerade auf Tablet genutzt.").await;
        let live = agent.get("/sessions?state=live").await.ok();
        assert_eq!((&live["total"], &live["items"][0]["device"]), (&json!(1), &json!("Tablet")), "{rule}");
        sound(both).await;
        desk.screenshot("devices-moved").await;
        desk.click("Verstanden").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unattended_work_begins_with_a_device_which_is_offered_again() {
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

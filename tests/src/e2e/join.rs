//! On phones: an agent starts a session, the customer joins by the link of the code, and both see that they are
//! connected. And the gate: a user waiting for a web application is forwarded automatically.

use super::{browser::Browser, world};
use crate::harness::{email_of, queue::path_of};
use serde_json::json;

/// The viewport of a phone.
const PHONE: (u32, u32) = (390, 844);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_joins_on_a_phone_and_the_agent_sees_it() {
    let world = world().await;
    world.pool(2, 1).await;
    let products = world.admin.get("/products").await.ok();
    let links = json!({
        "agent_link": "https://meet.example.org/{session_id}",
        "customer_link": format!("{}/healthz?{{session_id}}", world.url.replace("127.0.0.1", "localhost")),
    });
    world.admin.patch(&path_of("products", &products[0]), &links).await.ok();

    let agent = Browser::open(&world.url, "de").await;
    agent.resize(PHONE.0, PHONE.1).await;
    agent.sign_in(&email_of("Agent 0")).await;
    agent.click("Sitzung starten").await;
    agent.sees(".join-link svg.qr").await;
    agent.reads("Link kopieren").await;
    agent.reads("Sitzung öffnen").await;
    agent.screenshot("join-agent-waits").await;
    assert_eq!(agent.violations().await, Vec::<String>::new());
    let key = agent.value("document.querySelector('.key').innerText.replace(/\\s/g, '')").await;
    let key = key.as_str().expect("a key").to_owned();

    let customer = Browser::open(&world.url, "en").await;
    customer.resize(PHONE.0, PHONE.1).await;
    customer.go("/join").await;
    customer.type_into("input[name=key]", "12 34").await;
    customer.click("Connect").await;
    customer.reads("The key has nine digits").await;
    assert_eq!(customer.violations().await, Vec::<String>::new());
    customer.screenshot("join-wrong").await;
    customer.go("/sign-in").await;
    customer.go(&format!("/join#{key}")).await;
    customer.holds("document.querySelector('input[name=key]').value.length === 11").await;
    customer.screenshot("join-linked").await;
    customer.click("Connect").await;
    customer.reads("Agent 0 is here for you").await;
    customer.reads("Linux").await;
    customer.screenshot("join-joined").await;
    assert_eq!(customer.violations().await, Vec::<String>::new());

    agent.reads("Verbunden seit").await;
    agent.screenshot("join-agent-connected").await;
    assert_eq!(agent.violations().await, Vec::<String>::new());

    let late = Browser::open(&world.url, "de").await;
    late.go(&format!("/join#{key}")).await;
    late.click("Verbinden").await;
    late.reads("Mit diesem Schlüssel ist schon jemand verbunden").await;
    late.holds("!document.body.innerText.includes('schon eingetragen')").await;
    late.screenshot("join-used").await;
    assert_eq!(late.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_waiting_at_the_gate_is_forwarded_automatically() {
    let world = world().await;
    let (_, agents) = world.pool(1, 2).await;
    let products = world.admin.get("/products").await.ok();
    let origins = json!({ "gate_origins": [world.url] });
    world.admin.patch(&path_of("products", &products[0]), &origins).await.ok();
    let session = agents[0].seated().await;

    let waits = Browser::open(&world.url, "de").await;
    waits.resize(PHONE.0, PHONE.1).await;
    let back = format!("{}/healthz", world.url).replace(':', "%3A").replace('/', "%2F");
    let page = format!("/wait/remote-support-v5?return={back}");
    waits.go(&page).await;
    waits.type_into("input[name=email]", &email_of("Agent 1")).await;
    waits.type_into("input[name=password]", crate::harness::PASSWORD).await;
    waits.click("Anmelden").await;
    waits.reads("Sie warten auf Remote Support v5").await;
    waits.holds("document.title.startsWith('Position 1')").await;
    waits.screenshot("gate-waits").await;
    assert_eq!(waits.violations().await, Vec::<String>::new());
    agents[0].post_action(&session, "end").await.ok();
    waits.holds("location.pathname === '/healthz'").await;

    let sessions = world.admin.get("/sessions?state=live").await.ok();
    let mine = path_of("sessions", &sessions["items"][0]);
    world.admin.post(&format!("{mine}/end"), &json!({ "message": "Dringender Fall" })).await.ok();
    waits.go(&page).await;
    waits.reads("Ihre Sitzung wurde beendet").await;
    waits.reads("Dringender Fall").await;
    waits.screenshot("gate-ended").await;
    assert_eq!(waits.violations().await, Vec::<String>::new());
    waits.click("Weiterarbeiten").await;
    waits.holds("location.pathname === '/healthz'").await;
    // A form submission led here: no automatic forwarding, because the form data is lost.
    waits.go(&format!("{page}&unsent=true")).await;
    waits.reads("Ihre Eingaben wurden nicht gesendet").await;
    waits.screenshot("gate-unsent").await;
    assert_eq!(waits.violations().await, Vec::<String>::new());
    waits.click("Weiter zur Anwendung").await;
    waits.holds("location.pathname === '/healthz'").await;
}

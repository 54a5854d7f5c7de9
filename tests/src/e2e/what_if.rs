//! The sliders of the sizing page answer while they are moved; and the reports that have no chart give a picture of
//! their table.

use super::{browser::Browser, world};
use crate::harness::{World, person::seat_request};
use serde_json::json;
use thirtyfour::prelude::*;

/// Two seats that are taken, and a third agent who waits.
async fn full_pool(world: &World) {
    let (license, agents) = world.pool(2, 3).await;
    world.change_license(license, json!({ "lease_seconds": 3_600 })).await;
    for agent in &agents[..2] {
        agent.post("/sessions", &seat_request("attended")).await.created();
    }
    let mut waits = seat_request("attended");
    waits["wait"] = json!(true);
    assert_eq!(agents[2].post("/sessions", &waits).await.status, 202, "the agent waits");
}

/// Presses keys at a slider.
async fn press(browser: &Browser, name: &str, keys: impl Into<TypingData>) {
    let slider = browser.element(&format!(".what-if input[name={name}]")).await;
    slider.send_keys(keys).await.expect("the slider accepts keys");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sliders_answer_at_once_and_a_table_becomes_a_picture() {
    let world = world().await;
    full_pool(&world).await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/reports/sizing?period=today").await;
    let says = |text: &str| format!("document.querySelector('.what-if .say')?.textContent.includes('{text}')");
    browser.holds(&says("Mit 2 Plätzen hätten 1 von 3 Anfragen nicht sofort einen Platz bekommen")).await;
    press(&browser, "seats", Key::Right + "").await;
    browser.holds(&says("Mit 3 Plätzen hätten alle sofort einen Platz bekommen")).await;
    browser.holds("document.querySelector('.what-if input[name=seats]').ariaValueText === '3'").await;
    press(&browser, "seats", Key::Home + "").await;
    browser.holds(&says("Mit 0 Plätzen")).await;
    browser.click("Personen können in der Warteschlange warten").await;
    browser.holds(&says("3 von 3 Anfragen abgelehnt")).await;
    browser.click("Zurück zum Bericht").await;
    browser.holds(&says("Mit 2 Plätzen hätten 1 von 3 Anfragen")).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("what-if").await;
    browser.resize(390, 780).await;
    browser.holds("document.documentElement.scrollWidth <= innerWidth").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("what-if-phone").await;
    browser.resize(1280, 800).await;

    browser.value("(HTMLAnchorElement.prototype.click = function () { window.saved = this; }, true)").await;
    for (report, text) in [("sizing", "von 3"), ("people", "Agent 0"), ("costs", "Agent 0")] {
        browser.enter_at(&format!(".report-tabs a[href^='/reports/{report}']")).await;
        browser.sees(".reports-page table.sizes, .reports-page table.seat-time").await;
        browser.click("Exportieren").await;
        browser.click("Bild als SVG").await;
        browser.holds(&format!("decodeURIComponent(window.saved?.href ?? '').includes('{text}')")).await;
        browser.holds("window.saved.download.endsWith('.svg')").await;
    }
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

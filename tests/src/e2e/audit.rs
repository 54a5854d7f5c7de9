//! The audit log by keyboard: values before and after a change, filters in the URL, and going back.

use super::{browser::Browser, world};
use seatkeeper_shared::people::Role;
use serde_json::json;
use thirtyfour::prelude::*;

/// Focuses the element with this selector, and presses a key.
async fn press(browser: &Browser, selector: &str, key: Key) {
    browser.sees(selector).await;
    browser.value(&format!("(document.querySelector(`{selector}`).focus(), true)")).await;
    let focused = browser.driver.active_element().await.expect("an element has the focus");
    focused.send_keys(key + "").await.expect("the element accepts keys");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_finds_a_change_in_the_audit_log_by_keyboard() {
    let world = world().await;
    let user = world.user("Pavel Novák", Role::Agent, &[]).await;
    let change = json!({ "name": "Pavel Novotný", "role": "manager", "permissions": ["view_audit"] });
    world.admin.patch(&format!("/users/{user}"), &change).await.ok();
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/audit").await;
    browser.reads("Benutzer geändert").await;

    // The newest entry is the sign-in; the change is below it.
    press(&browser, ".audit tbody tr:nth-child(2) .expand", Key::Enter).await;
    for text in ["Vorher", "Pavel Novák", "Pavel Novotný", "Mitarbeiter", "Manager", "Protokoll ansehen"] {
        browser.holds(&format!("document.querySelector('.audit-detail').innerText.includes('{text}')")).await;
    }
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("audit-open").await;
    press(&browser, ".audit-links button:last-child", Key::Enter).await;
    browser.holds(&format!("location.search === '?user={user}'")).await;
    browser.reads("Betrifft: Pavel Novotný").await;
    browser.holds("document.querySelectorAll('.audit .expand').length === 2").await;
    press(&browser, ".audit-narrowed button", Key::Space).await;
    browser.holds("location.search === '' && document.querySelectorAll('.audit .expand').length > 2").await;

    browser.go("/audit?what=users&q=novotny").await;
    browser.holds("document.querySelectorAll('.audit .expand').length === 2").await;
    browser.go("/audit?q=niemand").await;
    browser.reads("Kein Eintrag passt zu diesem Filter").await;
    browser.click("Filter zurücksetzen").await;
    browser.reads("Konto eingerichtet").await;
    browser.holds("document.activeElement.name === 'what'").await;
    browser.click("Exportieren").await;
    let file = browser.value("document.querySelector('a[download]').getAttribute('href')").await;
    assert_eq!(file, "/api/v1/audit/export?format=csv");
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

//! Second factors and passkeys in the browser: setup, sign-in, and as a requirement of the account.

use super::{browser::Browser, world};
use crate::harness::{PASSWORD, email_of};
use chrono::Utc;
use seatkeeper::auth::second_factor::code_at;
use serde_json::json;
use thirtyfour::prelude::*;

/// Types into the focused element.
async fn type_keys(browser: &Browser, keys: &str) {
    let focused = browser.driver.active_element().await.expect("an element has the focus");
    focused.send_keys(keys).await.expect("the element accepts keys");
}

/// The code of the authenticator app, a number of time steps from now. These tests use the system clock.
#[expect(clippy::disallowed_methods, reason = "the server's clock is the real one here, too")]
fn code(secret: &str, steps: i64) -> String {
    code_at(secret, Utc::now() + chrono::TimeDelta::seconds(30 * steps)).expect("a code")
}

async fn secret(browser: &Browser) -> String {
    browser.sees("[data-secret]").await;
    browser.value("document.querySelector('[data-secret]').dataset.secret").await.as_str().expect("a secret").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_sets_up_an_authenticator_app_and_signs_in_by_keyboard() {
    let world = world().await;
    world.agent("Nora Neu").await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in(&email_of("Nora Neu")).await;
    browser.go("/profile").await;
    browser.click("Einrichten").await;
    let secret = secret(&browser).await;
    browser.holds("document.querySelector('img.qr').naturalWidth > 100").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("factor-scan").await;
    browser.type_into("input[name=code]", &format!("{}{}", code(&secret, 0), Key::Enter + "")).await;
    browser.holds("document.querySelectorAll('.codes li').length === 10").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("factor-codes").await;
    browser.click("Ich habe die Codes aufbewahrt").await;
    browser.reads("10 Wiederherstellungscodes sind übrig.").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());

    let second = Browser::open(&world.url, "en").await;
    second.go("/sign-in").await;
    second.type_into("input[name=email]", &email_of("Nora Neu")).await;
    second.type_into("input[name=password]", &format!("{PASSWORD}{}", Key::Enter + "")).await;
    second.holds("document.activeElement.name === 'code'").await;
    second.holds("document.activeElement.autocomplete === 'one-time-code'").await;
    assert_eq!(second.violations().await, Vec::<String>::new());
    second.screenshot("factor-step").await;
    type_keys(&second, &format!("{}{}", code(&secret, 1), Key::Enter + "")).await;
    second.sees("nav").await;
    assert_eq!(second.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_required_second_factor_is_set_up_before_continuing() {
    let world = world().await;
    world.agent("Nora Neu").await;
    world.admin.patch("/account", &json!({ "second_factor": "everybody" })).await.ok();
    let browser = Browser::open(&world.url, "de").await;
    browser.go("/sign-in").await;
    browser.type_into("input[name=email]", &email_of("Nora Neu")).await;
    browser.type_into("input[name=password]", &format!("{PASSWORD}{}", Key::Enter + "")).await;
    browser.reads("Ihre Organisation verlangt das.").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("factor-must").await;
    browser.click("Einrichten").await;
    let secret = secret(&browser).await;
    browser.type_into("input[name=code]", &format!("{}{}", code(&secret, 0), Key::Enter + "")).await;
    browser.click("Ich habe die Codes aufbewahrt").await;
    browser.sees("nav").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_creates_a_passkey_and_signs_in_with_it() {
    let world = world().await;
    world.agent("Nora Neu").await;
    // Passkeys need a domain name.
    let browser = Browser::open(&world.url.replace("127.0.0.1", "localhost"), "de").await;
    browser.add_authenticator().await;
    browser.sign_in(&email_of("Nora Neu")).await;
    browser.go("/profile").await;
    browser.click("Passkey hinzufügen").await;
    browser.type_into("dialog[open] input[name=name]", &format!("Notebook{}", Key::Enter + "")).await;
    browser.reads("Passkey Notebook hinzugefügt.").await;
    browser.click("Passkey Notebook umbenennen").await;
    browser.type_into("dialog[open] input[name=name]", &format!(" Süd{}", Key::Enter + "")).await;
    browser.holds("!!document.querySelector(\"[aria-label='Passkey Notebook Süd entfernen']\")").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("factor-passkeys").await;
    world.admin.patch("/account", &json!({ "second_factor": "everybody" })).await.ok();
    browser.driver.delete_all_cookies().await.expect("signed out");
    browser.go("/sign-in").await;
    browser.sees("input[name=email]").await;
    browser.screenshot("factor-sign-in").await;
    browser.click("Mit Passkey anmelden").await;
    browser.sees("nav").await;
    browser.go("/profile").await;
    browser.reads("zuletzt benutzt: ").await;
    browser.click("Passkey Notebook Süd entfernen").await;
    browser.reads("Passkey Notebook Süd entfernen?").await;
    browser.enter_at("dialog[open] button.danger").await;
    browser.reads("Ihre Organisation verlangt das.").await;
    // The server has closed the live connection, which may have been tried again before the page knew why.
    let mut messages = browser.console_messages().await;
    messages.retain(|message| !message.contains("/api/v1/live"));
    assert_eq!(messages, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_sign_in_is_confirmed_by_keyboard_and_the_request_is_completed() {
    let world = world().await;
    world.agent("Nora Neu").await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in(&email_of("Nora Neu")).await;
    browser.go("/profile").await;
    browser.reads("Zweiter Faktor").await;
    world.execute("UPDATE browser_sessions SET verified_at = '2026-01-01T00:00:00.000000Z'").await;
    world.app.caller_cache.invalidate_all();
    browser.click("Einrichten").await;
    browser.reads("Bestätigen Sie, dass Sie es sind").await;
    browser.enter_at("dialog[open] .acts button[type=button]").await;
    browser.holds("!document.querySelector('dialog[open]') && !document.querySelector('.note.bad')").await;
    browser.click("Einrichten").await;
    browser.reads("Bestätigen Sie, dass Sie es sind").await;
    browser.holds("document.activeElement.closest('dialog') && document.activeElement.name === 'password'").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("verify").await;
    type_keys(&browser, &format!("{PASSWORD}{}", Key::Enter + "")).await;
    // The dialog is closed and the secret shown, without another click.
    secret(&browser).await;
    browser.holds("!document.querySelector('dialog[open]') && document.activeElement.name === 'code'").await;
}

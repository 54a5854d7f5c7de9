//! The command palette and the keyboard shortcuts: everything by keyboard.

use super::{browser::Browser, world};
use crate::harness::{World, email_of, person::seat_request};
use seatkeeper_shared::people::{Permission, Role};
use thirtyfour::prelude::*;

const FIELD: &str = "dialog.palette[open] input";

/// Presses a key where the focus is.
async fn press(browser: &Browser, key: &str, ctrl: bool) {
    let event = format!("new KeyboardEvent('keydown', {{ key: {key:?}, ctrlKey: {ctrl}, bubbles: true }})");
    browser.value(&format!("(document.activeElement ?? document.body).dispatchEvent({event})")).await;
}

async fn open_palette(browser: &Browser) {
    press(browser, "k", true).await;
    browser.holds(&format!("document.activeElement === document.querySelector('{FIELD}')")).await;
}

/// What the palette offers.
fn offers(text: &str) -> String {
    format!("[...document.querySelectorAll('.palette-option')].some(it => it.innerText.includes({text:?}))")
}

async fn signed_in(world: &World, language: &str, email: &str) -> Browser {
    let browser = Browser::open(&world.url, language).await;
    browser.sign_in(email).await;
    browser.sees("main h1").await;
    browser
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_found_and_ended_by_keyboard_alone() {
    let world = world().await;
    let (_, agents) = world.pool(5, 3).await;
    agents[1].post("/sessions", &seat_request("attended")).await.created();
    let browser = signed_in(&world, "en", "anja.krueger@example.org").await;
    open_palette(&browser).await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("palette").await;
    browser.type_into(FIELD, "end sess").await;
    browser.holds(&offers("End a session")).await;
    browser.enter_at(FIELD).await;
    browser.holds(&offers("Agent 1")).await;
    browser.screenshot("palette-session").await;
    browser.enter_at(FIELD).await;
    browser.reads("End session").await;
    browser.sees("dialog[open] button[type=submit]").await;
    browser.holds("location.pathname === '/sessions' && !location.search.includes('do=')").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.holds("!document.querySelector('tbody tr:not(.ended-row)')").await;
    let live = world.admin.get("/sessions?state=live").await.ok();
    assert_eq!(live["items"].as_array().map(Vec::len), Some(0));
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_and_licenses_are_found_and_actions_open_their_dialogs() {
    let world = world().await;
    let (_, agents) = world.pool(5, 2).await;
    let browser = signed_in(&world, "de", "anja.krueger@example.org").await;
    open_palette(&browser).await;
    browser.type_into(FIELD, "agent 1").await;
    browser.holds(&offers(&email_of("Agent 1"))).await;
    browser.enter_at(FIELD).await;
    browser.holds(&format!("location.pathname === '/users/{}'", agents[1].id)).await;

    open_palette(&browser).await;
    browser.type_into(FIELD, "zuweisen").await;
    browser.holds(&offers("Lizenz zuweisen")).await;
    browser.enter_at(FIELD).await;
    browser.holds(&offers("Agent 0")).await;
    browser.type_into(FIELD, "agent 0").await;
    // Enter also counts while the search is still under way.
    browser.enter_at(FIELD).await;
    browser.sees("dialog[open] select").await;
    browser.holds(&format!("location.pathname === '/users/{}' && location.search === ''", agents[0].id)).await;
    browser.type_into("dialog[open] select", &(Key::Escape + "").to_string()).await;

    open_palette(&browser).await;
    browser.type_into(FIELD, "plätze").await;
    browser.holds(&offers("Plätze einer Lizenz ändern")).await;
    browser.enter_at(FIELD).await;
    browser.holds("document.querySelectorAll('.palette-option').length === 1").await;
    browser.enter_at(FIELD).await;
    browser.sees("dialog[open] input[name=seats]").await;
    browser.holds("location.pathname === '/licenses' && location.search === ''").await;
    browser.value("document.querySelector('dialog[open]').close()").await;

    // The same page keeps its filter, and an unknown target asks for nothing.
    browser.go("/users?role=agent").await;
    browser.sees("tbody tr").await;
    open_palette(&browser).await;
    browser.type_into(FIELD, "hinzufügen").await;
    browser.holds(&offers("Benutzer hinzufügen")).await;
    browser.enter_at(FIELD).await;
    browser.sees("dialog[open] input[name=email]").await;
    browser.holds("location.search === '?role=agent'").await;
    browser.go("/licenses?do=seats&target=nonsense").await;
    browser.sees("main h1").await;
    browser.holds("!document.querySelector('dialog[open]')").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_the_caller_may_do_is_offered() {
    let world = world().await;
    world.pool(5, 1).await;
    world.person("Robert Lang", Role::Manager, &[Permission::ViewReports]).await;
    let browser = signed_in(&world, "en", &email_of("Robert Lang")).await;
    open_palette(&browser).await;
    browser.holds(&offers("Sizing")).await;
    for forbidden in ["End a session", "Grant a license", "Add user", "Account settings", "Audit log"] {
        browser.holds(&format!("!{}", offers(forbidden))).await;
    }
    browser.type_into(FIELD, &(Key::Escape + "").to_string()).await;
    browser.holds("!document.querySelector('dialog[open]')").await;
    // An address that asks for more than the caller may do does nothing.
    browser.go("/users?do=add").await;
    browser.sees("main h1").await;
    browser.holds("!document.querySelector('dialog[open]')").await;

    browser.go("/").await;
    browser.sees("main h1").await;
    press(&browser, "?", false).await;
    browser.reads("Keyboard shortcuts").await;
    browser.holds("!document.querySelector('dialog.shortcuts').innerText.includes('Audit log')").await;
    browser.screenshot("shortcuts").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.enter("Done").await;
    press(&browser, "g", false).await;
    press(&browser, "u", false).await;
    browser.holds("location.pathname === '/users'").await;
    browser.sees("tbody tr").await;
    press(&browser, "/", false).await;
    browser.holds("document.activeElement.matches('input[type=search]')").await;
    browser.value("document.activeElement.blur()").await;
    press(&browser, "j", false).await;
    press(&browser, "j", false).await;
    browser.holds("document.activeElement === document.querySelectorAll('main .list tbody tr')[1]").await;
    press(&browser, "Enter", false).await;
    browser.holds("location.pathname.startsWith('/users/')").await;
    // Without the right to see the audit log, its shortcut does nothing.
    press(&browser, "g", false).await;
    press(&browser, "a", false).await;
    browser.holds("location.pathname.startsWith('/users/')").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

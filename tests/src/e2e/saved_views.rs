//! Saved views: a filter is saved under a name by keyboard, shared, found by a colleague, changed and deleted.

use super::{browser::Browser, world};
use seatkeeper_shared::people::{Permission, Role};
use thirtyfour::prelude::*;

/// Opens the menu by keyboard.
async fn open_views(browser: &Browser) {
    browser.sees(".views-button").await;
    browser.value("(document.querySelector('.views-button').focus(), true)").await;
    let focused = browser.driver.active_element().await.expect("an element has the focus");
    focused.send_keys(Key::Enter + "").await.expect("the button accepts keys");
    browser.sees(".menu-panel:popover-open .view-save").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_saved_shared_opened_and_deleted() {
    let world = world().await;
    world.person("Vera Audit", Role::Manager, &[Permission::ViewAudit]).await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/audit?q=J%C3%B6rg").await;
    open_views(&browser).await;
    browser.reads("Eine Ansicht merkt sich die Filter dieser Seite.").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.click("Diese Ansicht speichern").await;
    browser.type_into("dialog[open] input[name=name]", "Alles über Jörg").await;
    browser.value("(document.querySelector('dialog[open] input[name=shared]').click(), true)").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("Die Ansicht „Alles über Jörg“ ist gespeichert.").await;

    // The page without filters is another view; the link leads back to the saved one.
    browser.go("/audit").await;
    open_views(&browser).await;
    browser.holds("document.querySelector('.view-item a').textContent.includes('geteilt')").await;
    browser.holds("!document.querySelector('.view-item a').hasAttribute('aria-current')").await;
    browser.enter_at(".view-item a").await;
    browser.holds("decodeURIComponent(location.search) === '?q=Jörg'").await;
    browser.holds("document.querySelector('.view-item a').getAttribute('aria-current') === 'true'").await;

    // A colleague finds it, on a phone, and cannot change it.
    let colleague = Browser::open(&world.url, "en").await;
    colleague.resize(390, 780).await;
    colleague.sign_in(&crate::harness::email_of("Vera Audit")).await;
    colleague.go("/audit").await;
    open_views(&colleague).await;
    colleague.holds("document.querySelector('.view-item a').textContent.includes('from ')").await;
    colleague.holds("document.querySelectorAll('.view-item button').length === 0").await;
    colleague.holds("document.documentElement.scrollWidth <= innerWidth").await;
    assert_eq!(colleague.violations().await, Vec::<String>::new());
    colleague.screenshot("saved-views-phone").await;

    // The owner gives it other filters and another name, and deletes it.
    browser.go("/audit?q=Anja").await;
    open_views(&browser).await;
    browser.screenshot("saved-views").await;
    browser.enter_at(".view-item button[aria-label$=ändern]").await;
    browser.sees("dialog[open] input[name=replace]").await;
    browser.value("(document.querySelector('dialog[open] input[name=replace]').click(), true)").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("ist gespeichert.").await;
    open_views(&browser).await;
    browser.holds("document.querySelector('.view-item a').getAttribute('href') === '/audit?q=Anja'").await;
    browser.enter_at(".view-item button[aria-label$=löschen]").await;
    browser.reads("Sie verschwindet für alle, die sie verwenden.").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("ist gelöscht.").await;
    open_views(&browser).await;
    browser.holds("document.querySelectorAll('.view-item').length === 0").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

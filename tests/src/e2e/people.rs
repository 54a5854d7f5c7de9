//! Bulk actions on users: the preview, the users left out, undo. Adding a user whose address is taken, and two admins
//! who edit a user at the same time.

use super::{browser::Browser, world};
use seatkeeper_shared::license::Model;
use serde_json::json;
use thirtyfour::prelude::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_lists_users_without_a_named_seat_and_a_suspension_is_undone() {
    let world = world().await;
    world.pool(5, 4).await;
    let desk = world.product("Service Desk").await;
    world.license(desk, Model::Named, 2).await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/users").await;
    for number in 0..3 {
        browser.element(&format!("input[aria-label='Agent {number} auswählen']")).await.click().await.expect("ticked");
    }
    browser.click("Lizenz zuweisen …").await;
    browser.sees("dialog[open] select").await;
    let named = "const s = document.querySelector('dialog[open] select'); \
                 s.value = [...s.options].find(o => o.text.includes('Benannt')).value; \
                 s.dispatchEvent(new Event('change', { bubbles: true })); return true";
    browser.value(&format!("(() => {{ {named} }})()")).await;
    browser.reads("2 von 3 Benutzern werden geändert.").await;
    browser.reads("2 benannte Plätze sind frei.").await;
    browser.reads("1 Benutzer kann nicht geändert werden:").await;
    browser.screenshot("people-preview").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.element("dialog[open] button[type=submit]").await.click().await.expect("confirmed");
    browser.reads("1 Benutzer wurde nicht geändert:").await;
    browser.click("Fertig").await;
    // The button that opened the dialog is gone with the selection.
    browser.holds("!!document.activeElement.closest('section.list')").await;

    browser.go("/users?q=agent+0").await;
    browser.holds("document.querySelectorAll('tbody tr').length === 1").await;
    browser.element("input[aria-label='Agent 0 auswählen']").await.click().await.expect("ticked");
    browser.click("Mehr …").await;
    browser.holds("!!document.querySelector('.list-status :popover-open')").await;
    let suspend =
        "[...document.querySelectorAll('.list-status .menu-item')].find(b => b.innerText.includes('Sperren'))";
    browser.value(&format!("{suspend}.click()")).await;
    browser.element("dialog[open] button[type=submit]").await.click().await.expect("confirmed");
    browser.reads("1 Benutzer ist gesperrt.").await;
    browser.holds("!!document.querySelector('tr.suspended')").await;
    browser.screenshot("people-undo").await;
    browser.click("Rückgängig").await;
    browser.holds("!document.querySelector('tr.suspended')").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_admins_who_edit_a_user_sees_the_current_state() {
    let world = world().await;
    let nora = world.agent("Nora Neu").await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go(&format!("/users/{}", nora.id)).await;
    browser.click("Bearbeiten …").await;
    browser.sees("dialog[open] input[name=name]").await;
    // Sleeps: nothing in the page tells that the dialog knows which version it shows.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    world.admin.patch(&format!("/users/{}", nora.id), &json!({ "name": "Nora Weber" })).await.ok();
    browser.type_into("dialog[open] input[name=name]", " II").await;
    browser.element("dialog[open] button[type=submit]").await.click().await.expect("saved");
    browser.reads("Jemand anderes war schneller").await;
    browser.holds("document.querySelector('dialog[open] input[name=name]').value === 'Nora Neu II'").await;
    browser.holds("document.querySelectorAll('dialog[open] .note.bad').length === 1").await;
    browser.screenshot("people-late").await;
    browser.enter("Aktuellen Stand anzeigen").await;
    browser.holds("document.querySelector('dialog[open] input[name=name]')?.value === 'Nora Weber'").await;
    assert_eq!(world.admin.get(&format!("/users/{}", nora.id)).await.ok()["name"], "Nora Weber");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_address_is_shown_at_its_field_and_input_is_not_lost_unasked() {
    let world = world().await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/users").await;
    browser.enter("Benutzer hinzufügen").await;
    browser.type_into("dialog[open] input[name=name]", "Nora Neu").await;
    browser.type_into("dialog[open] input[name=email]", "ANJA.krueger@example.org").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.holds("document.activeElement.matches('dialog[open] input[name=email][aria-invalid=true]')").await;
    browser.holds("document.activeElement.closest('.field').innerText.includes('Ist schon vergeben.')").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("people-taken").await;
    browser.type_into("dialog[open] input[name=email]", "x").await;
    browser.holds("!document.querySelector('dialog[open] [aria-invalid=true]')").await;
    let escape = (Key::Escape + "").to_string();
    browser.type_into("dialog[open] input[name=email]", &escape).await;
    browser.reads("Eingaben verwerfen?").await;
    browser.enter("Weiter bearbeiten").await;
    browser.holds("document.querySelector('dialog[open] input[name=name]').value === 'Nora Neu'").await;
    browser.type_into("dialog[open] input[name=email]", &escape).await;
    browser.reads("Eingaben verwerfen?").await;
    browser.enter("Verwerfen").await;
    browser.holds("!document.querySelector('dialog[open]')").await;
    browser.holds("document.activeElement.innerText.includes('Benutzer hinzufügen')").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_back_button_asks_before_input_is_lost() {
    let world = world().await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/licenses").await;
    browser.enter_at("nav a[href='/users']").await;
    browser.enter("Benutzer hinzufügen").await;
    browser.type_into("dialog[open] input[name=name]", "Nora Neu").await;
    browser.value("history.back()").await;
    browser.reads("Eingaben verwerfen?").await;
    browser.holds("location.pathname === '/users'").await;
    browser.enter("Weiter bearbeiten").await;
    browser.holds("document.querySelector('dialog[open] input[name=name]').value === 'Nora Neu'").await;
    browser.value("history.back()").await;
    browser.reads("Eingaben verwerfen?").await;
    browser.enter("Verwerfen").await;
    browser.holds("location.pathname === '/licenses' && !document.querySelector('dialog[open]')").await;
    browser.click("Anja Krüger").await;
    browser.enter_at("a[href='/settings']").await;
    browser.type_into("main form input", "X").await;
    browser.value("history.back()").await;
    browser.reads("Eingaben verwerfen?").await;
    browser.enter("Verwerfen").await;
    browser.holds("location.pathname === '/licenses'").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_focus_stays_near_what_an_action_removed() {
    let world = world().await;
    let (_, agents) = world.pool(5, 1).await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go(&format!("/users/{}", agents[0].id)).await;
    browser.enter("Delete …").await;
    browser.reads("Delete Agent 0?").await;
    browser.reads("1 user will be changed.").await;
    browser.enter("Cancel").await;
    browser.enter("Revoke license …").await;
    browser.reads("Revoke license from Agent 0").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("No license is assigned.").await;
    browser.holds("!document.querySelector('dialog[open]')").await;
    // The button beside the license is gone with it.
    browser.holds("!!document.activeElement.closest('section.card')").await;
    browser.enter("Undo").await;
    browser.holds("!document.body.innerText.includes('No license is assigned.')").await;
    browser.holds("!!document.activeElement.closest('section.card')").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

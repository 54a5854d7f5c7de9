//! Bulk actions on users: the preview, the users left out, undo. And two admins who edit a user at the same time.

use super::{browser::Browser, world};
use seatkeeper_shared::license::Model;
use serde_json::json;

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

    browser.go("/users?q=agent+0").await;
    browser.holds("document.querySelectorAll('tbody tr').length === 1").await;
    browser.element("input[aria-label='Agent 0 auswählen']").await.click().await.expect("ticked");
    browser.click("Mehr …").await;
    browser.holds("!!document.querySelector('.selection-bar :popover-open')").await;
    let suspend =
        "[...document.querySelectorAll('.selection-bar .menu-item')].find(b => b.innerText.includes('Sperren'))";
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
    world.admin.patch(&format!("/users/{}", nora.id), &json!({ "name": "Nora Weber" })).await.ok();
    browser.type_into("dialog[open] input[name=name]", " II").await;
    browser.element("dialog[open] button[type=submit]").await.click().await.expect("saved");
    browser.reads("Jemand anderes war schneller").await;
    browser.holds("document.querySelector('dialog[open] input[name=name]').value === 'Nora Weber'").await;
    browser.screenshot("people-late").await;
    assert_eq!(world.admin.get(&format!("/users/{}", nora.id)).await.ok()["name"], "Nora Weber");
}

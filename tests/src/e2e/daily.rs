//! Everyday tasks by keyboard alone, in German and English: group licenses, contract terms edited by two admins at the
//! same time, how a user gets in, settings, an import.

use super::{browser::Browser, world};
use crate::harness::email_of;
use seatkeeper_shared::{license::Model, people::Role};
use serde_json::json;
use thirtyfour::prelude::*;

async fn assert_no_violations(browser: &Browser) {
    assert_eq!(browser.violations().await, Vec::<String>::new());
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_assigns_a_license_to_a_group_and_sees_who_got_none() {
    let world = world().await;
    let desk = world.product("Service Desk").await;
    let license = world.license(desk, Model::Named, 1).await;
    let nora = world.user("Nora Neu", Role::Agent, &[]).await;
    let otto = world.user("Otto Alt", Role::Agent, &[]).await;
    let group = world.group("Nachtschicht", &[nora, otto]).await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go(&format!("/groups?group={group}")).await;
    browser.enter("Lizenz zuweisen …").await;
    browser.type_into("dialog[open] select", &format!("Service{}", Key::Tab + "")).await;
    assert_no_violations(&browser).await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("1 Mitglied hat die Lizenz nicht bekommen").await;
    browser.enter_at("details summary").await;
    browser.holds("document.querySelector('details').open").await;
    assert_no_violations(&browser).await;
    browser.screenshot("daily-group").await;
    let given = world.admin.get(&format!("/groups/{group}/licenses")).await.ok();
    let without = given[0]["left_out"][0]["user_id"].as_str().expect("a user got none");
    let with = if without == nora.to_string() { otto } else { nora };
    browser.go(&format!("/users/{with}")).await;
    browser.reads("über Gruppe Nachtschicht").await;
    assert_no_violations(&browser).await;
    browser.screenshot("daily-through").await;
    browser.go(&format!("/groups?group={group}")).await;
    browser.enter("Entziehen: Service Desk").await;
    browser.enter_at("dialog[open] button.danger").await;
    browser.reads("Die Gruppe weist selbst keine Lizenzen zu.").await;
    let user = world.admin.get(&format!("/users/{with}")).await.ok();
    assert_eq!(user["license_ids"], json!([]), "{license} was removed with the group");
    assert_no_violations(&browser).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_admins_who_change_a_contract_gets_a_conflict() {
    let world = world().await;
    let (license, _) = world.pool(3, 1).await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/licenses").await;
    browser.reads("Remote Support v5").await;
    let open = async || {
        browser.enter_at("article footer button[popovertarget]").await;
        browser.enter("Term & contract").await;
        browser.sees("dialog[open] textarea[name=notes]").await;
    };
    open().await;
    assert_no_violations(&browser).await;
    let path = format!("/licenses/{license}");
    world.admin.patch(&path, &json!({ "notes": "Rahmenvertrag 7" })).await.ok();
    browser.type_into("dialog[open] textarea[name=notes]", "Mine").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("Nothing was overwritten.").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("daily-late").await;
    browser.enter("Show the current version").await;
    browser.holds("document.querySelector('dialog[open] textarea[name=notes]')?.value === 'Rahmenvertrag 7'").await;
    browser.type_into("dialog[open] textarea[name=notes]", " b").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.holds("!document.querySelector('dialog[open]')").await;
    assert_eq!(world.admin.get(&path).await.ok()["notes"], "Rahmenvertrag 7 b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_focus_is_never_lost_from_the_first_product_to_an_archived_license() {
    let world = world().await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/licenses").await;
    browser.enter("Produkt hinzufügen").await;
    browser.type_into("dialog[open] input[name=name]", "Fernhilfe").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.holds("!!document.activeElement.closest('.no-license')").await;

    browser.enter_at(".no-license button").await;
    browser.type_into("dialog[open] input[name=seats]", "1500").await;
    assert_no_violations(&browser).await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.holds("!!document.activeElement.closest('.license-acts')").await;
    browser.reads("1.500 frei").await;

    browser.enter("Plätze ändern …").await;
    browser.holds("document.activeElement === document.querySelector('dialog[open] input[name=seats]')").await;
    browser.enter_at("dialog[open] button[aria-label='Einen Platz mehr']").await;
    browser.type_into("dialog[open] input[name=seats]", &(Key::Escape + "").to_string()).await;
    browser.enter("Weiter bearbeiten").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("hat jetzt 1.501 Plätze").await;
    browser.holds("document.activeElement.innerText.includes('Plätze ändern')").await;

    browser.enter_at("article footer button[popovertarget]").await;
    browser.enter("Laufzeit & Vertrag").await;
    browser.type_into("dialog[open] input[name=archived]", " ").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.holds("!document.querySelector('article') && document.activeElement.tagName === 'H1'").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_signs_a_user_out_and_requires_second_factors() {
    let world = world().await;
    let agent = world.agent("Nora Neu").await;
    agent.with_token().await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go(&format!("/users/{}", agent.id)).await;
    browser.enter("Sign out everywhere").await;
    assert_no_violations(&browser).await;
    browser.enter_at("dialog[open] button.danger").await;
    browser.reads("Not signed in anywhere.").await;
    agent.get("/me").await.problem(401, "not_signed_in");
    browser.enter("Delete token test").await;
    browser.enter_at("dialog[open] button.danger").await;
    browser.reads("No token.").await;
    assert_no_violations(&browser).await;
    browser.screenshot("daily-access").await;

    browser.go("/settings").await;
    browser.type_into("select[name=second_factor]", "Required for ev").await;
    browser.enter_at("form button[type=submit]").await;
    browser.reads("Your organisation requires it.").await;
    assert_eq!(world.admin.get("/me").await.ok()["needs_second_factor"], true);
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_imports_users_and_sees_the_result_of_each_row() {
    let world = world().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("benutzer.csv");
    std::fs::write(&file, "Name;E-Mail\nNora Neu;nora.neu@example.org\nOhne Adresse;keine\n").expect("a file");
    let nameless = folder.path().join("namen.csv");
    std::fs::write(&nameless, "Name;Rolle\nNora Neu;agent\n").expect("a file");
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/users/import").await;
    browser.reads("Zuerst wird nur geprüft.").await;
    assert_no_violations(&browser).await;
    browser.type_into("input[type=file]", &nameless.to_string_lossy()).await;
    browser.reads("Spalten zuordnen").await;
    browser.reads("Ordnen Sie eine Spalte „E-Mail“ zu.").await;
    assert_no_violations(&browser).await;
    browser.type_into("input[type=file]", &file.to_string_lossy()).await;
    browser.reads("benutzer.csv: 2 Zeilen").await;
    assert_no_violations(&browser).await;
    browser.screenshot("daily-import-columns").await;
    browser.enter("Prüfen").await;
    browser.reads("Geprüft. Noch wurde nichts geändert.").await;
    browser.reads("Ohne Adresse").await;
    assert_no_violations(&browser).await;
    browser.enter("1 Benutzer importieren").await;
    browser.reads("Fertig importiert.").await;
    assert_no_violations(&browser).await;
    browser.screenshot("daily-import").await;
    let address = browser.value("location.pathname + location.search").await;
    browser.go("/users").await;
    browser.go(address.as_str().expect("an address")).await;
    browser.reads("Fertig importiert.").await;
    browser.reads("keine").await;
    assert_eq!(world.admin.get("/users?q=nora.neu").await.ok()["items"][0]["email"], email_of("Nora Neu"));
}

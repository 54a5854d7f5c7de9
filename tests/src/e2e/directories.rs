//! An admin connects a directory and edits its rules; what has been entered is not lost silently.

use super::{browser::Browser, world};
use serde_json::json;

async fn assert_no_violations(browser: &Browser) {
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_connects_a_directory_and_loses_no_rules() {
    let world = world().await;
    let group = world.admin.post("/groups", &json!({ "name": "Support" })).await.created();
    let chosen = format!("document.querySelector('select[name=rule_group]').value === {}", group["id"]);
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/settings/directory").await;

    browser.enter("Verzeichnis hinzufügen").await;
    browser.type_into("dialog[open] input[name=name]", "Entra").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("Token von Entra: Kopieren Sie es jetzt.").await;
    browser.holds("document.activeElement.closest('.new-secret') !== null").await;
    assert_no_violations(&browser).await;

    browser.enter("Verzeichnis hinzufügen").await;
    browser.type_into("dialog[open] input[name=name]", "Entra").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.sees("dialog[open] input[name=name][aria-invalid=true]").await;
    assert_no_violations(&browser).await;
    browser.enter_at("dialog[open] .acts button[type=button]").await;
    browser.holds("document.querySelector('dialog[open]') === null").await;

    browser.click("Regeln").await;
    browser.reads("Noch keine Regeln.").await;
    browser.enter("Regel hinzufügen").await;
    browser.enter("Regeln speichern").await;
    browser.sees(".rules select[aria-invalid=true]").await;
    browser.holds("document.activeElement.name === 'rule_group'").await;
    browser.type_into("select[name=rule_group]", "Support").await;
    browser.enter("Vorschau").await;
    browser.reads("Für niemanden würde sich etwas ändern.").await;
    assert_no_violations(&browser).await;

    browser.click("Regeln").await;
    browser.holds("!document.querySelector('.provider > details').open").await;
    browser.click("Regeln").await;
    browser.holds(&chosen).await;
    browser.enter_at(".tabs a[href='/settings']").await;
    browser.reads("Eingaben verwerfen?").await;
    browser.enter("Weiter bearbeiten").await;
    browser.holds("document.activeElement.getAttribute('href') === '/settings'").await;
    browser.holds(&chosen).await;

    browser.enter("Regeln speichern").await;
    browser.reads("Regeln gespeichert.").await;
    browser.holds("document.activeElement.innerText === 'Regeln speichern'").await;
    let directories = world.admin.get("/directories").await.ok();
    let id = directories[0]["id"].as_str().expect("an id");
    assert_eq!(world.admin.get(&format!("/directories/{id}/rules")).await.ok()[0]["group_name"], "Support");

    browser.enter("Entra löschen").await;
    browser.reads("Verzeichnis Entra löschen?").await;
    browser.enter_at("dialog[open] button.danger").await;
    browser.reads("Noch kein Verzeichnis").await;
    browser.holds("document.activeElement.closest('[aria-labelledby=directories-title]') !== null").await;
    browser.enter_at(".tabs a[href='/settings']").await;
    browser.holds("location.pathname === '/settings'").await;
}

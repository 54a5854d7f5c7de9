//! Names lead to their pages, from there to the audit log, and pages below others name those; only as far as the caller
//! may go.

use super::{browser::Browser, world};
use crate::harness::{email_of, person::seat_request};
use seatkeeper_shared::people::{Permission, Role};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_leads_to_its_agent_and_license_and_these_to_the_log() {
    let world = world().await;
    let (license, agents) = world.pool(5, 1).await;
    let group = world.group("Nachtschicht", &[agents[0].id]).await;
    agents[0].post("/sessions", &seat_request("attended")).await.created();
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/sessions").await;
    browser.enter_at(".cell-license a").await;
    browser.holds(&format!("location.search === '?license={license}'")).await;
    // The card that the link is about has the focus.
    browser.holds("document.activeElement === document.querySelector('.license.linked h3')").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("links-license").await;
    browser.enter_at(".license-acts a[href^='/audit']").await;
    browser.holds("document.querySelectorAll('.audit .expand').length > 1").await;
    browser.holds("document.querySelector('select[name=license]').selectedIndex > 0").await;
    browser.enter_at(".cell-target a[href^='/users/']").await;
    browser.holds(&format!("location.pathname === '/users/{}'", agents[0].id)).await;

    browser.holds("document.querySelector('.breadcrumbs [aria-current]').innerText === 'Agent 0'").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("links-user").await;
    browser.enter_at(".lines a[href^='/groups']").await;
    browser.holds(&format!("location.search === '?group={group}'")).await;
    browser.enter_at("main a[href^='/audit']").await;
    browser.holds("document.querySelectorAll('.audit .expand').length === 2").await;
    browser.reads("Betrifft: Nachtschicht").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.enter_at(".cell-target a[href^='/groups']").await;
    browser.holds(&format!("location.pathname + location.search === '/groups?group={group}'")).await;

    for (path, above) in [
        (format!("/users/{}", agents[0].id), "/users"),
        ("/users/import".to_owned(), "/users"),
        ("/settings/directory".to_owned(), "/settings"),
        ("/reports/sizing".to_owned(), "/reports"),
    ] {
        browser.go(&path).await;
        browser.sees(&format!(".breadcrumbs a[href='{above}']")).await;
    }
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leads_where_the_caller_may_not_go() {
    let world = world().await;
    let (_, agents) = world.pool(5, 2).await;
    let group = world.group("Nachtschicht", &[agents[0].id]).await;
    let auditor = world.person("Vera Audit", Role::Manager, &[Permission::ViewAudit]).await;
    world.limit_to_groups(&auditor, &[group]).await;
    world.person("Mia Manager", Role::Manager, &[]).await;
    world.admin.delete(&format!("/users/{}", agents[1].id)).await.no_content();

    // Who acted is not in their group.
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in(&email_of("Vera Audit")).await;
    browser.go("/audit").await;
    browser.holds("!!document.querySelector('.cell-target a')").await;
    browser.holds("!document.querySelector('.cell-actor a')").await;

    let admin = Browser::open(&world.url, "en").await;
    admin.sign_in("anja.krueger@example.org").await;
    admin.go(&format!("/audit?user={}", agents[1].id)).await;
    admin.holds("!!document.querySelector('.cell-actor a')").await;
    admin.holds("!document.querySelector('.cell-target a[href^=\"/users/\"]')").await;

    let manager = Browser::open(&world.url, "en").await;
    manager.sign_in(&email_of("Mia Manager")).await;
    manager.go(&format!("/users/{}", agents[0].id)).await;
    manager.sees(".breadcrumbs").await;
    manager.holds("!document.querySelector('main a[href^=\"/audit\"]')").await;
    assert_eq!(manager.console_messages().await, Vec::<String>::new());
}

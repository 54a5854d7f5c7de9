//! Ending by the filter: after "select all", everything that matches, also what began since.

use super::{browser::Browser, world};
use crate::harness::person::seat_request;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_match_a_filter_are_ended_by_keyboard() {
    let world = world().await;
    let (_, agents) = world.pool(9, 5).await;
    for agent in &agents[..3] {
        agent.post("/sessions", &seat_request("attended")).await.created();
    }
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/sessions?state=waiting").await;
    browser.holds("document.querySelectorAll('tbody tr').length === 3").await;
    browser.element("thead input[type=checkbox]").await.click().await.expect("ticked");
    browser.reads("3 selected").await;
    browser.enter("Select all 3 that match").await;
    browser.reads("All 3 that match the filter").await;
    // One that began after the selection, and one that the filter does not show.
    agents[3].post("/sessions", &seat_request("attended")).await.created();
    agents[4].post("/sessions", &seat_request("application")).await.created();
    browser.enter("End all that match").await;
    browser.sees("dialog[open] input[name=message]").await;
    browser.reads("4 sessions match.").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("end-matching").await;
    browser.enter_at("dialog[open] button[type=submit]").await;
    browser.reads("4 sessions ended.").await;
    browser.holds("!document.querySelector('dialog[open]')").await;
    let live = world.admin.get("/sessions?state=live").await.ok();
    assert_eq!(live["total"], 1);

    // Another filter ends the selection of all.
    browser.go("/sessions?q=agent").await;
    browser.sees("tbody tr").await;
    browser.holds("!document.querySelector('.list-status.selecting')").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

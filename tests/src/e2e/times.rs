//! Exact times under the pointer and at the focus of the keyboard; and entries that appear in the audit log by
//! themselves.

use super::{browser::Browser, world};
use crate::harness::person::seat_request;
use serde_json::json;

const TIP: &str = "document.querySelector('#time-tip:popover-open')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_at_the_focus_tells_its_times_with_seconds_and_zone() {
    let world = world().await;
    let (_, agents) = world.pool(5, 1).await;
    agents[0].post("/sessions", &seat_request("attended")).await.created();
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.resize(1_280, 900).await;
    browser.go("/sessions").await;
    browser.sees("tbody tr").await;
    let j = "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }))";
    browser.enter_at("main .sort").await;
    browser.value(j).await;
    browser.holds(&format!("/Seit.*\\d\\d:\\d\\d:\\d\\d (MEZ|MESZ)/.test({TIP}?.innerText)")).await;
    browser.holds("document.activeElement.getAttribute('aria-describedby') === 'time-tip'").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("times").await;
    let escape = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))";
    browser.value(escape).await;
    browser.holds(&format!("!{TIP} && !document.querySelector('[aria-describedby=time-tip]')")).await;
    let over =
        "document.querySelector('.cell-since time').dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))";
    browser.value(over).await;
    browser.holds(&format!("/\\d\\d:\\d\\d:\\d\\d (MEZ|MESZ)/.test({TIP}?.innerText)")).await;
    browser.value("document.body.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))").await;
    browser.holds(&format!("!{TIP}")).await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_entries_appear_in_the_log_unless_the_user_is_at_work_on_it() {
    let world = world().await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/audit?what=groups").await;
    browser.reads("No entry matches").await;
    world.admin.post("/groups", &json!({ "name": "Day" })).await.created();
    browser.holds("document.querySelectorAll('.audit .expand').length === 1").await;
    browser.holds("/\\d\\d:\\d\\d:\\d\\d/.test(document.querySelector('.cell-when').innerText)").await;
    browser.enter_at(".audit .expand").await;
    browser.sees(".audit-detail").await;
    for name in ["Night", "Weekend"] {
        world.admin.post("/groups", &json!({ "name": name })).await.created();
    }
    browser.reads("2 new entries").await;
    browser.holds("document.querySelectorAll('.audit .expand').length === 1").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("audit-newer").await;
    browser.enter("2 new entries").await;
    browser.holds("document.querySelectorAll('.audit .expand').length === 3").await;
    browser.holds("document.querySelector('.cell-target').innerText.includes('Weekend')").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

//! Columns, density and order of a list, kept for each person who uses the browser.

use super::{browser::Browser, world};
use crate::harness::{email_of, person::seat_request};
use seatkeeper_shared::people::Role;

/// The heights of all rows that are taller than a compact one may be.
const TALL_ROWS: &str = "[...document.querySelectorAll('main tbody tr')] \
    .map(row => row.getBoundingClientRect().height).filter(height => height > 40)";

async fn open_menu(browser: &Browser) {
    browser.enter_at(".layout-button").await;
    browser.sees(".menu-panel:popover-open .layout-choice").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_density_and_order_are_kept_for_each_person() {
    let world = world().await;
    let (_, agents) = world.pool(5, 3).await;
    for agent in &agents {
        agent.post("/sessions", &seat_request("attended")).await.created();
    }
    world.person("Mia Manager", Role::Manager, &[]).await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.resize(1_280, 900).await;
    for (page, column) in [("/sessions", "device"), ("/users", "role")] {
        browser.go(page).await;
        browser.sees("tbody tr").await;
        browser.holds(&format!("{TALL_ROWS}.length > 0")).await;
        open_menu(&browser).await;
        browser.value(&format!("document.querySelector('.layout-choice input[name={column}]').click()")).await;
        browser.value("document.querySelector('.layout-choice input[value=compact]').click()").await;
        browser.holds(&format!("getComputedStyle(document.querySelector('.cell-{column}')).display === 'none'")).await;
        browser.holds(&format!("{TALL_ROWS}.length === 0")).await;
        assert_eq!(browser.violations().await, Vec::<String>::new());
        browser.screenshot(&format!("layout{}", page.replace('/', "-"))).await;
        browser.value("document.querySelector('main thead .sort').click()").await;
        browser.holds("location.search.includes('sort=')").await;
        let sorted = "document.querySelector('main thead [aria-sort]').getAttribute('aria-sort')";
        let order = browser.value(sorted).await;
        // Opened again, without an order in the address.
        browser.go(page).await;
        browser.sees("tbody tr").await;
        assert_eq!(browser.value(sorted).await, order, "{page}");
        browser.holds(&format!("{TALL_ROWS}.length === 0")).await;
        browser.holds(&format!("getComputedStyle(document.querySelector('.cell-{column}')).display === 'none'")).await;
    }
    browser.resize(390, 780).await;
    browser.holds("document.documentElement.scrollWidth <= innerWidth").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());

    // Another person at the same browser has their own.
    browser.value("fetch('/api/v1/sign-out', { method: 'POST' }).then(() => true)").await;
    browser.resize(1_280, 900).await;
    browser.sign_in(&email_of("Mia Manager")).await;
    browser.go("/users").await;
    browser.sees("tbody tr").await;
    browser.holds(&format!("{TALL_ROWS}.length > 0 && !document.querySelector('table.compact')")).await;
    open_menu(&browser).await;
    browser.holds("document.querySelector('.layout-choice input[name=role]').checked").await;
}

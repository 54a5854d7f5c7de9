//! The table of live sessions: it stays in place while somebody works on it, holds together when it is long, and counts
//! what its viewer may see.

use super::{browser::Browser, world};
use crate::harness::{Person, World, email_of, person::seat_request};
use seatkeeper_shared::{
    license::Model,
    people::{Permission, Role},
};
use serde_json::{Value, json};

/// The names in the table, from the top.
const NAMES: &str = "[...document.querySelectorAll('tbody .who b')].map(name => name.innerText)";
/// Where the rows are.
const PLACES: &str = "[...document.querySelectorAll('tbody tr')].map(row => row.getBoundingClientRect().top)";
/// Rows or headings that do not stand below each other, and cells that are drawn over their neighbours.
const BROKEN_CELLS: &str = "[...document.querySelectorAll('table tr:not(.gap)')].flatMap(row => {
    const shown = row => [...row.cells].filter(cell => cell.getClientRects().length);
    const head = shown(document.querySelector('thead tr'));
    const cells = shown(row);
    if (cells.length !== head.length) return [row.innerText];
    const over = cell => getComputedStyle(cell).overflowX === 'visible' && cell.scrollWidth > cell.clientWidth + 1;
    return cells.filter((cell, index) => {
        const [here, above] = [cell, head[index]].map(cell => cell.getBoundingClientRect());
        return Math.abs(here.left - above.left) > 1 || Math.abs(here.right - above.right) > 1 || over(cell);
    }).map(cell => cell.innerText);
})";

/// The bytes of the API that the page has received, without the stream.
const RECEIVED: &str = "performance.getEntriesByType('resource').filter(one => one.name.includes('/api/'))
    .reduce((sum, one) => sum + one.transferSize, 0)";

async fn open_sessions(world: &World, language: &str) -> Browser {
    let browser = Browser::open(&world.url, language).await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/sessions").await;
    browser.sees("tbody tr").await;
    browser
}

async fn hover(browser: &Browser, selector: &str) {
    let element = browser.element(selector).await;
    browser.driver.action_chain().move_to_element_center(&element).perform().await.expect("the pointer moves");
}

async fn end(world: &World, session: &Value) {
    let body = json!({ "ids": [session["id"]] });
    world.admin.post("/sessions/end", &body).await.ok();
}

async fn sessions_of(agents: &[Person]) -> Vec<Value> {
    let mut sessions = Vec::new();
    for agent in agents {
        sessions.push(agent.request_seat().await.created());
    }
    sessions
}

/// A license whose every session takes a seat of its own, with this many sessions.
async fn many_sessions(world: &World, count: usize) {
    const AGENTS: usize = 20;
    let (license, agents) = world.pool(i64::try_from(count).expect("few"), AGENTS).await;
    world.change_license(license, json!({ "seat_rule": "session", "lease_seconds": 3_600 })).await;
    for number in 0..count {
        let mut body = seat_request(if number % 3 == 0 { "attended" } else { "unattended" });
        body["device"] = json!(format!("NB-{number:04}-Aussendienst-Sued"));
        agents[number % AGENTS].post("/sessions", &body).await.created();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_stay_under_the_pointer_and_settle_when_it_leaves() {
    let world = world().await;
    let (_, agents) = world.pool(10, 6).await;
    let sessions = sessions_of(&agents[..4]).await;
    let browser = open_sessions(&world, "en").await;
    browser.holds(&format!("{NAMES}.length === 4")).await;
    let before = browser.value(NAMES).await;
    hover(&browser, "tbody tr:nth-child(3)").await;
    end(&world, &sessions[0]).await;
    sessions_of(&agents[4..]).await;
    browser.reads("2 new, 1 ended").await;
    assert_eq!(browser.value(NAMES).await, before, "no row has moved");
    browser.holds("document.querySelectorAll('tbody .ended-row').length === 1").await;
    browser.screenshot("sessions-held").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    hover(&browser, "h1").await;
    browser.holds(&format!("{NAMES}.join() === 'Agent 1,Agent 2,Agent 3,Agent 4,Agent 5'")).await;
    browser.holds("!document.querySelector('.pending')").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn selecting_moves_nothing_and_ended_sessions_leave_the_selection() {
    let world = world().await;
    let (_, agents) = world.pool(10, 4).await;
    let sessions = sessions_of(&agents).await;
    let browser = open_sessions(&world, "de").await;
    browser.holds(&format!("{NAMES}.length === 4")).await;
    let before = browser.value(PLACES).await;
    for agent in ["Agent 1", "Agent 2"] {
        browser
            .element(&format!("input[aria-label='Sitzung von {agent} auswählen']"))
            .await
            .click()
            .await
            .expect("ticked");
    }
    browser.reads("2 ausgewählt").await;
    assert_eq!(browser.value(PLACES).await, before, "no row has moved");
    hover(&browser, "h1").await;
    end(&world, &sessions[1]).await;
    browser.reads("1 ausgewählt · 1 inzwischen beendet").await;
    assert_eq!(browser.value(PLACES).await, before, "rows stay while something is selected");
    browser.screenshot("sessions-selected").await;
    browser.click("Sitzung beenden …").await;
    browser.reads("Betroffen ist eine Person: Agent 2.").await;
    browser.element("dialog[open] button.danger").await.click().await.expect("confirmed");
    browser.holds("!document.querySelector('dialog[open]')").await;
    browser.holds(&format!("{NAMES}.join() === 'Agent 0,Agent 3'")).await;
    browser.holds("document.activeElement !== document.body").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_sessions_stand_in_their_columns_at_every_width() {
    let world = world().await;
    many_sessions(&world, 400).await;
    let browser = open_sessions(&world, "de").await;
    browser.reads("400 Sitzungen").await;
    for (width, height) in [(1_480, 900), (1_341, 900), (1_280, 900), (1_150, 900), (1_000, 800)] {
        browser.resize(width, height).await;
        browser.holds("document.querySelectorAll('tbody tr').length < 100").await;
        for scroll in ["0", "9000"] {
            browser.value(&format!("window.scrollTo(0, {scroll})")).await;
            let count = "[...document.querySelectorAll('tbody tr[data-id]')].filter(row => {
                const { top, bottom } = row.getBoundingClientRect();
                return bottom > 0 && top < innerHeight;
            }).length";
            browser.screenshot(&format!("sessions-400-{width}-{scroll}")).await;
            browser.holds(&format!("{count} > 4")).await;
            assert_eq!(browser.value(BROKEN_CELLS).await, json!([]), "{width} pixels, scrolled to {scroll}");
            browser.holds("document.documentElement.scrollWidth <= innerWidth").await;
        }
        browser.screenshot(&format!("sessions-400-{width}")).await;
    }
    for width in [800, 640, 390, 320] {
        browser.resize(width, 800).await;
        browser.value("window.scrollTo(0, 9000)").await;
        browser.holds("document.querySelectorAll('tbody tr').length < 100").await;
        browser.holds("document.documentElement.scrollWidth <= innerWidth").await;
        browser.screenshot(&format!("sessions-400-{width}")).await;
    }
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_very_many_sessions_the_table_reads_what_it_shows() {
    let world = world().await;
    let (license, _) = world.pool(9_000, 1).await;
    world.insert_sessions(license, 1_200).await;
    let browser = open_sessions(&world, "en").await;
    browser.reads("1,200 sessions").await;
    browser.holds(&format!("{NAMES}[0] === 'masse 0000'")).await;
    browser.holds(&format!("{RECEIVED} < 150000")).await;
    let at_the_end = format!("(scrollTo(0, document.documentElement.scrollHeight), {NAMES}.includes('masse 1199'))");
    browser.holds(&at_the_end).await;
    browser.go("/sessions?q=masse+0777").await;
    browser.reads("1 of 1,200 sessions").await;
    browser.holds(&format!("{NAMES}.join() === 'masse 0777'")).await;
    browser.go("/sessions?sort=-agent").await;
    browser.holds(&format!("{NAMES}[0] === 'masse 1199'")).await;
    browser.go("/sessions?sort=-device").await;
    browser.holds(&format!("{NAMES}[0] === 'masse 0999'")).await;
    browser.reads("1,200 sessions").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_limited_to_groups_reads_the_totals_of_these_groups() {
    let world = world().await;
    let (_, agents) = world.pool(10, 5).await;
    let desk = world.product("Service Desk").await;
    let named = world.license(desk, Model::Named, 3).await;
    world.grant(named, &[agents[0].id]).await;
    sessions_of(&agents).await;
    let manager = world.person("Max Manager", Role::Manager, Permission::ALL).await;
    let group = world.group("Unsere", &[agents[0].id, agents[1].id]).await;
    world.limit_to_groups(&manager, &[group]).await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in(&email_of("Max Manager")).await;
    browser.go("/sessions").await;
    browser.sees("tbody tr").await;
    browser.holds("document.querySelector('.live-line').innerText.includes('2 aktive Sitzungen')").await;
    browser.holds("document.querySelector('.list-status').innerText.includes('2 Sitzungen')").await;
    browser.holds("document.querySelector('nav .count').innerText === '2'").await;
    browser.holds("!document.querySelector('.list-note')").await;
    browser.go("/sessions?q=agent.1").await;
    browser.reads("1 von 2 Sitzungen").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_colors_say_is_also_said_in_forced_colors() {
    let world = world().await;
    let (_, agents) = world.pool(10, 3).await;
    sessions_of(&agents).await;
    let browser = open_sessions(&world, "de").await;
    browser.element("input[aria-label='Sitzung von Agent 1 auswählen']").await.click().await.expect("ticked");
    browser.force_colors().await;
    let differ = |property: &str, one: &str, other: &str| {
        format!("(getComputedStyle({one}).{property} !== getComputedStyle({other}).{property})")
    };
    let find = |selector: &str| format!("document.querySelector('{selector}')");
    for group in [1, 2] {
        let segment = |state: &str| find(&format!(".preferences fieldset:nth-of-type({group}) .segment:{state}"));
        let (chosen, other) = (segment("has(:checked)"), segment("not(:has(:checked))"));
        browser.holds(&differ("backgroundColor", &chosen, &other)).await;
    }
    browser.holds(&differ("backgroundColor", &find(".live-dot"), "document.body")).await;
    browser.holds(&differ("outlineStyle", &find("tr.selected"), &find("tbody tr:not(.selected)"))).await;
    browser.holds(&differ("outlineStyle", &find("nav a[aria-current]"), &find("nav a:not([aria-current])"))).await;
    browser.holds(&differ("backgroundColor", &find(".seats .on"), &find(".seats .free"))).await;
    browser.screenshot("sessions-forced-colors").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

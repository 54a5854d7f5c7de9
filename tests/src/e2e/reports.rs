//! The reports: what happened is said and drawn, the chart is zoomed and read by keyboard, and everything is in the
//! address.

use super::{browser::Browser, page_checks::check_pages, world};
use crate::harness::{World, person::seat_request};
use seatkeeper_shared::{ids::LicenseId, license::Model};
use serde_json::json;
use thirtyfour::prelude::*;

/// Two seats that are both taken, a third agent who was refused and then waits, and a named seat that nobody uses.
async fn full_license(world: &World) -> LicenseId {
    let (license, agents) = world.pool(2, 3).await;
    world.change_license(license, json!({ "lease_seconds": 3_600 })).await;
    for agent in &agents[..2] {
        let session = agent.post("/sessions", &seat_request("attended")).await.created();
        let path = format!("/sessions/{}/connect", session["id"].as_str().expect("an id"));
        agent.post(&path, &json!({ "platform": "windows" })).await.ok();
    }
    assert_eq!(agents[2].post("/sessions", &seat_request("attended")).await.status, 409, "the license is full");
    let mut waits = seat_request("attended");
    waits["wait"] = json!(true);
    assert_eq!(agents[2].post("/sessions", &waits).await.status, 202, "the agent waits");
    let desk = world.product("Service Desk").await;
    let named = world.license(desk, Model::Named, 3).await;
    world.grant(named, &[agents[0].id]).await;
    license
}

/// Lets the app see the named seat of the first agent as unused: no seat of a new server is old enough. What the app
/// sends reaches the server.
async fn age_named_seat(browser: &Browser, world: &World) {
    let licenses = world.admin.get("/licenses").await.ok();
    let users = world.admin.get("/users?q=Agent%200").await.ok();
    let named = licenses.as_array().expect("a list").iter().find(|one| one["model"] == "named").expect("a license");
    let seat = json!({
        "license_id": named["id"], "product_name": "Service Desk", "user_id": users["items"][0]["id"],
        "user_name": "Agent 0", "granted_at": "2026-01-01T00:00:00Z",
    });
    let source = format!(
        "const send = window.fetch;
        let kept = false;
        window.fetch = async (request, ...rest) => {{
            const path = new URL(request.url ?? request, location.href).pathname;
            if (path.endsWith('/reports/unused-seats')) {{
                const seat = {{ ...{seat}, ...(kept ? {{ exception: {{ reason: 'Parental leave' }} }} : {{}}) }};
                return new Response(JSON.stringify({{ days: 45, items: [seat] }}));
            }}
            const answer = await send(request, ...rest);
            if (path.endsWith('/exception') && answer.ok) kept = request.method === 'PUT';
            return answer;
        }};"
    );
    let cdp = browser.driver.cdp();
    let added = cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
    added.expect("a script can be added");
}

/// Presses keys at the chart, as keyboard users do.
async fn press(browser: &Browser, keys: impl Into<TypingData>) {
    browser.sees(".chart-pointer").await;
    browser.value("(document.querySelector('.chart-pointer').focus(), true)").await;
    let focused = browser.driver.active_element().await.expect("an element has the focus");
    focused.send_keys(keys).await.expect("the chart accepts keys");
}

/// Chooses an option of a list.
async fn choose(browser: &Browser, name: &str, value: &str) {
    let script = format!(
        "(list => (list.value = '{value}', list.dispatchEvent(new Event('change', {{ bubbles: true }})), true))\
         (document.querySelector('select[name={name}]'))"
    );
    browser.holds(&script).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_day_is_zoomed_and_read_by_keyboard_with_everything_in_the_address() {
    let world = world().await;
    let license = full_license(&world).await;
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/reports?period=today").await;
    browser.reads("alle 2 Plätze belegt").await;
    browser.reads("1 Anfrage fand keinen Platz").await;
    browser.holds("document.querySelector('.step-chart svg').getAttribute('aria-label').includes('2 Plätze')").await;
    browser.holds("document.querySelectorAll('.step-chart .refusal').length === 1").await;
    browser.holds("document.querySelector('.step-chart .waiting').getAttribute('d') !== ''").await;

    // Zooming around the end stays in the address, and the focus stays at the chart.
    press(&browser, Key::End + "").await;
    browser.holds("document.querySelector('.chart-pointer').ariaValueText.includes('2 von 2 belegt · 1 wartet')").await;
    press(&browser, "+").await;
    browser.holds("/[?&]from=.*Z&to=.*Z/.test(decodeURIComponent(location.search))").await;
    browser.holds("document.activeElement.classList.contains('chart-pointer')").await;
    let zoomed = browser.value("location.search").await;
    press(&browser, "+").await;
    browser.holds(&format!("location.search !== {zoomed}")).await;
    browser.driver.back().await.expect("the browser goes back");
    browser.holds(&format!("location.search === {zoomed}")).await;
    browser.holds("document.querySelector('select[name=period]').value === 'own'").await;

    // Who was in.
    press(&browser, Key::End + "").await;
    press(&browser, Key::Enter + "").await;
    browser.holds("location.search.includes('at=')").await;
    browser.reads("Wer war da").await;
    browser.reads("2 von 2 Plätzen waren belegt, 1 Person wartete.").await;
    browser.holds("document.activeElement.id === 'moment-heading'").await;
    browser.holds("document.querySelectorAll('.moment tbody a[href^=\"/users/\"]').length === 2").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("reports-moment").await;
    browser.driver.back().await.expect("the browser goes back");
    browser.holds("!document.querySelector('.moment')").await;

    // A click chooses the moment under the pointer; a filter is shared by its address.
    browser.element(".chart-pointer").await.click().await.expect("the chart is clicked");
    browser.holds("location.search.includes('at=')").await;
    choose(&browser, "platform", "mac").await;
    browser.holds("location.search.includes('platform=mac')").await;
    browser.go("/reports?period=today").await;
    browser.type_into("input[name=person]", "Agent 1").await;
    browser.holds("document.querySelectorAll('datalist option').length === 1").await;
    browser
        .holds(
            "(input => (input.value = document.querySelector('datalist option').value,
            input.dispatchEvent(new Event('input', { bubbles: true })), true))
            (document.querySelector('input[name=person]'))",
        )
        .await;
    browser.holds("location.search.includes('user=')").await;
    browser.reads("Nur Agent 1").await;
    browser.reads("Höchstens 1 von 2 Plätzen").await;
    browser.click("Filter entfernen: Nur Agent 1").await;
    browser.holds("!location.search.includes('user=') && document.activeElement.name === 'person'").await;
    browser.go(&format!("/reports?license={license}&period=today&peaks=hour&heat=mean")).await;
    browser.holds("document.querySelector('input[value=hour]').checked").await;
    browser.holds("document.querySelector('select[name=heat]').value === 'mean'").await;
    browser.click("Als Tabelle").await;
    browser.holds("document.querySelectorAll('.data-table tbody tr').length > 1").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.go("/reports?from=2020-01-01&to=2020-01-02").await;
    browser.reads("In diesem Zeitraum wurde kein Platz genutzt").await;
    browser.click("Letzte 90 Tage anzeigen").await;
    browser.holds("location.search === '?period=90d'").await;
    browser.reads("alle 2 Plätze belegt").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_people_and_costs_tell_who_and_why() {
    let world = world().await;
    full_license(&world).await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/reports").await;
    browser.click("Refusals").await;
    browser.reads("1 of 1 refused requests counts").await;
    for text in ["All seats in use", "Agent 2", "no seat"] {
        browser.reads(text).await;
    }
    choose(&browser, "window", "60").await;
    browser.holds("location.search.includes('window=60')").await;
    browser.click("People and groups").await;
    browser.holds("location.pathname === '/reports/people'").await;
    browser.reads("Agent 0").await;
    browser.click("Platform").await;
    browser.holds("location.search.includes('by=platform')").await;
    browser.reads("Windows").await;

    // A named seat was never used: it is kept for a reason.
    age_named_seat(&browser, &world).await;
    browser.go("/reports/costs").await;
    browser.reads("1 named seat is not used.").await;
    browser.click("Keep").await;
    browser.type_into("dialog input[name=reason]", "Parental leave").await;
    browser.enter_at("dialog button[type=submit]").await;
    browser.reads("Parental leave").await;
    browser.click("Remove exception").await;
    browser.holds("!document.querySelector('.unused-seats').innerText.includes('Parental leave')").await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_report_has_no_violations() {
    let world = world().await;
    full_license(&world).await;
    let pages = [
        ("/reports?period=today", "reports-usage"),
        ("/reports?from=2026-01-01&to=2026-01-01", "reports-empty"),
        ("/reports/refusals", "reports-refusals"),
        ("/reports/people?by=group", "reports-people"),
        ("/reports/costs", "reports-costs"),
    ];
    for language in ["de", "en"] {
        let browser = Browser::open(&world.url, language).await;
        browser.sign_in("anja.krueger@example.org").await;
        check_pages(&browser, &format!("admin-{language}"), &pages).await;
    }
}

//! The first steps: an admin sets up an empty server, and users set their passwords with a link.

use super::{browser::Browser, dist, world};
use crate::harness::{Engine, SETUP_TOKEN, World, email_of};
use seatkeeper::{app::Options, clock::Clock};
use seatkeeper_shared::people::Role;
use thirtyfour::prelude::*;

/// No violations and no horizontal overflow, on a wide and on a narrow screen.
async fn assert_fits(browser: &Browser, name: &str) {
    for width in [320, 1280] {
        browser.resize(width, 900).await;
        browser.screenshot(&format!("{name}-{width}")).await;
        assert_eq!(browser.violations().await, Vec::<String>::new(), "{width} px");
        browser.holds("document.documentElement.scrollWidth <= document.documentElement.clientWidth").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_server_is_set_up_from_its_sign_in_page() {
    let change = |options: Options| Options { dist: Some(dist()), clock: Clock::default(), ..options };
    let (url, _database) = World::not_set_up_with(Engine::Sqlite, change).await;
    let browser = Browser::open(&url, "en").await;
    browser.go("/sign-in").await;
    browser.reads("The server prints the setup link when it starts").await;
    browser.holds("location.pathname === '/setup'").await;
    assert_fits(&browser, "setup-without-link").await;
    browser.type_into("input[name=token]", &format!("{url}/setup?token=outdated")).await;
    browser.type_into("input[name=account_name]", "Muster Support GmbH").await;
    browser.type_into("input[name=name]", "Anja Krüger").await;
    browser.type_into("input[name=email]", "anja.krueger@example.org").await;
    browser.type_into("input[name=password]", crate::harness::PASSWORD).await;
    browser.click("Create account").await;
    browser.reads("The setup link is wrong or already used.").await;
    browser.holds("document.activeElement.matches('input[name=token][aria-invalid=true]')").await;
    assert_fits(&browser, "setup-wrong-link").await;

    // The link is corrected; nothing else has been lost.
    let link = format!("{url}/setup?token={SETUP_TOKEN}");
    browser.type_into("input[name=token]", &(Key::Control + "a").to_string()).await;
    browser.type_into("input[name=token]", &link).await;
    browser.click("Create account").await;
    browser.sees("nav").await;

    browser.driver.goto(&link).await.expect("the page opens");
    browser.reads("Seatkeeper is already set up").await;
    browser.click("Go to the start page").await;
    browser.sees("nav").await;
    browser.driver.delete_all_cookies().await.expect("signed out");
    browser.driver.goto(&link).await.expect("the page opens");
    browser.reads("Seatkeeper is already set up").await;
    assert_fits(&browser, "setup-over").await;
    browser.click("Go to sign-in").await;
    browser.sees("input[name=password]").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_password_link_says_so_and_leads_to_the_sign_in() {
    let world = world().await;
    let user = world.user("Nora Neu", Role::Agent, &[]).await;
    let made = world.admin.post(&format!("/users/{user}/invite"), &()).await.created();
    let link = made["link"].as_str().expect("a link").replace(&world.url, "");
    let browser = Browser::open(&world.url, "de").await;
    browser.go(&link).await;
    browser.type_into("input[name=password]", &format!("ein ganzer neuer Satz{}", Key::Enter + "")).await;
    browser.sees("nav").await;

    let second = Browser::open(&world.url, "de").await;
    second.go(&link).await;
    second.reads("Dieser Link wurde schon benutzt").await;
    assert_fits(&second, "link-used").await;
    second.click("Zur Anmeldung").await;
    second.type_into("input[name=email]", &email_of("Nora Neu")).await;
    second.type_into("input[name=password]", &format!("ein ganzer neuer Satz{}", Key::Enter + "")).await;
    second.sees("nav").await;
}

//! Why one has to sign in again, and where one is afterwards.

use super::{browser::Browser, world};
use crate::harness::{PASSWORD, email_of};
use thirtyfour::prelude::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_was_signed_out_learns_why_and_returns_to_their_page() {
    let world = world().await;
    let nora = world.agent("Nora Neu").await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in(&email_of("Nora Neu")).await;
    browser.go("/profile").await;
    browser.reads("this browser").await;
    assert_eq!(world.admin.delete(&format!("/users/{}/sign-ins", nora.id)).await.status, 204);
    browser.reads("You were signed out").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("signed-out").await;
    // Also when the page is opened later.
    browser.go("/profile").await;
    browser.reads("You were signed out").await;
    browser.type_into("input[name=email]", &email_of("Nora Neu")).await;
    browser.type_into("input[name=password]", &format!("{PASSWORD}{}", Key::Enter + "")).await;
    browser.reads("this browser").await;
    browser.holds("location.pathname === '/profile'").await;

    // Not to users who sign out themselves.
    browser.go("/console").await;
    browser.click("Nora Neu").await;
    browser.click("Sign out").await;
    browser.sees("input[name=password]").await;
    browser.holds("!document.querySelector('main .note')").await;
}

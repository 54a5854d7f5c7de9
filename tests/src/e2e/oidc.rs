//! An admin sets up a real provider on its page; an agent signs in by it, and signs out there.

use super::{browser::Browser, page_checks::check_pages, world};
use crate::harness::eventually;
use seatkeeper_shared::people::Role;
use serde_json::json;
use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

/// A process with npm's oidc-provider, killed when dropped.
struct Provider(Child);

impl Drop for Provider {
    fn drop(&mut self) {
        // Fails if it has exited.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Provider {
    fn start(port: u16, redirect: &str, logout: &str) -> Self {
        let modules = std::env::var_os("SEATKEEPER_TEST_OIDC_PROVIDER")
            .expect("SEATKEEPER_TEST_OIDC_PROVIDER is not set: run the tests with `cargo xtask test --only e2e`");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/e2e/provider.mjs");
        let mut command = Command::new("node");
        command.arg(script).args([&port.to_string(), redirect, logout]).env("SEATKEEPER_TEST_OIDC_PROVIDER", modules);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.expect("node starts"))
    }

    async fn is_ready(port: u16) {
        let serves = async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok();
        eventually("the provider serves", serves).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_signs_in_and_out_by_a_real_provider() {
    let world = world().await;
    world.agent("Nora Neu").await;
    let port = crate::harness::process::free_address().port();
    let issuer = format!("http://127.0.0.1:{port}");

    let admin = Browser::open(&world.url, "de").await;
    admin.sign_in("anja.krueger@example.org").await;
    admin.go("/settings/directory").await;
    admin.click("Anbieter hinzufügen").await;
    admin.sees("dialog .secret").await;
    let shown = async |place: usize| {
        let text = admin.value(&format!("document.querySelectorAll('dialog .secret')[{place}].innerText")).await;
        text.as_str().expect("an address").to_owned()
    };
    let _provider = Provider::start(port, &shown(0).await, &shown(1).await);
    Provider::is_ready(port).await;
    admin.type_into("dialog input[name=name]", "Muster ID").await;
    admin.type_into("dialog input[name=issuer]", &issuer).await;
    admin.type_into("dialog input[name=client_id]", "seatkeeper").await;
    admin.type_into("dialog input[name=client_secret]", "wrong").await;
    admin.click("Speichern").await;
    admin.reads("nimmt aber Client-ID oder Client-Secret nicht an").await;
    admin.click("Muster ID ändern").await;
    admin.type_into("dialog input[name=client_secret]", "secret of the client").await;
    admin.click("Speichern").await;
    admin.reads("Alles in Ordnung").await;

    let nora = Browser::open(&world.url, "de").await;
    nora.go("/profile").await;
    nora.click("Mit Muster ID anmelden").await;
    nora.type_into("input[name=login]", "nora.neu").await;
    nora.type_into("input[name=password]", "anything").await;
    nora.click("Sign-in").await;
    nora.click("Continue").await;
    nora.reads("In diesen Browsern sind Sie angemeldet").await;
    nora.holds("location.pathname === '/profile'").await;

    nora.driver.goto(format!("{issuer}/session/end")).await.expect("the page opens");
    nora.click("Yes, sign me out").await;
    nora.reads("Sign-out Success").await;
    nora.go("/profile").await;
    nora.reads("Mit Muster ID anmelden").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_pages_have_no_violations() {
    let world = world().await;
    let body = json!({ "name": "Muster ID", "issuer": "http://127.0.0.1:9", "client_id": "seatkeeper" });
    let added = world.admin.post("/sign-in-providers", &body).await.created();
    let trouble = format!("/sign-in?trouble=failed&provider={}", added["id"].as_str().expect("an id"));
    for language in ["de", "en"] {
        let browser = Browser::open(&world.url, language).await;
        check_pages(&browser, language, &[(&trouble, "sign-in-trouble")]).await;
        browser.sign_in("anja.krueger@example.org").await;
        check_pages(&browser, language, &[("/settings/directory", "directory")]).await;
        browser.go("/settings/directory").await;
        browser.click(if language == "de" { "Muster ID testen" } else { "Test Muster ID" }).await;
        browser.sees(".note.bad").await;
        browser.click(if language == "de" { "Muster ID ändern" } else { "Change Muster ID" }).await;
        for (width, height) in [(1280, 900), (390, 844)] {
            browser.resize(width, height).await;
            browser.sees("dialog input[name=issuer]").await;
            browser.click(if language == "de" { "Anleitung" } else { "Setup guide" }).await;
            browser.screenshot(&format!("provider-{language}-{width}")).await;
            let found = browser.violations().await;
            assert!(found.is_empty(), "{language}, {width}: {found:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_admins_who_change_a_provider_sees_the_current_state() {
    let world = world().await;
    let body = json!({ "name": "Muster ID", "issuer": "http://127.0.0.1:9", "client_id": "seatkeeper" });
    let added = world.admin.post("/sign-in-providers", &body).await.created();
    let path = format!("/sign-in-providers/{}", added["id"].as_str().expect("an id"));
    let browser = Browser::open(&world.url, "de").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/settings/directory").await;
    browser.click("Muster ID ändern").await;
    browser.sees("dialog[open] input[name=name]").await;
    world.admin.patch(&path, &json!({ "name": "Firmen-ID" })).await.ok();
    browser.type_into("dialog[open] input[name=name]", " II").await;
    browser.element("dialog[open] button[type=submit]").await.click().await.expect("saved");
    browser.reads("Jemand anderes war schneller").await;
    assert_eq!(world.admin.get(&path).await.ok()["name"], "Firmen-ID", "nothing was overwritten");
    for (width, height) in [(390, 844), (1280, 900)] {
        browser.resize(width, height).await;
        browser.holds("document.querySelector('dialog[open] .note.bad button').getBoundingClientRect().top > 0").await;
        browser.screenshot(&format!("provider-late-{width}")).await;
        let found = browser.violations().await;
        assert!(found.is_empty(), "{width}: {found:#?}");
    }
    browser.click("Aktuellen Stand anzeigen").await;
    browser.holds("document.querySelector('dialog[open] input[name=name]')?.value === 'Firmen-ID'").await;
    browser.type_into("dialog[open] input[name=name]", " II").await;
    browser.element("dialog[open] button[type=submit]").await.click().await.expect("saved");
    browser.holds("!document.querySelector('dialog[open]')").await;
    assert_eq!(world.admin.get(&path).await.ok()["name"], "Firmen-ID II");

    let second = world.person("Second Admin", Role::Admin, &[]).await;
    world.admin.patch("/sign-in-rules", &json!({ "emergency_user_id": second.id })).await.ok();
    browser.click("Nur über Anbieter").await;
    browser.element("[aria-labelledby=passwords-title] button[type=submit]").await.click().await.expect("saved");
    browser.reads("Jemand anderes war schneller").await;
    browser.click("Aktuellen Stand anzeigen").await;
    browser.holds(&format!("document.querySelector('[name=emergency_user_id]').value === '{}'", second.id)).await;
    assert_eq!(world.admin.get("/sign-in-rules").await.ok()["providers_only"], false);
}

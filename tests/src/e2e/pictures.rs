//! The pictures in the documents; `cargo xtask pictures` takes them again.

use super::{browser::Browser, dist, world};
use crate::harness::{Database, Engine, ServerProcess, person::seat_request};
use seatkeeper_shared::{license::Model, session::Platform};
use serde_json::json;
use thirtyfour::prelude::*;

const AGENTS: [&str; 12] = [
    "Aisha Rahman",
    "Ben Carter",
    "Chiara Conti",
    "David Okafor",
    "Elena Petrova",
    "Farid Haddad",
    "Grace Kim",
    "Hannah Lindqvist",
    "Ivan Horvat",
    "Julia Weber",
    "Kenji Tanaka",
    "Lucía Moreno",
];
const SEATS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_picture_of_shared_sessions_shows_a_full_license_with_a_queue() {
    let world = world().await;
    let product = world.product("Remote Support v5").await;
    let license = world.license(product, Model::Concurrent, i64::try_from(SEATS).expect("few")).await;
    let mut agents = Vec::new();
    for name in AGENTS {
        agents.push(world.agent(name).await);
    }
    world.grant(license, &agents.iter().map(|agent| agent.id).collect::<Vec<_>>()).await;
    for (place, agent) in agents.iter().take(SEATS).enumerate() {
        let session = agent.post("/sessions", &seat_request("attended")).await.created();
        if place % 4 != 3 {
            let path = format!("/sessions/{}/connect", session["id"].as_str().expect("an id"));
            agent.post(&path, &json!({ "platform": Platform::ALL[place % Platform::ALL.len()] })).await.ok();
        }
    }
    let mut request = seat_request("attended");
    request["wait"] = json!(true);
    for agent in &agents[SEATS..] {
        assert_eq!(agent.post("/sessions", &request).await.status, 202);
    }
    let browser = Browser::open(&world.url, "en").await;
    browser.resize(1280, 860).await;
    browser.prefer_color_scheme("light").await;
    browser.sign_in("anja.krueger@example.org").await;
    browser.go("/sessions").await;
    browser.holds("document.querySelectorAll('tbody tr').length >= 10").await;
    browser.sees(".waiter").await;
    browser.picture("sessions").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pictures_of_reports_show_the_past_of_the_sample_account() {
    let database = Database::create(Engine::Sqlite).await;
    let made = ServerProcess::run_command(&["demo-history"], &database.address);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = ServerProcess::start_with_app(&database.address, &dist()).await;
    let browser = Browser::open(&server.url, "en").await;
    browser.resize(1280, 860).await;
    browser.prefer_color_scheme("light").await;
    browser.go("/sign-in").await;
    browser.type_into("input[name=email]", "anja.krueger@example.org").await;
    browser.type_into("input[name=password]", &format!("ten-seats-fifteen-agents{}", Key::Enter + "")).await;
    browser.sees("nav").await;
    for (path, name, shown) in
        [("/", "overview", ".tile"), ("/reports", "usage", "svg"), ("/reports/sizing", "sizing", "table tbody tr")]
    {
        browser.go(path).await;
        browser.sees("main h1").await;
        browser.sees(&format!("main {shown}")).await;
        browser.holds("!document.querySelector('main [aria-busy=true]')").await;
        browser.picture(name).await;
    }
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
    server.stop().await;
}

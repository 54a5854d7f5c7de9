//! The live view tells the truth: in many tabs, while the server hangs or restarts, behind a proxy that holds back the
//! stream, after the sign-in was ended, and after an update.

use super::{browser::Browser, dist, world};
use crate::harness::{
    Engine, Person, World,
    database::Database,
    email_of,
    process::{ServerProcess, free_address},
    within,
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};
use thirtyfour::WindowHandle;

/// Within this time everything that is wrong with the connection is noticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(15);
/// How long a hidden tab stays connected.
const HIDDEN_GRACE: Duration = Duration::from_secs(30);
const ADMIN: &str = "anja.krueger@example.org";
const IS_LIVE: &str = "document.querySelector('.live-dot:not(.off)') !== null \
                       && document.querySelector('.connection-notice') === null";

/// Opens the sessions page as the admin, and marks the document, to notice a reload.
async fn admin_at_sessions(url: &str) -> Browser {
    let browser = Browser::open(url, "en").await;
    browser.sign_in(ADMIN).await;
    browser.go("/sessions").await;
    browser.holds(IS_LIVE).await;
    browser.value("window.sameDocument = true").await;
    browser
}

/// Opens further tabs with this page until there are `count`.
async fn open_tabs(browser: &Browser, count: usize, path: &str) -> Vec<WindowHandle> {
    for _ in 1..count {
        let tab = browser.driver.new_tab().await.expect("a tab opens");
        browser.show(&tab).await;
        browser.go(path).await;
        browser.holds(IS_LIVE).await;
    }
    browser.driver.windows().await.expect("the tabs")
}

/// Waits until this process serves so many streams.
async fn serves_streams(world: &World, count: usize) {
    let message = || format!("{} streams, not {count}", world.app.streams.count());
    within(NOTICED_WITHIN, message, async || world.app.streams.count() == count).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_tabs_share_one_stream_and_all_are_live() {
    let world = world().await;
    let (_, agents) = world.pool(5, 3).await;
    let browser = admin_at_sessions(&world.url).await;
    let tabs = open_tabs(&browser, 12, "/sessions").await;
    assert_eq!(tabs.len(), 12);
    serves_streams(&world, 1).await;
    agents[0].request_seat().await.created();
    for tab in &tabs {
        browser.show(tab).await;
        browser.reads("Agent 0").await;
        browser.holds(IS_LIVE).await;
    }
    // The first tab holds the stream for all.
    browser.show(&tabs[0]).await;
    browser.driver.close_window().await.expect("the tab closes");
    browser.show(&tabs[7]).await;
    serves_streams(&world, 1).await;
    agents[1].request_seat().await.created();
    browser.reads("Agent 1").await;
    browser.holds(IS_LIVE).await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tab_that_lists_sessions_gets_them_from_one_that_does_not() {
    let world = world().await;
    let (_, agents) = world.pool(5, 3).await;
    let browser = admin_at_sessions(&world.url).await;
    browser.go("/licenses").await;
    browser.reads("Remote Support v5").await;
    let tabs = open_tabs(&browser, 2, "/sessions").await;
    serves_streams(&world, 1).await;
    agents[0].request_seat().await.created();
    browser.reads("Agent 0").await;
    // Sleeps: a need that is not repeated would be forgotten meanwhile, by the browser's clock.
    tokio::time::sleep(NOTICED_WITHIN).await;
    agents[1].request_seat().await.created();
    browser.reads("Agent 1").await;
    serves_streams(&world, 1).await;
    browser.show(&tabs[0]).await;
    browser.go("/sessions").await;
    browser.reads("Agent 1").await;
    browser.holds(IS_LIVE).await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tab_that_is_hidden_for_a_while_lets_go_and_is_live_again_when_it_is_shown() {
    let world = world().await;
    let (_, agents) = world.pool(5, 1).await;
    let browser = admin_at_sessions(&world.url).await;
    serves_streams(&world, 1).await;
    // Tabs of this browser are never hidden, so the page is told.
    let show = |state: &str| {
        format!(
            "(Object.defineProperty(document, 'visibilityState', {{ value: '{state}', configurable: true }}),
             document.dispatchEvent(new Event('visibilitychange', {{ bubbles: true }})))"
        )
    };
    browser.value(&show("hidden")).await;
    // Sleeps: the page keeps its stream for so long, by the browser's clock.
    tokio::time::sleep(HIDDEN_GRACE).await;
    serves_streams(&world, 0).await;
    agents[0].request_seat().await.created();
    browser.value(&show("visible")).await;
    serves_streams(&world, 1).await;
    browser.reads("Agent 0").await;
    browser.holds(IS_LIVE).await;
    assert_eq!(browser.console_messages().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_agent_is_offered_a_seat_in_a_tab_that_follows() {
    let world = world().await;
    let (_, agents) = world.pool(1, 2).await;
    let session = agents[0].seated().await;
    let browser = Browser::open(&world.url, "en").await;
    browser.sign_in(&email_of("Agent 1")).await;
    browser.click("Wait for a seat").await;
    browser.sees(".queue-place").await;
    open_tabs(&browser, 3, "/console").await;
    browser.sees(".queue-place").await;
    serves_streams(&world, 1).await;
    agents[0].post_action(&session, "end").await.ok();
    browser.sees(".ticket.offered").await;
}

/// A server process with the built app, and its admin.
async fn server_process(database: &Database) -> ServerProcess {
    let server = start_again(free_address(), database).await;
    Person::setting_up(&server.url).await;
    server
}

async fn start_again(address: std::net::SocketAddr, database: &Database) -> ServerProcess {
    let environment = [("SEATKEEPER_DIST", dist().display().to_string())];
    ServerProcess::start_at(address, &database.address, &environment).await.expect("the server starts")
}

/// Waits until the page says that there is no connection, and asserts that this does not take too long.
async fn notices_the_loss(browser: &Browser) {
    let begun = Instant::now();
    browser.reads("No connection. Showing the state of").await;
    assert!(begun.elapsed() < NOTICED_WITHIN, "noticed after {:?}", begun.elapsed());
    browser.holds("/\\(for \\d+ s\\)/.test(document.querySelector('.connection-notice').innerText)").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_noticed_and_the_page_recovers() {
    let database = Database::migrated(Engine::Sqlite).await;
    let server = server_process(&database).await;
    let browser = admin_at_sessions(&server.url).await;
    let tabs = open_tabs(&browser, 2, "/console").await;
    server.signal(Signal::SIGSTOP);
    notices_the_loss(&browser).await;
    browser.screenshot("live-lost").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.show(&tabs[0]).await;
    browser.reads("No connection.").await;
    server.signal(Signal::SIGCONT);
    for tab in &tabs {
        browser.show(tab).await;
        browser.holds(IS_LIVE).await;
    }
    browser.show(&tabs[0]).await;
    browser.holds("window.sameDocument === true").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_is_noticed_and_the_page_recovers() {
    let database = Database::migrated(Engine::Sqlite).await;
    let mut server = server_process(&database).await;
    let address = server.url.trim_start_matches("http://").parse().expect("an address");
    let browser = admin_at_sessions(&server.url).await;
    server.kill();
    notices_the_loss(&browser).await;
    let _server = start_again(address, &database).await;
    browser.holds(IS_LIVE).await;
    browser.holds("window.sameDocument === true").await;
}

/// A proxy that passes on what it has received completely, and so never the stream.
async fn holding_proxy(server: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let app = axum::Router::new().fallback(forward).with_state(server.to_owned());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn forward(State(server): State<String>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let client = crate::harness::http::client();
    let request = client.request(method, format!("{server}{uri}")).headers(headers).body(body);
    let response = request.send().await.expect("the server answers");
    let (status, mut headers) = (response.status(), response.headers().clone());
    headers.remove("transfer-encoding");
    let body = response.bytes().await.expect("a body");
    let mut answer = Response::new(Body::from(body));
    (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_proxy_that_holds_back_the_stream_the_page_is_refreshed_and_says_so() {
    let world = world().await;
    let (_, agents) = world.pool(5, 1).await;
    let browser = Browser::open(&holding_proxy(&world.url).await, "en").await;
    browser.sign_in(ADMIN).await;
    browser.go("/sessions").await;
    let begun = Instant::now();
    browser.reads("Changes are not arriving live").await;
    assert!(begun.elapsed() < NOTICED_WITHIN + Duration::from_secs(3), "noticed after {:?}", begun.elapsed());
    agents[0].request_seat().await.created();
    browser.reads("Agent 0").await;
    browser.screenshot("live-polling").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_whose_sign_in_was_ended_is_sent_to_the_sign_in_and_back() {
    let world = world().await;
    let browser = admin_at_sessions(&world.url).await;
    let begun = Instant::now();
    world.admin.delete("/me/sign-ins").await.no_content();
    browser.holds("location.pathname === '/sign-in' && location.search === '?back=%2Fsessions'").await;
    assert!(begun.elapsed() < NOTICED_WITHIN, "noticed after {:?}", begun.elapsed());
    browser.screenshot("live-signed-out").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_build_is_offered_but_not_loaded_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in std::fs::read_dir(dist()).expect("the built app") {
        let file = file.expect("a file").path();
        let target = folder.path().join(file.file_name().expect("a name"));
        match file.file_name().is_some_and(|name| name == "index.html") {
            true => drop(std::fs::copy(&file, &target).expect("copied")),
            false => std::os::unix::fs::symlink(&file, &target).expect("linked"),
        }
    }
    let world = World::with_app(folder.path().to_owned()).await;
    let browser = admin_at_sessions(&world.url).await;
    let begun = Instant::now();
    let page = folder.path().join("index.html");
    let text = std::fs::read_to_string(&page).expect("a page");
    std::fs::write(&page, text + "<!-- another build -->").expect("written");
    browser.reads("A new version of Seatkeeper is installed.").await;
    assert!(begun.elapsed() < NOTICED_WITHIN, "noticed after {:?}", begun.elapsed());
    browser.holds("window.sameDocument === true").await;
    assert_eq!(browser.violations().await, Vec::<String>::new());
    browser.screenshot("live-new-version").await;
    browser.click("Reload").await;
    browser.holds("window.sameDocument === undefined").await;
    browser.holds(IS_LIVE).await;
    browser.holds("!document.body.innerText.includes('A new version')").await;
}

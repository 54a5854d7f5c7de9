//! Servers on one database notify each other through PostgreSQL; where that fails, polling the event log suffices.

use crate::harness::{Engine, Watcher, World, eventually};
use seatkeeper::{
    app::{App, Options},
    commit_hooks::CommitHooks,
    db::Db,
    events::Event,
    pg_notify,
    seats::Actor,
};
use seatkeeper_shared::audit::EventData;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The longest time to wait for a notification.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The time without notifications after which no more are expected.
const QUIET_PERIOD: Duration = Duration::from_millis(500);
/// The time within which a change at one server must be seen at the other.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Starts a listener without a server.
fn start_listener(world: &World) -> CommitHooks {
    let commit_hooks = CommitHooks::default();
    tokio::spawn(pg_notify::run(world.app.db.clone(), commit_hooks.clone()));
    commit_hooks
}

async fn wait_until_listening(commit_hooks: &CommitHooks) {
    // Not by awaiting a notification, which would take it from the server's own reader.
    eventually("the listener connects", async || commit_hooks.is_listening()).await;
}

/// Counts notifications until none arrives for a while.
async fn count_until_quiet(commit_hooks: &CommitHooks) -> usize {
    let mut notifications = 0;
    while timeout(QUIET_PERIOD, commit_hooks.changed()).await.is_ok() {
        notifications += 1;
    }
    notifications
}

fn event() -> [Event; 1] {
    [Event::new(EventData::PasswordSet {}, Actor::system(), None)]
}

/// Terminates the listener connections of all servers, and returns their number.
async fn disconnect_listeners(world: &World) -> usize {
    const SQL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query LIKE 'NOTIFY%')";
    let Db::Postgres { pool, .. } = &world.app.db else { panic!("only PostgreSQL has listeners") };
    let terminated: Vec<bool> = sqlx::query_scalar(SQL).fetch_all(pool).await.expect("connections can be terminated");
    terminated.len()
}

/// A second server on the same database that only polls the event log.
async fn start_polling_server(world: &World) -> String {
    let options = Options {
        clock: world.clock.clone(),
        cheap_passwords: true,
        poll_only: true,
        keyring: crate::harness::keyring(),
        ..Options::default()
    };
    let app = App::start(world.app.db.clone(), options).await.expect("the app starts");
    crate::harness::serve_app(&app).await
}

/// Makes ten changes at one server, and returns the longest time until a viewer at the other saw one.
async fn longest_delay(world: &World, other: &str) -> Duration {
    let (license, people) = world.pool(20, 1).await;
    let (mut viewer, _) = Watcher::with_snapshot(&world.admin.at(other)).await;
    let mut longest = Duration::ZERO;
    for seats in 1..=10 {
        let begun = Instant::now();
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await.ok();
        viewer.until(|frame| frame.license(license).is_some_and(|seen| seen["seats"] == seats)).await;
        longest = longest.max(begun.elapsed());
    }
    people[0].at(other).request_seat().await.created();
    longest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_notify_the_other_servers_with_few_notifications() {
    let world = World::start(Engine::Postgres).await;
    let (one, other) = (start_listener(&world), start_listener(&world));
    wait_until_listening(&one).await;
    wait_until_listening(&other).await;
    count_until_quiet(&other).await;
    one.notify_committed(&event());
    timeout(TIMEOUT, other.changed()).await.expect("the other is notified");
    count_until_quiet(&other).await;
    let begun = Instant::now();
    for _ in 0..1_000 {
        one.notify_committed(&event());
        tokio::task::yield_now().await;
    }
    let notifications = count_until_quiet(&other).await;
    let most = 2 + usize::try_from(begun.elapsed().as_millis() / 75).expect("a small number");
    assert!((1..=most).contains(&notifications), "a thousand writes caused {notifications} notifications");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disconnected_listener_reconnects() {
    let world = World::start(Engine::Postgres).await;
    let (one, other) = (start_listener(&world), start_listener(&world));
    wait_until_listening(&one).await;
    wait_until_listening(&other).await;
    assert_eq!(disconnect_listeners(&world).await, 3, "both listeners and the server are connected");
    eventually("the disconnection is noticed", async || !one.is_listening() && !other.is_listening()).await;
    wait_until_listening(&one).await;
    wait_until_listening(&other).await;
    count_until_quiet(&other).await;
    one.notify_committed(&event());
    timeout(TIMEOUT, other.changed()).await.expect("the other is notified again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_there_is_no_server_to_notify() {
    let world = World::start(Engine::Sqlite).await;
    pg_notify::run(world.app.db.clone(), CommitHooks::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_seen_at_the_other_server_within_a_second() {
    let world = World::start(Engine::Postgres).await;
    let other = world.second_server().await;
    wait_until_listening(&world.app.commit_hooks).await;
    let longest = longest_delay(&world, &other).await;
    assert!(longest < MAX_DELAY, "one change took {longest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polling_the_log_suffices_without_notifications() {
    let world = World::start(Engine::Postgres).await;
    let other = start_polling_server(&world).await;
    let longest = longest_delay(&world, &other).await;
    assert!(longest < MAX_DELAY, "one change took {longest:?}");
}

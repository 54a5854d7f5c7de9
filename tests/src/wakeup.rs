//! Servers on one database wake each other; where they cannot, looking at the log suffices.

use crate::world::{Engine, Watcher, World};
use seatkeeper::{
    api,
    app::{App, Options},
    bell::Bell,
    db::Db,
    events::Event,
    knocks,
    seats::Actor,
};
use serde_json::json;
use std::{net::SocketAddr, time::Duration};
use tokio::time::{Instant, timeout};

/// How long anything may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);
/// For how long silence must last to count as silence.
const SILENCE: Duration = Duration::from_millis(500);
/// Within which time a change at one server is seen at the other.
const PROMISED: Duration = Duration::from_secs(1);

/// Somebody on the line who has nothing else to do.
fn join(world: &World) -> Bell {
    let bell = Bell::default();
    tokio::spawn(knocks::run(world.app.db.clone(), bell.clone()));
    bell
}

async fn until_it_hears(bell: &Bell) {
    let begun = Instant::now();
    while !bell.hears_others() {
        assert!(begun.elapsed() < PATIENCE, "the line does not come up");
        // Without waiting for the bell: each ring is for one who waits, and that is the server's reader.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How often it rings until it is silent.
async fn until_silence(bell: &Bell) -> usize {
    let mut rings = 0;
    while timeout(SILENCE, bell.rung()).await.is_ok() {
        rings += 1;
    }
    rings
}

fn something() -> [Event; 1] {
    [Event::new("signed_in", Actor::system(), None, json!({}))]
}

/// Cuts the lines of all servers.
async fn cut(world: &World) -> usize {
    const SQL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query LIKE 'NOTIFY%')";
    let Db::Postgres { pool, .. } = &world.app.db else { panic!("only PostgreSQL has lines") };
    let cut: Vec<bool> = sqlx::query_scalar(SQL).fetch_all(pool).await.expect("lines can be cut");
    cut.len()
}

/// A second server on the same database that hears of the first only by looking at the log.
async fn beside_and_only_looking(world: &World) -> String {
    let options = Options {
        clock: world.clock.clone(),
        cheap_passwords: true,
        only_look: true,
        keyring: crate::world::keyring(),
        ..Options::default()
    };
    let app = App::start(world.app.db.clone(), options).await.expect("the app starts");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let service = api::service(app).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.expect("the test server serves") });
    url
}

/// Ten changes at one server; the longest time until the other told a viewer.
async fn longest_way(world: &World, other: &str) -> Duration {
    let (license, people) = world.pool(20, 1).await;
    let (mut viewer, _) = Watcher::with_snapshot(&world.admin.at(other)).await;
    let mut longest = Duration::ZERO;
    for seats in 1..=10 {
        let begun = Instant::now();
        world.admin.patch(&format!("/licenses/{license}"), &json!({ "seats": seats })).await.ok();
        viewer.until(|frame| frame.license(license).is_some_and(|seen| seen["seats"] == seats)).await;
        longest = longest.max(begun.elapsed());
    }
    people[0].at(other).ask().await.created();
    longest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_wakes_the_others_and_many_writes_are_few_knocks() {
    let world = World::start(Engine::Postgres).await;
    let (one, other) = (join(&world), join(&world));
    until_it_hears(&one).await;
    until_it_hears(&other).await;
    until_silence(&other).await;
    one.ring(&something());
    timeout(PATIENCE, other.rung()).await.expect("the other is woken");
    until_silence(&other).await;
    let begun = Instant::now();
    for _ in 0..1_000 {
        one.ring(&something());
        tokio::task::yield_now().await;
    }
    let rings = until_silence(&other).await;
    let most = 2 + usize::try_from(begun.elapsed().as_millis() / 75).expect("a small number");
    assert!((1..=most).contains(&rings), "a thousand writes are {rings} knocks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_was_cut_comes_back() {
    let world = World::start(Engine::Postgres).await;
    let (one, other) = (join(&world), join(&world));
    until_it_hears(&one).await;
    until_it_hears(&other).await;
    assert_eq!(cut(&world).await, 3, "both and the server have a line");
    let begun = Instant::now();
    while one.hears_others() || other.hears_others() {
        assert!(begun.elapsed() < PATIENCE, "the cut is not noticed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    until_it_hears(&one).await;
    until_it_hears(&other).await;
    until_silence(&other).await;
    one.ring(&something());
    timeout(PATIENCE, other.rung()).await.expect("the other is woken again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_there_is_nobody_to_wake() {
    let world = World::start(Engine::Sqlite).await;
    knocks::run(world.app.db.clone(), Bell::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_seen_at_the_other_server_within_a_second() {
    let world = World::start(Engine::Postgres).await;
    let other = world.beside().await;
    until_it_hears(&world.app.bell).await;
    let longest = longest_way(&world, &other).await;
    assert!(longest < PROMISED, "one change took {longest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_at_the_log_suffices_where_nobody_is_woken() {
    let world = World::start(Engine::Postgres).await;
    let other = beside_and_only_looking(&world).await;
    let longest = longest_way(&world, &other).await;
    assert!(longest < PROMISED, "one change took {longest:?}");
}

//! Whether a server can work, as those who watch over it see: `/readyz` fails when nothing can be written, whatever the reason, and
//! a server whose tables were changed by a newer version stops writing.

use crate::world::{Cluster, Database, Engine, Ground, Person, Process, on_both_engines, process::free_address, seed};
use futures_util::future::join_all;
use nix::sys::signal::Signal;
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use std::{fs, time::Duration};
use tokio::time::{Instant, sleep};

/// Much more than the second that it may take: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

async fn readyz(url: &str) -> u16 {
    reqwest::get(format!("{url}/readyz")).await.expect("the server answers").status().as_u16()
}

/// Asks until the answer is this one.
async fn becomes(url: &str, wanted: u16) {
    let until = Instant::now() + PATIENCE;
    while readyz(url).await != wanted {
        assert!(Instant::now() < until, "/readyz never answers {wanted}");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn adds(admin: &Person, name: &str) -> u16 {
    admin.post("/products", &json!({ "name": name })).await.status.as_u16()
}

/// A migration that this version does not know.
fn newer(engine: Engine) -> String {
    let checksum = match engine {
        Engine::Sqlite => "X'00'",
        Engine::Postgres => r"'\x00'",
    };
    format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of a newer version', TRUE, {checksum}, 0)"
    )
}

on_both_engines! {
    async fn asking_often_writes_nothing_that_anybody_sees(world: World) {
        let before = world.head().await;
        for _ in 0..10 {
            assert_eq!(join_all((0..20).map(|_| readyz(&world.url))).await, [200; 20]);
        }
        assert_eq!(world.head().await, before, "no event was written");
        let checks = seatkeeper::store::schema::checks(&world.app.db).await.expect("it can be read");
        // As many as fit into the time it took, at four a second.
        assert!((1..=100).contains(&checks), "{checks} writes for 200 who asked");
    }

    async fn tables_of_a_newer_version_are_not_written_to(world: World) {
        assert_eq!(adds(&world.admin, "Before").await, 201);
        world.execute(&newer(world.engine)).await;
        becomes(&world.url, 503).await;
        let problem = world.admin.post("/products", &json!({ "name": "After" })).await.problem(503, "unavailable");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("newer version")), "{problem}");
        let names = world.admin.get("/products").await.ok().as_array().expect("a list").len();
        assert_eq!(names, 1, "reading goes on");
        world.execute("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
        becomes(&world.url, 200).await;
        assert_eq!(adds(&world.admin, "Again").await, 201);
    }

    async fn a_database_that_hangs_is_not_ready(world: World) {
        assert_eq!(readyz(&world.url).await, 200);
        let lock = "UPDATE readiness SET checks = checks";
        if world.engine == Engine::Postgres {
            let mut other = PgConnection::connect(&world.database.address).await.expect("it answers");
            other.execute("BEGIN").await.expect("it can be done");
            other.execute(lock).await.expect("it can be done");
            becomes(&world.url, 503).await;
            other.execute("ROLLBACK").await.expect("it can be done");
        } else {
            let mut other = SqliteConnection::connect(&world.database.address).await.expect("it opens");
            other.execute("BEGIN IMMEDIATE").await.expect("it can be done");
            becomes(&world.url, 503).await;
            other.execute("ROLLBACK").await.expect("it can be done");
        }
        becomes(&world.url, 200).await;
    }
}

async fn is_refused_at_the_start(engine: Engine) {
    let database = Database::create(engine).await;
    seed::people(&database.address, 0).await;
    database.execute(&newer(engine)).await;
    let refused = Process::refusing(&database.address);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "it started");
    assert!(said.contains("was changed by a newer version of Seatkeeper") && said.contains("9999"), "{said}");
    assert_eq!(said.lines().count(), 1, "one sentence is enough: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_file_is_refused_at_the_start() {
    is_refused_at_the_start(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_database_is_refused_at_the_start() {
    is_refused_at_the_start(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_not_ready_and_ready_again_when_there_is_room() {
    let ground = Ground::small(16);
    if !ground.is_small() {
        return;
    }
    let address = format!("sqlite:{}", ground.path().join("seatkeeper.sqlite3").display());
    seed::people(&address, 0).await;
    let server = Process::start_at(free_address(), &address, &[("SEATKEEPER_LOG", "off".to_owned())]).await;
    let server = server.expect("the server starts");
    becomes(&server.url, 200).await;
    ground.fill();
    becomes(&server.url, 503).await;
    ground.clear();
    becomes(&server.url, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_gone_is_not_ready() {
    let database = Database::create(Engine::Sqlite).await;
    seed::people(&database.address, 0).await;
    let server = Process::start_at(free_address(), &database.address, &[("SEATKEEPER_LOG", "off".to_owned())]).await;
    let server = server.expect("the server starts");
    fs::remove_file(database.address.trim_start_matches("sqlite:")).expect("it can be deleted");
    becomes(&server.url, 503).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_is_read_only_or_away_is_not_ready_and_named_once() {
    let mut cluster = Cluster::start(128).await;
    let address = Cluster::database_at(cluster.address);
    let (admin, _) = seed::people(&address, 0).await;
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let server = Process::start_under("0022", &address, &log).await;
    let admin = admin.at(&server.url);

    set_read_only(&address, "on").await;
    becomes(&server.url, 503).await;
    assert_eq!(adds(&admin, "Read-only").await, 503);
    set_read_only(&address, "off").await;
    becomes(&server.url, 200).await;

    cluster.stop(Signal::SIGQUIT);
    becomes(&server.url, 503).await;
    let until = Instant::now() + PATIENCE;
    let unusable = "the database cannot be used database=\"PostgreSQL at ";
    let said = || fs::read_to_string(&log).expect("a log");
    while !said().contains(unusable) {
        assert!(Instant::now() < until, "{}", said());
        sleep(Duration::from_millis(50)).await;
    }
    let line = said().lines().find(|line| line.contains(unusable)).expect("a line").to_owned();
    assert!(line.contains(&cluster.address.to_string()) && line.contains("database postgres"), "{line}");
    assert!(line.contains("reason="), "{line}");

    cluster.start_again().await;
    becomes(&server.url, 200).await;
    assert_eq!(adds(&admin, "Again").await, 201);
    assert!(said().matches(unusable).count() <= 2, "once for each time: {}", said());
}

async fn set_read_only(address: &str, value: &str) {
    let mut own = PgConnection::connect(address).await.expect("it answers");
    // Also where new connections are read-only already.
    own.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE").await.expect("it can be done");
    let change = format!("ALTER SYSTEM SET default_transaction_read_only = {value}");
    own.execute(sqlx::AssertSqlSafe(change)).await.expect("it can be done");
    own.execute("SELECT pg_reload_conf()").await.expect("it can be done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_a_database_cannot_be_opened_is_said_once_with_its_address_and_without_its_password() {
    let cluster = std::env::var("SEATKEEPER_TEST_POSTGRES").expect("run the tests with `cargo xtask test`");
    let (server, _) = cluster.rsplit_once('/').expect("an address with a database");
    let host = server.rsplit_once('@').expect("a host").1;
    let nobody = free_address();
    let cases = [
        (
            format!("postgres://me:top-secret@{nobody}/seats"),
            format!("PostgreSQL at {nobody}, database seats"),
            "onnection refused",
        ),
        (format!("{server}/nowhere"), format!("PostgreSQL at {host}, database nowhere"), "does not exist"),
        (
            format!("postgres://nobody-here:top-secret@{host}/postgres"),
            format!("PostgreSQL at {host}"),
            "does not exist",
        ),
        ("sqlite:/proc/nowhere/db".to_owned(), "/proc/nowhere".to_owned(), "cannot open"),
        ("mysql://me:top-secret@host/db".to_owned(), "that is no database".to_owned(), "give sqlite:FILE"),
    ];
    for (address, name, reason) in cases {
        for command in [None, Some(["audit", "verify"])] {
            let output =
                command.map_or_else(|| Process::refusing(&address), |command| Process::asked(&command, &address));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let last = said.lines().last().unwrap_or_default();
            assert!(!output.status.success() && last.starts_with("seatkeeper: "), "{said}");
            assert!(last.contains(&name) || last.contains("/proc/nowhere"), "{address}: {last}");
            assert_eq!(last.matches(reason).count(), 1, "{address}: {last}");
            assert!(!said.contains("top-secret"), "{said}");
        }
    }
}

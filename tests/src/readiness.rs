//! Readiness: `/readyz` fails whenever the server cannot write. A server whose tables were changed by a newer version
//! stops writing.

use crate::harness::{
    Cluster, Database, Engine, Person, ServerProcess, SmallDisk, http, on_both_engines, process::free_address, seed,
    within,
};
use futures_util::future::join_all;
use nix::sys::signal::Signal;
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{fs, time::Duration};

/// Far more than the second that a change of state may take, because the machine may be busy.
const TIMEOUT: Duration = Duration::from_secs(20);

async fn readyz(url: &str) -> u16 {
    http::get(format!("{url}/readyz")).await.expect("the server answers").status().as_u16()
}

/// Polls until the status is the expected one.
async fn wait_for_readyz(url: &str, expected: u16) {
    within(TIMEOUT, || format!("/readyz answers {expected}"), async || readyz(url).await == expected).await;
}

async fn add_product(admin: &Person, name: &str) -> u16 {
    admin.post("/products", &json!({ "name": name })).await.status.as_u16()
}

/// SQL that records a migration unknown to this version.
fn record_newer_migration(engine: Engine) -> String {
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
    async fn frequent_readiness_probes_write_nothing_visible(world: World) {
        let before = world.head().await;
        for _ in 0..10 {
            assert_eq!(join_all((0..20).map(|_| readyz(&world.url))).await, [200; 20]);
        }
        assert_eq!(world.head().await, before, "no event was written");
        let checks = seatkeeper::store::schema::readiness_checks(&world.app.db).await.expect("it can be read");
        // At most four checks a second.
        assert!((1..=100).contains(&checks), "{checks} writes for 200 probes");
    }

    async fn tables_of_a_newer_version_are_not_written_to(world: World) {
        assert_eq!(add_product(&world.admin, "Before").await, 201);
        world.execute(&record_newer_migration(world.engine)).await;
        wait_for_readyz(&world.url, 503).await;
        let problem = world.admin.post("/products", &json!({ "name": "After" })).await.problem(503, "unavailable");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("newer version")), "{problem}");
        let names = world.admin.get("/products").await.ok().as_array().expect("a list").len();
        assert_eq!(names, 1, "reading still works");
        world.execute("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
        wait_for_readyz(&world.url, 200).await;
        assert_eq!(add_product(&world.admin, "Again").await, 201);
    }

    async fn a_hanging_database_is_not_ready(world: World) {
        assert_eq!(readyz(&world.url).await, 200);
        let lock = "UPDATE readiness SET checks = checks";
        if world.engine == Engine::Postgres {
            let mut other = PgConnection::connect(&world.database.address).await.expect("it answers");
            other.execute("BEGIN").await.expect("it can be done");
            other.execute(lock).await.expect("it can be done");
            wait_for_readyz(&world.url, 503).await;
            other.execute("ROLLBACK").await.expect("it can be done");
        } else {
            let other = world.database.sqlite();
            other.execute_batch("BEGIN IMMEDIATE").expect("it can be done");
            wait_for_readyz(&world.url, 503).await;
            other.execute_batch("ROLLBACK").expect("it can be done");
        }
        wait_for_readyz(&world.url, 200).await;
    }
}

async fn assert_start_refused(engine: Engine) {
    let database = Database::migrated(engine).await;
    seed::people(&database.address, 0).await;
    database.execute(&record_newer_migration(engine)).await;
    let refused = ServerProcess::failed_start(&database.address);
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "the server started");
    assert!(stderr.contains("was changed by a newer version of Seatkeeper") && stderr.contains("9999"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "one line is enough: {stderr}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_file_is_refused_at_startup() {
    assert_start_refused(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_database_is_refused_at_startup() {
    assert_start_refused(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_not_ready_until_space_is_freed() {
    let disk = SmallDisk::create(16);
    if !disk.is_limited() {
        return;
    }
    let address = format!("sqlite:{}", disk.path().join("seatkeeper.sqlite3").display());
    seed::people(&address, 0).await;
    let server = ServerProcess::start_at(free_address(), &address, &[("SEATKEEPER_LOG", "off".to_owned())]).await;
    let server = server.expect("the server starts");
    wait_for_readyz(&server.url, 200).await;
    disk.fill();
    wait_for_readyz(&server.url, 503).await;
    disk.clear();
    wait_for_readyz(&server.url, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_file_is_not_ready() {
    let database = Database::migrated(Engine::Sqlite).await;
    seed::people(&database.address, 0).await;
    let server =
        ServerProcess::start_at(free_address(), &database.address, &[("SEATKEEPER_LOG", "off".to_owned())]).await;
    let server = server.expect("the server starts");
    fs::remove_file(database.address.trim_start_matches("sqlite:")).expect("it can be deleted");
    wait_for_readyz(&server.url, 503).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_or_unreachable_postgresql_is_not_ready_and_is_reported_once() {
    let mut cluster = Cluster::start(128).await;
    let address = Cluster::database_at(cluster.address);
    let (admin, _) = seed::people(&address, 0).await;
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let server = ServerProcess::start_with_umask("0022", &address, &log).await;
    let admin = admin.at(&server.url);

    set_read_only(&address, "on").await;
    wait_for_readyz(&server.url, 503).await;
    assert_eq!(add_product(&admin, "Read-only").await, 503);
    set_read_only(&address, "off").await;
    wait_for_readyz(&server.url, 200).await;

    cluster.stop(Signal::SIGQUIT);
    wait_for_readyz(&server.url, 503).await;
    let unusable = "the database cannot be used database=\"PostgreSQL at ";
    let log_text = || fs::read_to_string(&log).expect("a log");
    within(TIMEOUT, log_text, async || log_text().contains(unusable)).await;
    let line = log_text().lines().find(|line| line.contains(unusable)).expect("a line").to_owned();
    assert!(line.contains(&cluster.address.to_string()) && line.contains("database postgres"), "{line}");
    assert!(line.contains("reason="), "{line}");

    cluster.start_again().await;
    wait_for_readyz(&server.url, 200).await;
    assert_eq!(add_product(&admin, "Again").await, 201);
    assert!(log_text().matches(unusable).count() <= 2, "once per occasion: {}", log_text());
}

async fn set_read_only(address: &str, value: &str) {
    let mut own = PgConnection::connect(address).await.expect("it answers");
    // Works even if new connections are read-only already.
    own.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE").await.expect("it can be done");
    let change = format!("ALTER SYSTEM SET default_transaction_read_only = {value}");
    own.execute(sqlx::AssertSqlSafe(change)).await.expect("it can be done");
    own.execute("SELECT pg_reload_conf()").await.expect("it can be done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_to_open_the_database_is_reported_once_with_the_address_and_without_the_password() {
    let cluster = std::env::var("SEATKEEPER_TEST_POSTGRES").expect("run the tests with `cargo xtask test`");
    let (server, _) = cluster.rsplit_once('/').expect("an address with a database");
    let host = server.rsplit_once('@').expect("a host").1;
    let unreachable = free_address();
    let cases = [
        (
            format!("postgres://me:top-secret@{unreachable}/seats"),
            format!("PostgreSQL at {unreachable}, database seats"),
            "onnection refused",
        ),
        (format!("{server}/nowhere"), format!("PostgreSQL at {host}, database nowhere"), "does not exist"),
        (
            format!("postgres://nobody-here:top-secret@{host}/postgres"),
            format!("PostgreSQL at {host}"),
            "does not exist",
        ),
        ("sqlite:/proc/nowhere/db".to_owned(), "/proc/nowhere".to_owned(), "cannot open"),
        ("mysql://me:top-secret@host/db".to_owned(), "not the address of a database".to_owned(), "give sqlite:FILE"),
    ];
    for (address, name, reason) in cases {
        for command in [None, Some(["audit", "verify"])] {
            let output = command.map_or_else(
                || ServerProcess::failed_start(&address),
                |command| ServerProcess::run_command(&command, &address),
            );
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            let last = stderr.lines().last().unwrap_or_default();
            assert!(!output.status.success() && last.starts_with("seatkeeper: "), "{stderr}");
            assert!(last.contains(&name) || last.contains("/proc/nowhere"), "{address}: {last}");
            assert_eq!(last.matches(reason).count(), 1, "{address}: {last}");
            assert!(!stderr.contains("top-secret"), "{stderr}");
        }
    }
}

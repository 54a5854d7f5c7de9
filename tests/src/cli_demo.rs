//! `seatkeeper demo-history`: a past that obeys all rules, because the server made it.

use crate::harness::{Database, Engine, ServerProcess};

/// The result of a query that returns one number.
async fn number(database: &Database, sql: &'static str) -> i64 {
    let column = database.first_column(sql).await;
    column.first().and_then(|text| text.parse().ok()).expect("a number")
}

async fn the_sample_account_has_worked(engine: Engine) {
    let database = Database::create(engine).await;
    let simulate = || ServerProcess::run_command(&["demo-history", "--days", "3"], &database.address);
    let made = simulate();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    let sessions = number(&database, "SELECT CAST(COUNT(*) AS TEXT) FROM sessions").await;
    assert!(sessions > 60 && said.contains(&format!("with {sessions} sessions")), "{sessions}: {said}");
    assert_eq!(number(&database, "SELECT CAST(COUNT(*) AS TEXT) FROM sessions WHERE ended_at IS NULL").await, 0);
    assert_eq!(number(&database, "SELECT CAST(COUNT(*) AS TEXT) FROM tickets WHERE ended_at IS NULL").await, 0);
    assert_eq!(
        number(&database, "SELECT CAST(COUNT(*) AS TEXT) FROM events WHERE occupied > seats").await,
        0,
        "never one too many"
    );
    let created = number(&database, "SELECT CAST(COUNT(*) AS TEXT) FROM events WHERE kind = 'session_created'").await;
    assert_eq!(created, sessions, "the log has all of them");
    let disorder = "SELECT CAST(COUNT(*) AS TEXT) FROM events e
                    JOIN events next ON next.position = e.position + 1 WHERE next.at < e.at";
    assert_eq!(number(&database, disorder).await, 0, "the clock only moves on");

    let server = ServerProcess::start(&database.address).await;
    server.stop().await;
    let checked = ServerProcess::run_command(&["audit", "verify"], &database.address);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let again = simulate();
    let refused = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && refused.contains("the database has an account already"), "{refused}");
    assert_eq!(number(&database, "SELECT CAST(COUNT(*) AS TEXT) FROM sessions").await, sessions, "nothing was added");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_account_has_worked_on_sqlite() {
    the_sample_account_has_worked(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_account_has_worked_on_postgres() {
    the_sample_account_has_worked(Engine::Postgres).await;
}

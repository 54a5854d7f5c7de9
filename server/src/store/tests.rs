//! How SQLite runs the statements: not by reading all sessions.

use super::*;
use crate::{db::Db, monotonic::MonotonicClock};

/// Statements that read every session on purpose.
const FULL_SCANS: [&str; 3] =
    ["sessions/list::TOTAL_OF_ALL", "sessions/list::TOTAL_ENDED", "sessions/list::TOTAL_WITHOUT_OTHERS"];

async fn plans() -> Vec<(String, &'static Sql, Vec<String>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db");
    let db = Db::open(&format!("sqlite:{}", file.display()), &MonotonicClock::default()).await.expect("a database");
    let connection =
        rusqlite::Connection::open_with_flags(&file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).expect("it opens");
    let plan = |sql: &Sql| {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.on_sqlite())).expect("a statement");
        let steps = explain.raw_query().mapped(|step| step.get("detail")).collect::<Result<Vec<String>, _>>();
        steps.expect("a plan")
    };
    let plans = statements().into_iter().map(|(name, sql)| (name, sql, plan(sql))).collect();
    db.close().await;
    plans
}

fn is_sessions(word: &str) -> bool {
    word == "sessions" || word == "user_sessions"
}

/// Whether a step reads all sessions, and not only the live ones, or the latest by time until the page is full.
fn reads_all_sessions(step: &str) -> bool {
    let tables = ["sessions", "seat", "s"];
    let index = tables.iter().find_map(|table| step.strip_prefix(&format!("SCAN {table}")));
    let by_primary_key = |rest: &str| rest.contains(" USING COVERING INDEX") || rest.contains("autoindex");
    index.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ') && by_primary_key(rest))
}

#[tokio::test]
async fn no_statement_reads_all_sessions() {
    let mut plans = plans().await;
    // A plan also has the checks of foreign keys, which are skipped as long as there are no violations.
    plans.retain(|(_, sql, _)| sql.source().split(|c: char| !c.is_alphanumeric() && c != '_').any(is_sessions));
    let mut wrong = Vec::new();
    for (name, _, plan) in &plans {
        let scans = plan.iter().any(|step| reads_all_sessions(step));
        if scans != FULL_SCANS.contains(&&**name) {
            wrong.push((name, plan));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let by_user = plans.iter().filter(|(_, sql, _)| sql.source().contains("FROM user_sessions"));
    assert!(by_user.clone().count() > 3);
    for (name, _, plan) in by_user {
        let seeks = plan.iter().any(|step| step.starts_with("SEARCH filed USING PRIMARY KEY (run=? AND user_id=?"));
        assert!(seeks, "{name} looks at all sessions of each run: {plan:#?}");
    }
}

#[tokio::test]
async fn the_sessions_of_a_user_are_read_in_their_order() {
    for (name, _, plan) in plans().await {
        if ["sessions/list::OF_USERS", "sessions/list::OF_USERS_DOWN", "forward_auth::LAST_SESSION"].contains(&&*name) {
            let after = plan.iter().skip_while(|step| *step != "SCAN own");
            assert!(after.clone().count() > 1, "{name}: {plan:#?}");
            assert!(!after.into_iter().any(|step| step.contains("ORDER BY")), "{name} is sorted late: {plan:#?}");
        }
    }
}

/// Statements that filter by time get positions from `Db::log_range`, because SQLite has no index by time.
#[tokio::test]
async fn no_statement_reads_the_whole_log() {
    let mut of_log = 0;
    for (name, sql, plan) in plans().await {
        if !sql.source().contains("events") {
            continue;
        }
        of_log += 1;
        // Not the subquery of that name.
        let is_log = |step: &&String| *step == "SCAN events" || *step == "SCAN e";
        let scans = plan.iter().any(|step| is_log(&step)) && !plan.contains(&"CO-ROUTINE e".to_owned());
        assert!(!scans, "{name}: {plan:#?}");
    }
    assert!(of_log > 10, "{of_log} statements");
}

//! The statements of an import: as many for a chunk of its file as for a row, because each may be a round trip to the
//! database server.

use crate::harness::{Database, Engine, Person, ServerProcess, StatementCounter, eventually, seed};
use reqwest::Method;
use serde_json::json;
use std::{fmt::Write as _, ops::Range};

/// The rows of a small and of a large file; together one chunk.
const FEW: Range<usize> = 0..10;
const MANY: Range<usize> = 10..200;

/// A file in which each row has a group of its own.
fn file(rows: Range<usize>, name: &str, status: &str) -> String {
    let mut file = "email,name,licenses,groups,status\n".to_owned();
    for row in rows {
        writeln!(file, "a{row}@example.org,{name} {row},remote-support-v5,Group {row},{status}").expect("text");
    }
    file
}

/// Imports a file, and waits for its end without sending statements through the server.
async fn import(by: &Person, database: &Database, file: String) {
    by.send(by.request(Method::POST, "/import?dry_run=false").body(file)).await.accepted();
    let running = "SELECT id::text FROM imports WHERE state = 'running'";
    eventually("the import ends", async || database.first_column(running).await.is_empty()).await;
    let failed = database.first_column("SELECT id::text FROM imports WHERE state <> 'done' OR with_problems > 0").await;
    assert_eq!(failed, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_executes_as_many_statements_for_many_rows_as_for_few() {
    let database = Database::migrated(Engine::Postgres).await;
    let (admin, people) = seed::people(&database.address, 1).await;
    let counter = StatementCounter::start(&database.address).await;
    let server = ServerProcess::start(&counter.database).await;
    let by = admin.at(&server.url);
    seed::pool(&by, &[people[0].at(&server.url)], 1, 120).await;
    for row in 0..MANY.end {
        by.post("/groups", &json!({ "name": format!("Group {row}") })).await.created();
    }
    for (what, name, status) in [
        ("new users", "Agent", "active"),
        ("renamed users", "Person", "active"),
        ("suspended users", "Person", "suspended"),
    ] {
        let statements = async |rows: Range<usize>| {
            let (file, before) = (file(rows, name, status), counter.count());
            import(&by, &database, file).await;
            counter.count() - before
        };
        let (few, many) = (statements(FEW).await, statements(MANY).await);
        // Other tasks of the server execute some, too.
        let added = MANY.len() - FEW.len();
        assert!(few > 10 && many < few + added, "{what}: {few} statements for {FEW:?}, {many} for {MANY:?}");
    }
    server.stop().await;
}

//! `cargo xtask bench`: measures performance as ratios within one run, and reports missed limits.
//!
//! The real server runs as a child process, and so do the two servers it is compared with: a handler that does nothing,
//! and a server with one transaction per request. This process generates the load, over loopback with keep-alive
//! connections.

mod account;
mod browser;
mod check;
mod connection;
mod database;
mod directory;
mod gate;
mod heartbeats;
mod hot;
mod hot_postgres;
mod hot_sqlite;
mod imports;
mod large_account;
mod lists;
mod load;
mod no_op;
mod raw_sql;
mod reference;
mod restart;
mod server;
mod size;
#[path = "../src/harness/sqlite_form.rs"]
mod sqlite_form;
mod statistics;
mod table;
mod usage;
mod viewer;
mod viewers;
mod wal;

use anyhow::{Context as _, bail};
use std::process::ExitCode;
use table::Table;

/// The default scenarios, in the order in which they run.
const DEFAULT_SCENARIOS: [&str; 14] = [
    "sqlite",
    "postgres",
    "gate",
    "size-sqlite",
    "size-postgres",
    "lists-sqlite",
    "lists-postgres",
    "usage-sqlite",
    "usage-postgres",
    "heartbeats",
    "restart",
    "viewers",
    "browser-load",
    "browser-table",
];
/// Scenarios that take longer, and run only with `--only`.
const LONG_SCENARIOS: [&str; 7] = [
    "directory-sqlite",
    "directory-postgres",
    "imports",
    "import-sqlite",
    "import-postgres",
    "import-beside-agents",
    "browser-memory",
];

fn main() -> ExitCode {
    match start() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs as one of the servers for comparison, or measures; returns false if a limit was missed.
fn start() -> anyhow::Result<bool> {
    // `cargo bench` adds the option `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve-no-op", port, frame] => on_all_cores(no_op::serve(port.parse()?, frame.parse()?)).map(|()| true),
        ["serve-reference", port, database] => {
            on_all_cores(reference::serve(port.parse()?, database.to_owned())).map(|()| true)
        }
        [] => measure(&DEFAULT_SCENARIOS),
        ["--only", name] => measure(&[name]),
        _ => {
            let known = [&DEFAULT_SCENARIOS[..], &LONG_SCENARIOS].concat().join(", ");
            bail!("unknown arguments: give none, or --only with one of {known}")
        }
    }
}

fn on_all_cores(server: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(server)
}

/// Measures on a single thread, to leave as much of the machine as possible to the server.
fn measure(names: &[&str]) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::default();
    for name in names {
        let measured = runtime.block_on(tokio::task::LocalSet::new().run_until(scenario(name, &mut table)));
        measured.with_context(|| format!("cannot measure {name}"))?;
    }
    println!("\n{} limits missed", table.missed);
    Ok(table.missed == 0)
}

async fn scenario(name: &str, table: &mut Table) -> anyhow::Result<()> {
    match name {
        "sqlite" => hot_sqlite::measure(table).await,
        "postgres" => hot_postgres::measure(table).await,
        "gate" => gate::measure(table).await,
        "size-sqlite" => size::sqlite(table).await,
        "size-postgres" => size::postgres(table).await,
        "lists-sqlite" => lists::sqlite(table).await,
        "lists-postgres" => lists::postgres(table).await,
        "usage-sqlite" => usage::sqlite(table).await,
        "usage-postgres" => usage::postgres(table).await,
        "heartbeats" => heartbeats::measure(table).await,
        "restart" => restart::measure(table).await,
        "viewers" => viewers::measure(table).await,
        "browser-load" => browser::measure_loads(table).await,
        "browser-table" => browser::measure_table(table).await,
        "browser-memory" => browser::measure_memory(table).await,
        "directory-sqlite" => directory::measure(table, database::BenchEngine::Sqlite).await,
        "directory-postgres" => directory::measure(table, database::BenchEngine::Postgres).await,
        "imports" => imports::compare(table).await,
        "import-beside-agents" => imports::beside_agents(table).await,
        "import-sqlite" => imports::measure(table, database::BenchEngine::Sqlite).await.map(drop),
        "import-postgres" => imports::measure(table, database::BenchEngine::Postgres).await.map(drop),
        _ => bail!("unknown scenario; known are {}, {}", DEFAULT_SCENARIOS.join(", "), LONG_SCENARIOS.join(", ")),
    }
}

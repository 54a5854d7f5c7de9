//! `cargo xtask bench`: measures what the product promises about speed, as ratios in one run, and says which are missed.
//!
//! The real server runs as a child process; so do what it is compared with, a handler that does nothing and a server
//! with one transaction per request. The load comes from here, over loopback with keep-alive connections.

mod account;
mod bare;
mod check;
mod connection;
mod crowd;
mod database;
mod directory;
mod gate;
mod heartbeats;
mod hot;
mod hot_postgres;
mod hot_sqlite;
mod imports;
mod lists;
mod load;
mod no_op;
mod numbers;
mod reference;
mod server;
mod size;
mod table;
mod viewer;
mod viewers;

use anyhow::{Context as _, bail};
use std::process::ExitCode;
use table::Table;

/// The scenarios by the names that `--only` takes, in the order in which they run.
const SCENARIOS: [&str; 9] = [
    "sqlite",
    "postgres",
    "gate",
    "size-sqlite",
    "size-postgres",
    "lists-sqlite",
    "lists-postgres",
    "heartbeats",
    "viewers",
];
/// Those that take longer and run only if they are named.
const MORE: [&str; 4] = ["directory-sqlite", "directory-postgres", "import-sqlite", "import-postgres"];

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

/// Runs as one of the servers that are compared with, or measures; false if a number was missed.
fn start() -> anyhow::Result<bool> {
    // `cargo bench` adds the option `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve-no-op", port, frame] => on_all_cores(no_op::serve(port.parse()?, frame.parse()?)).map(|()| true),
        ["serve-reference", port, database] => {
            on_all_cores(reference::serve(port.parse()?, database.to_owned())).map(|()| true)
        }
        [] => measure(&SCENARIOS),
        ["--only", name] => measure(&[name]),
        _ => {
            bail!("unknown arguments: say nothing, or --only with one of {}, {}", SCENARIOS.join(", "), MORE.join(", "))
        }
    }
}

fn on_all_cores(serving: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(serving)
}

/// Measures on one thread, so that the server has as much of the machine as can be.
fn measure(names: &[&str]) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::default();
    for name in names {
        let measured = runtime.block_on(tokio::task::LocalSet::new().run_until(scenario(name, &mut table)));
        measured.with_context(|| format!("{name} cannot be measured"))?;
    }
    println!("\n{} numbers are not as demanded", table.missed);
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
        "heartbeats" => heartbeats::measure(table).await,
        "viewers" => viewers::measure(table).await,
        "directory-sqlite" => directory::measure(table, database::Engine::Sqlite).await,
        "directory-postgres" => directory::measure(table, database::Engine::Postgres).await,
        "import-sqlite" => imports::measure(table, database::Engine::Sqlite).await,
        "import-postgres" => imports::measure(table, database::Engine::Postgres).await,
        _ => bail!("there is no such scenario; there are {} and {}", SCENARIOS.join(", "), MORE.join(", ")),
    }
}

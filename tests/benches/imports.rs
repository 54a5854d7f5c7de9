//! The cost of importing 100,000 users with licenses and groups: a dry run, the import, and the same import again; and
//! how much longer the import takes on PostgreSQL than on SQLite.

use crate::{
    account::Account,
    connection::{Connection, request_bytes},
    database::{BenchDatabase, BenchEngine},
    hot::failures,
    load::round,
    server::Server,
    table::{Limit, Table},
};
use anyhow::{bail, ensure};
use seatkeeper_shared::license::SeatRule;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// The name of the step that is compared between the engines.
const IMPORT: &str = "the import";
const ROWS: i64 = 100_000;
const GROUPS: i64 = 50;
/// Named seats; too few for all rows.
const SEATS: i64 = 5_000;
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The maximum number of polls of an import.
const MAX_POLLS: u32 = 3_000;

/// Agents who create and end sessions during an import, and for how long they are measured.
const AGENTS: usize = 8;
const ROUND_DURATION: Duration = Duration::from_secs(4);

/// How many times longer they may wait during an import. Without it they wait for their own commit only, 3 ms; the
/// import writes 150 rows at once, in some 10 ms.
const MOST_DELAY: f64 = 6.0;

/// How many times longer than on SQLite the import may take on PostgreSQL.
const MAX_RATIO: f64 = 2.0;

/// Measures both engines, one after the other.
pub async fn compare(table: &mut Table) -> anyhow::Result<()> {
    let sqlite = measure(table, BenchEngine::Sqlite).await?;
    let postgres = measure(table, BenchEngine::Postgres).await?;
    table.begin("Import of 100,000 rows");
    let details = format!("{postgres:.1} s and {sqlite:.1} s");
    table.add("time of the import: PostgreSQL ÷ SQLite", postgres / sqlite, Limit::AtMost(MAX_RATIO), details);
    Ok(())
}

/// Measures one engine. Returns the seconds that the import took.
pub async fn measure(table: &Table, engine: BenchEngine) -> anyhow::Result<f64> {
    let database = BenchDatabase::create(engine).await?;
    let account = Account::create(&database).await?;
    let admin = account.admin().await?.token;
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    let importer = Importer { server: server.address, admin };
    importer.prepare().await?;
    let file = file();
    table.begin(&format!("Import of 100,000 rows ({:.1} MB), {engine:?}", file.len() as f64 / 1e6));
    let mut import_seconds = f64::NAN;
    for (name, query, count) in
        [("a dry run", "dry_run=true", "created"), (IMPORT, "", "created"), ("the same file again", "", "unchanged")]
    {
        let (before, began) = (server.usage()?, Instant::now());
        let done = importer.import(query, &file).await?;
        let (took, usage) = (began.elapsed().as_secs_f64(), server.usage()?);
        ensure!(done[count].as_i64() == Some(ROWS), "{name}: {done}");
        let (rate, cpu) = (ROWS as f64 / took, usage.cpu_seconds - before.cpu_seconds);
        println!("{name:<46} {rate:>8.0}/s  {took:.1} s, {cpu:.1} s CPU, peak {:.0} MB", usage.peak);
        if name == IMPORT {
            import_seconds = took;
        }
    }
    Ok(import_seconds)
}

/// Measures how long agents wait for seats while the import runs, compared with before. SQLite, where both write over
/// one connection.
pub async fn beside_agents(table: &mut Table) -> anyhow::Result<()> {
    let database = BenchDatabase::create(BenchEngine::Sqlite).await?;
    let account = Account::create(&database).await?;
    let admin = account.admin().await?.token;
    let pool = account.pools(1, AGENTS as i64, SeatRule::Agent).await?.remove(0);
    let agents = account.agents(AGENTS).await?;
    account.assign(agents.iter().map(|agent| (pool.license, agent.user))).await?;
    account.close().await?;
    let agents: Vec<_> = agents.iter().map(|agent| agent.with_product_of(&pool)).collect();
    let server = Server::seatkeeper(&database.address).await?;
    let importer = Importer { server: server.address, admin };
    importer.prepare().await?;
    let (file, servers) = (file(), [server.address]);
    let quiet = round(&servers, &agents, ROUND_DURATION).await;
    // The import takes longer than the round.
    let (imported, busy) = tokio::join!(importer.import("", &file), round(&servers, &agents, ROUND_DURATION));
    ensure!(imported?["created"].as_i64() == Some(ROWS), "not all rows were imported");
    table.begin("SQLite, creates and ends by 8 agents during an import of 100,000 rows");
    let details = format!("{:.1} ms, before {:.1} ms", busy.latency(0.99), quiet.latency(0.99));
    table.add("p99, to before", busy.latency(0.99) / quiet.latency(0.99), Limit::AtMost(MOST_DELAY), details);
    failures([&quiet, &busy], table);
    Ok(())
}

/// A row for each user, with licenses and a group; the first ones with a named seat.
fn file() -> String {
    let mut file = "email;name;role;licenses;groups\r\n".to_owned();
    for row in 0..ROWS {
        let named = if row < SEATS { ",chat:named" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(
            file,
            "user.{row}@example.org;User {row};agent;service-desk:concurrent{named};Group {}\r\n",
            row % GROUPS
        );
    }
    file
}

struct Importer {
    server: SocketAddr,
    admin: String,
}

impl Importer {
    async fn prepare(&self) -> anyhow::Result<()> {
        for (name, model, seats) in [("Chat", "named", SEATS), ("Service Desk", "concurrent", 10)] {
            let product = self.api("POST", "/products", &json!({ "name": name }).to_string()).await?;
            let license = json!({ "product_id": product["id"], "model": model, "seats": seats });
            self.api("POST", "/licenses", &license.to_string()).await?;
        }
        for group in 0..GROUPS {
            self.api("POST", "/groups", &json!({ "name": format!("Group {group}") }).to_string()).await?;
        }
        Ok(())
    }

    async fn import(&self, query: &str, file: &str) -> anyhow::Result<Value> {
        let started = self.api("POST", &format!("/import?{query}"), file).await?;
        let path = format!("/imports/{}", started["id"].as_str().unwrap_or_default());
        for _ in 0..MAX_POLLS {
            let import = self.api("GET", &path, "").await?;
            match import["state"].as_str() {
                Some("running") => tokio::time::sleep(POLL_INTERVAL).await,
                Some("done") => return Ok(import),
                _ => bail!("the import failed: {import}"),
            }
        }
        bail!("the import takes too long")
    }

    async fn api(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.server).await?;
        let (status, body) =
            connection.request(&request_bytes(method, &format!("/api/v1{path}"), &self.admin, body)).await?;
        ensure!(status < 300, "{method} {path} returned {status}: {}", String::from_utf8_lossy(body));
        Ok(serde_json::from_slice(body)?)
    }
}

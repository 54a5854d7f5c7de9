//! A table of 100,000 users with licenses and groups: what it costs to try, to import, and to import once more.

use crate::{
    account::Account,
    connection::{Connection, send},
    database::{Database, Engine},
    server::Server,
    table::Table,
};
use anyhow::{bail, ensure};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    net::SocketAddr,
    time::{Duration, Instant},
};

const ROWS: i64 = 100_000;
const GROUPS: i64 = 50;
/// Named seats, of which there are too few for all rows.
const SEATS: i64 = 5_000;
const ASK_EVERY: Duration = Duration::from_millis(100);
/// How often it is asked at most how far an import is.
const ASK: u32 = 3_000;

/// On one engine.
pub async fn measure(table: &Table, engine: Engine) -> anyhow::Result<()> {
    let database = Database::create(engine).await?;
    let account = Account::found(&database).await?;
    let admin = account.admin().await?.token;
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    let by = Importer { server: server.address, admin };
    by.prepare().await?;
    let file = file();
    table.begin(&format!("Import of 100,000 rows ({:.1} MB), {engine:?}", file.len() as f64 / 1e6));
    let expected = [
        ("a dry run", "dry_run=true", "created"),
        ("the import", "", "created"),
        ("the same file again", "", "unchanged"),
    ];
    for (name, query, count) in expected {
        let (before, began) = (server.usage()?, Instant::now());
        let done = by.imports(query, &file).await?;
        let (took, usage) = (began.elapsed().as_secs_f64(), server.usage()?);
        ensure!(done[count].as_i64() == Some(ROWS), "{name}: {done}");
        let (rate, core) = (ROWS as f64 / took, usage.seconds - before.seconds);
        println!("{name:<46} {rate:>8.0}/s  {took:.1} s, {core:.1} s of a core, at most {:.0} MB resident", usage.peak);
    }
    Ok(())
}

/// Everybody asks for a named seat, a shared one, and stands in a group.
fn file() -> String {
    let mut file = "email;name;role;licenses;groups\r\n".to_owned();
    for row in 0..ROWS {
        let named = if row < SEATS { ",chat:named" } else { "" };
        // Writing to text cannot fail.
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

    async fn imports(&self, query: &str, file: &str) -> anyhow::Result<Value> {
        let started = self.api("POST", &format!("/import?{query}"), file).await?;
        let path = format!("/imports/{}", started["id"].as_str().unwrap_or_default());
        for _ in 0..ASK {
            let import = self.api("GET", &path, "").await?;
            match import["state"].as_str() {
                Some("running") => tokio::time::sleep(ASK_EVERY).await,
                Some("done") => return Ok(import),
                _ => bail!("the import did not come to its end: {import}"),
            }
        }
        bail!("the import takes too long")
    }

    async fn api(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.server).await?;
        let (status, body) = connection.ask(&send(method, &format!("/api/v1{path}"), &self.admin, body)).await?;
        ensure!(status < 300, "{method} {path} is answered {status}: {}", String::from_utf8_lossy(body));
        Ok(serde_json::from_slice(body)?)
    }
}

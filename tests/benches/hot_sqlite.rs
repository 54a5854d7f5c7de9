//! SQLite with one hot license and 64 connections.

use crate::{
    check,
    database::{BenchEngine, sync_micros},
    hot::{HotLicense, ROUNDS, failures, rate, ratio},
    load::{
        Round,
        batches::{self, batch_round},
        round,
    },
    server::Server,
    statistics::{grouped, median},
    table::{Limit, Table},
    wal::WalMeter,
};
use std::time::Duration;

const CONNECTIONS: usize = 64;
/// A writer that discards what it should write reaches 0.45, so 0.35 would take a store that costs almost nothing.
const LEAST_TO_NO_OP: f64 = 0.25;
/// An operation in a batch costs the same storage as a single one, which is most of its cost.
const LEAST_OF_BATCHES: f64 = 0.6;
/// A session, its two events, and their places in five indexes.
const MOST_BYTES_PER_SESSION: f64 = 700.0;
/// A transaction of 32 operations appends about 30 pages, because ids are spread over the indexes. More operations in
/// one transaction append less each: the faster the drive, the smaller the transactions.
const MOST_LOG_BYTES_PER_OPERATION: f64 = 4_200.0;
const ROUND_DURATION: Duration = Duration::from_millis(2_000);
/// The duration of rounds with the other servers, whose rates need less time.
const REFERENCE_ROUND_DURATION: Duration = Duration::from_millis(1_300);

/// Compares the server with a handler that does nothing, and with one transaction per request.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let (ours, theirs, together) = (
        HotLicense::create(BenchEngine::Sqlite, CONNECTIONS).await?,
        HotLicense::create(BenchEngine::Sqlite, CONNECTIONS).await?,
        HotLicense::with_sessions(BenchEngine::Sqlite, CONNECTIONS, batches::OPERATIONS).await?,
    );
    let seatkeeper = Server::seatkeeper(&ours.database.address).await?;
    let for_batches = Server::seatkeeper(&together.database.address).await?;
    let reference = Server::reference(&theirs.database.address).await?;
    let no_op = Server::no_op(0).await?;
    let (mut own, mut plain, mut nothing, mut batched) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        nothing.push(round(&[no_op.address], &ours.agents, REFERENCE_ROUND_DURATION).await);
        own.push(round(&[seatkeeper.address], &ours.agents, ROUND_DURATION).await);
        batched.push(batch_round(for_batches.address, &together.agents, ROUND_DURATION).await);
        plain.push(round(&[reference.address], &theirs.agents, REFERENCE_ROUND_DURATION).await);
    }
    let meter = WalMeter::start(&ours.database.address)?;
    let logged = round(&[seatkeeper.address], &ours.agents, REFERENCE_ROUND_DURATION).await;
    let log_bytes = meter.stop()? as f64 / logged.all as f64;
    let scarce = round(&[seatkeeper.address], &ours.at_scarce_license(CONNECTIONS), REFERENCE_ROUND_DURATION).await;
    drop((seatkeeper, for_batches, reference, no_op));

    table.begin("SQLite, one hot license, 64 connections");
    println!("  the drive makes 4 kB durable in {:.0} us", sync_micros()?);
    let details = format!("{}/s, no-op {}/s", rate(&own), rate(&nothing));
    table.add("rate, to a no-op", ratio(&own, &nothing, Round::rate), Limit::AtLeast(LEAST_TO_NO_OP), details);
    let (p50, p99) = (median(own.iter().map(|r| r.latency(0.5))), median(own.iter().map(|r| r.latency(0.99))));
    let spread = median(own.iter().map(|round| round.latency(0.99) / round.latency(0.5)));
    table.add("p99, to p50", spread, Limit::AtMost(5.0), format!("p99 {p99:.2} ms, p50 {p50:.2} ms"));
    let details = format!("{}/s, one transaction per request {}/s", rate(&own), rate(&plain));
    let times = ratio(&own, &plain, Round::rate);
    table.add("rate, to one transaction per request", times, Limit::AtLeast(13.5), details);
    let details = format!("{} operations/s, no-op {} requests/s", rate(&batched), rate(&nothing));
    let name = format!("create and end in batches of {}, operations to no-op requests", batches::OPERATIONS);
    table.add(&name, ratio(&batched, &nothing, Round::rate), Limit::AtLeast(LEAST_OF_BATCHES), details);
    let details = format!("{} operations", grouped(logged.all as f64));
    let limit = Limit::Below(MOST_LOG_BYTES_PER_OPERATION, "bytes");
    table.add("write-ahead log per operation", log_bytes, limit, details);
    failures(own.iter().chain([&logged]).chain(&nothing).chain(&plain).chain(&batched), table);
    ours.check(&scarce, table).await?;
    together.check_without_scarce(table).await?;
    let sessions = check::sessions(&ours.database).await?;
    let bytes = ours.database.file_bytes()? as f64 / sessions as f64;
    let details = format!("{} sessions", grouped(sessions as f64));
    table.add("file per ended session with its events", bytes, Limit::Below(MOST_BYTES_PER_SESSION, "bytes"), details);
    Ok(())
}

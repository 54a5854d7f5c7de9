//! SQLite, one hot license, 64 connections.

use crate::{
    database::Engine,
    hot::{Hot, ROUNDS, failures, rate, ratio},
    load::{Round, round},
    numbers::median,
    server::Server,
    table::{Demand, Table},
};
use std::time::Duration;

const CONNECTIONS: usize = 64;
const LASTS: Duration = Duration::from_millis(2_000);
/// The slow one and the one that does nothing need less time to show their rate.
const OTHERS_LAST: Duration = Duration::from_millis(1_300);

/// Measures against a handler that does nothing and against one transaction per request.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let (ours, theirs) =
        (Hot::found(Engine::Sqlite, CONNECTIONS).await?, Hot::found(Engine::Sqlite, CONNECTIONS).await?);
    let seatkeeper = Server::seatkeeper(&ours.database.address).await?;
    let reference = Server::reference(&theirs.database.address).await?;
    let no_op = Server::no_op(0).await?;
    let (mut own, mut plain, mut nothing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        nothing.push(round(&[no_op.address], &ours.agents, OTHERS_LAST).await);
        own.push(round(&[seatkeeper.address], &ours.agents, LASTS).await);
        plain.push(round(&[reference.address], &theirs.agents, OTHERS_LAST).await);
    }
    let few = round(&[seatkeeper.address], &ours.at_few_seats(CONNECTIONS), OTHERS_LAST).await;
    drop((seatkeeper, reference, no_op));

    table.begin("SQLite, one hot license, 64 connections");
    let beside = format!("{}/s, no-op {}/s", rate(&own), rate(&nothing));
    table.add("rate, to a no-op", ratio(&own, &nothing, Round::rate), Demand::AtLeast(0.45), beside);
    let (p50, p99) = (median(own.iter().map(|r| r.within(0.5))), median(own.iter().map(|r| r.within(0.99))));
    let spread = median(own.iter().map(|round| round.within(0.99) / round.within(0.5)));
    table.add("p99, to p50", spread, Demand::AtMost(5.0), format!("p99 {p99:.2} ms, p50 {p50:.2} ms"));
    let beside = format!("{}/s, one transaction per request {}/s", rate(&own), rate(&plain));
    let times = ratio(&own, &plain, Round::rate);
    table.add("rate, to one transaction per request", times, Demand::AtLeast(12.0), beside);
    failures(own.iter().chain(&nothing).chain(&plain), table);
    ours.check(&few, table).await
}

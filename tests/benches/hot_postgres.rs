//! PostgreSQL with one hot license: many connections, one connection, and two replicas.

use crate::{
    check,
    database::BenchEngine,
    hot::{HotLicense, ROUNDS, failures, rate, ratio},
    load::{Round, round},
    server::Server,
    table::{Limit, Table},
};
use std::time::Duration;

const MANY_CONNECTIONS: usize = 256;
const SOME_CONNECTIONS: usize = 64;
const ROUND_DURATION: Duration = Duration::from_millis(1_300);
/// How long the load runs before the tables are analyzed.
const WARM_UP: Duration = Duration::from_millis(300);
/// The duration of rounds with one connection, where a response waits for the disk only.
const SINGLE_ROUND_DURATION: Duration = Duration::from_millis(1_000);

/// The rounds with one number of connections.
struct Compared {
    connections: usize,
    least: f64,
    ours: Vec<Round>,
    theirs: Vec<Round>,
}

/// Compares the server with one transaction per request, and two replicas with one.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let (ours, theirs) = (
        HotLicense::create(BenchEngine::Postgres, MANY_CONNECTIONS).await?,
        HotLicense::create(BenchEngine::Postgres, MANY_CONNECTIONS).await?,
    );
    let one = Server::seatkeeper(&ours.database.address).await?;
    let reference = Server::reference(&theirs.database.address).await?;
    let mut all = [(SOME_CONNECTIONS, 8.0), (MANY_CONNECTIONS, 12.0), (1, 0.8)].map(|(connections, least)| Compared {
        connections,
        least,
        ours: Vec::new(),
        theirs: Vec::new(),
    });
    for (server, hot) in [(&one, &ours), (&reference, &theirs)] {
        round(&[server.address], &hot.agents[..SOME_CONNECTIONS], WARM_UP).await;
        hot.database.analyze().await?;
    }
    for _ in 0..ROUNDS {
        for compared in &mut all {
            let (number, lasts) =
                (compared.connections, if compared.connections == 1 { SINGLE_ROUND_DURATION } else { ROUND_DURATION });
            compared.ours.push(round(&[one.address], &ours.agents[..number], lasts).await);
            compared.theirs.push(round(&[reference.address], &theirs.agents[..number], lasts).await);
        }
    }
    drop(reference);
    let two = Server::seatkeeper(&ours.database.address).await?;
    let (mut apart, mut together) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        apart.push(round(&[one.address], &ours.agents[..SOME_CONNECTIONS], ROUND_DURATION).await);
        together.push(round(&[one.address, two.address], &ours.agents[..SOME_CONNECTIONS], ROUND_DURATION).await);
    }
    let scarce = round(&[one.address, two.address], &ours.at_scarce_license(SOME_CONNECTIONS), ROUND_DURATION).await;
    drop((one, two));

    table.begin("PostgreSQL, one hot license");
    for Compared { connections, least, ours, theirs } in &all {
        let details = format!("{}/s, one transaction per request {}/s", rate(ours), rate(theirs));
        let times = ratio(ours, theirs, Round::rate);
        table.add(format!("{connections} connections: rate, to FOR UPDATE"), times, Limit::AtLeast(*least), details);
    }
    let details = format!("two {}/s, one {}/s", rate(&together), rate(&apart));
    let times = ratio(&together, &apart, Round::rate);
    table.add("64 connections: rate of two replicas, to one", times, Limit::AtLeast(0.8), details);
    let rounds = all.iter().flat_map(|compared| compared.ours.iter().chain(&compared.theirs));
    failures(rounds.chain(&apart).chain(&together), table);
    let deadlocks = check::deadlocks(&ours.database).await?;
    table.add("deadlocks", deadlocks as f64, Limit::Zero, "as counted by PostgreSQL");
    ours.check(&scarce, table).await
}

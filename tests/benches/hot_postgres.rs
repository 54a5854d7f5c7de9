//! PostgreSQL, one hot license: many connections, one connection, and two replicas.

use crate::{
    check,
    database::Engine,
    hot::{Hot, ROUNDS, failures, rate, ratio},
    load::{Round, round},
    server::Server,
    table::{Demand, Table},
};
use std::time::Duration;

const MANY: usize = 256;
const SOME: usize = 64;
const LASTS: Duration = Duration::from_millis(1_300);
/// How long there is work before the tables are looked at.
const WARM_UP: Duration = Duration::from_millis(300);
/// At one connection an answer waits for the disk alone, whose pace varies most.
const ALONE_LASTS: Duration = Duration::from_millis(1_000);

/// The rounds at one number of connections.
struct Compared {
    connections: usize,
    least: f64,
    ours: Vec<Round>,
    theirs: Vec<Round>,
}

/// Measures against one transaction per request, and two replicas against one.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let (ours, theirs) = (Hot::found(Engine::Postgres, MANY).await?, Hot::found(Engine::Postgres, MANY).await?);
    let one = Server::seatkeeper(&ours.database.address).await?;
    let reference = Server::reference(&theirs.database.address).await?;
    let mut all = [(SOME, 8.0), (MANY, 12.0), (1, 0.8)].map(|(connections, least)| Compared {
        connections,
        least,
        ours: Vec::new(),
        theirs: Vec::new(),
    });
    for (server, hot) in [(&one, &ours), (&reference, &theirs)] {
        round(&[server.address], &hot.agents[..SOME], WARM_UP).await;
        hot.database.analyze().await?;
    }
    for _ in 0..ROUNDS {
        for compared in &mut all {
            let (number, lasts) = (compared.connections, if compared.connections == 1 { ALONE_LASTS } else { LASTS });
            compared.ours.push(round(&[one.address], &ours.agents[..number], lasts).await);
            compared.theirs.push(round(&[reference.address], &theirs.agents[..number], lasts).await);
        }
    }
    drop(reference);
    let two = Server::seatkeeper(&ours.database.address).await?;
    let (mut apart, mut together) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        apart.push(round(&[one.address], &ours.agents[..SOME], LASTS).await);
        together.push(round(&[one.address, two.address], &ours.agents[..SOME], LASTS).await);
    }
    let few = round(&[one.address, two.address], &ours.at_few_seats(SOME), LASTS).await;
    drop((one, two));

    table.begin("PostgreSQL, one hot license");
    for Compared { connections, least, ours, theirs } in &all {
        let beside = format!("{}/s, one transaction per request {}/s", rate(ours), rate(theirs));
        let times = ratio(ours, theirs, Round::rate);
        table.add(format!("{connections} connections: rate, to FOR UPDATE"), times, Demand::AtLeast(*least), beside);
    }
    let beside = format!("two {}/s, one {}/s", rate(&together), rate(&apart));
    let times = ratio(&together, &apart, Round::rate);
    table.add("64 connections: rate of two replicas, to one", times, Demand::AtLeast(0.8), beside);
    let rounds = all.iter().flat_map(|compared| compared.ours.iter().chain(&compared.theirs));
    failures(rounds.chain(&apart).chain(&together), table);
    let deadlocks = check::deadlocks(&ours.database).await?;
    table.add("deadlocks", deadlocks as f64, Demand::None, "as PostgreSQL counts them");
    ours.check(&few, table).await
}

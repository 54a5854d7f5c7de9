//! 100,000 agents who come back at once after the server was killed and started again.

use crate::{
    account::{self, Account, Agent, Pool},
    connection::{Connection, post},
    database::{BenchDatabase, BenchEngine},
    hot::failures,
    load::round,
    server::Server,
    statistics::grouped,
    table::{Limit, Table},
};
use seatkeeper_shared::license::SeatRule;
use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;

const AGENTS: usize = 100_000;
const LICENSES: usize = 1_000;
/// The connections over which they come back, as through a proxy.
const CONNECTIONS: usize = 1_000;
/// Agents who create and end sessions at another license meanwhile.
const OTHERS: usize = 8;
/// How long these are measured: less than the others need to come back.
const MEANWHILE: Duration = Duration::from_secs(3);

/// Measures how long it takes until each agent's session has been renewed, and how long others wait meanwhile.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let database = BenchDatabase::create(BenchEngine::Sqlite).await?;
    let (holders, others) = write(&database).await?;
    // Killed, as in a crash.
    drop(Server::seatkeeper(&database.address).await?);
    let began = Instant::now();
    let server = Server::seatkeeper(&database.address).await?;
    let ready = began.elapsed().as_secs_f64();
    let servers = [server.address];
    let (storm, meanwhile) = tokio::join!(come_back(server.address, holders), round(&servers, &others, MEANWHILE));
    let storm = storm?;

    table.begin("SQLite, 100,000 agents come back at once after a restart");
    let seconds = storm.took.as_secs_f64();
    let details = format!("{}/s, after a start of {ready:.1} s", grouped(AGENTS as f64 / seconds));
    table.add("until all have their seats again", seconds, Limit::Below(10.0, "s"), details);
    let details = storm.failure.unwrap_or_default();
    table.add("agents who lost their seat", storm.lost as f64, Limit::Zero, details);
    let details = format!("p50 {:.1} ms, {} requests", meanwhile.latency(0.5), meanwhile.responses);
    table.add("p99 of creates and ends by others", meanwhile.latency(0.99), Limit::Below(1_000.0, "ms"), details);
    failures([&meanwhile], table);
    Ok(())
}

/// Writes the account: a live session for each agent, and a license of their own for the others.
async fn write(database: &BenchDatabase) -> anyhow::Result<(Vec<Agent>, Vec<Agent>)> {
    let account = Account::create(database).await?;
    let pools = account.pools(LICENSES, i64::try_from(AGENTS / LICENSES)?, SeatRule::Session).await?;
    let other = Pool { license: account::license(LICENSES), product: "other".to_owned(), seats: OTHERS as i64 };
    account.write_licenses(std::slice::from_ref(&other), SeatRule::Agent).await?;
    let mut holders = account.agents(AGENTS + OTHERS).await?;
    let others: Vec<Agent> = holders.split_off(AGENTS).iter().map(|agent| agent.with_product_of(&other)).collect();
    let held = || holders.iter().zip(pools.iter().cycle()).map(|(agent, pool)| (pool.license, agent.user));
    account.assign(held().chain(others.iter().map(|agent| (other.license, agent.user)))).await?;
    account.sessions(held()).await?;
    account.close().await?;
    Ok((holders, others))
}

/// How the agents came back.
struct Storm {
    took: Duration,
    lost: usize,
    failure: Option<String>,
}

async fn come_back(server: SocketAddr, holders: Vec<Agent>) -> anyhow::Result<Storm> {
    let (began, holders, next) = (Instant::now(), Rc::<[Agent]>::from(holders), Rc::new(Cell::new(0)));
    let lost = Rc::new((Cell::new(0), RefCell::new(None)));
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (holders, next, lost) = (holders.clone(), next.clone(), lost.clone());
            spawn_local(async move {
                let mut connection = Connection::open(server).await?;
                while let Some(agent) = holders.get(next.get()) {
                    let path = format!("/api/v1/sessions/{}/heartbeat", account::session(next.get()));
                    next.set(next.get() + 1);
                    let (status, body) = connection.request(&post(&path, &agent.token, "")).await?;
                    if status != 200 {
                        lost.0.set(lost.0.get() + 1);
                        let how = || format!("the first: {status} {}", String::from_utf8_lossy(body));
                        lost.1.borrow_mut().get_or_insert_with(how);
                    }
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(Storm { took: began.elapsed(), lost: lost.0.get(), failure: lost.1.take() })
}

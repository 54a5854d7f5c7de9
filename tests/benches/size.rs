//! The cost of creating and ending a session in a large account, compared with a small one.

use crate::{
    account::{Account, Agent},
    database::{BenchDatabase, BenchEngine},
    hot::{ROUNDS, failures, rate, ratio},
    load::{Round, round},
    server::Server,
    table::{Limit, Table},
};
use seatkeeper_shared::license::SeatRule;
use std::time::Duration;

const CONNECTIONS: usize = 64;
const ROUND_DURATION: Duration = Duration::from_millis(1_300);

#[derive(Clone, Copy)]
struct Size {
    users: usize,
    licenses: usize,
    sessions: usize,
}

/// Like the sample account, but with an agent for each connection. Each license has five live sessions.
const SMALL: Size = Size { users: CONNECTIONS + 20, licenses: 4, sessions: 20 };
const LARGE: Size = Size { users: 100_000, licenses: 10_000, sessions: 50_000 };

/// An account with its server, and the rounds measured on it.
struct Measured {
    agents: Vec<Agent>,
    server: Server,
    rounds: Vec<Round>,
    /// The server's CPU time for the rounds, in seconds.
    cpu_seconds: f64,
    _database: BenchDatabase,
}

/// Measures on SQLite.
pub async fn sqlite(table: &mut Table) -> anyhow::Result<()> {
    measure("SQLite", BenchEngine::Sqlite, table).await
}

/// Measures on PostgreSQL.
pub async fn postgres(table: &mut Table) -> anyhow::Result<()> {
    measure("PostgreSQL", BenchEngine::Postgres, table).await
}

async fn measure(engine_name: &str, engine: BenchEngine, table: &mut Table) -> anyhow::Result<()> {
    let mut small = Measured::begin(engine, SMALL).await?;
    let mut large = Measured::begin(engine, LARGE).await?;
    for _ in 0..ROUNDS {
        small.round().await?;
        large.round().await?;
    }
    table.begin(&format!("{engine_name}, 100,000 users, 10,000 licenses, 50,000 live sessions"));
    let cost = ratio(&large.rounds, &small.rounds, |round| 1.0 / round.rate());
    let shown = |measured: &Measured| format!("{}/s, {:.0} us CPU", rate(&measured.rounds), measured.micros());
    let details = format!("{}; small {}", shown(&large), shown(&small));
    table.add("cost of create and end, to a small account", cost, Limit::AtMost(1.5), details);
    failures(small.rounds.iter().chain(&large.rounds), table);
    Ok(())
}

impl Measured {
    async fn begin(engine: BenchEngine, size: Size) -> anyhow::Result<Self> {
        let database = BenchDatabase::create(engine).await?;
        let agents = write(&database, size).await?;
        let server = Server::seatkeeper(&database.address).await?;
        Ok(Self { agents, server, rounds: Vec::new(), cpu_seconds: 0.0, _database: database })
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        let before = self.server.usage()?.cpu_seconds;
        self.rounds.push(round(&[self.server.address], &self.agents, ROUND_DURATION).await);
        self.cpu_seconds += self.server.usage()?.cpu_seconds - before;
        Ok(())
    }

    /// The server's CPU time for one create and end, in microseconds.
    fn micros(&self) -> f64 {
        let responses: u64 = self.rounds.iter().map(|round| round.all).sum();
        self.cpu_seconds / responses as f64 * 2.0 * 1e6
    }
}

/// Writes the account; returns agents spread evenly over its users and licenses.
async fn write(database: &BenchDatabase, size: Size) -> anyhow::Result<Vec<Agent>> {
    let account = Account::create(database).await?;
    let pools = account.pools(size.licenses, i64::try_from(CONNECTIONS)?, SeatRule::Agent).await?;
    let people = account.agents(size.users).await?;
    let pool_of = |index: usize| &pools[index % size.licenses];
    account.assign(people.iter().enumerate().map(|(index, person)| (pool_of(index).license, person.user))).await?;
    // The last users hold sessions, the first ones work; in the large account, working users are far step.
    let holders = people.iter().enumerate().skip(size.users - size.sessions);
    account.sessions(holders.map(|(index, person)| (pool_of(index).license, person.user))).await?;
    account.close().await?;
    let step = (size.users - size.sessions) / CONNECTIONS;
    let working = people.iter().enumerate().step_by(step).take(CONNECTIONS);
    Ok(working.map(|(index, person)| person.with_product_of(pool_of(index))).collect())
}

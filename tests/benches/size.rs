//! What a create and its end cost in a large account, beside what they cost in a small one.

use crate::{
    account::{Account, Agent},
    database::{Database, Engine},
    hot::{ROUNDS, failures, rate, ratio},
    load::{Round, round},
    server::Server,
    table::{Demand, Table},
};
use seatkeeper_shared::license::SeatRule;
use std::time::Duration;

const CONNECTIONS: usize = 64;
const LASTS: Duration = Duration::from_millis(1_300);

/// How large an account is.
#[derive(Clone, Copy)]
struct Size {
    users: usize,
    licenses: usize,
    sessions: usize,
}

/// As the sample account, but with as many agents as connections. There are five live sessions on each license.
const SMALL: Size = Size { users: CONNECTIONS + 20, licenses: 4, sessions: 20 };
const LARGE: Size = Size { users: 100_000, licenses: 10_000, sessions: 50_000 };

/// An account with a server, and the rounds that were measured there.
struct Measured {
    agents: Vec<Agent>,
    server: Server,
    rounds: Vec<Round>,
    /// Seconds of a core that the server used for the rounds.
    seconds: f64,
    _database: Database,
}

/// Measures on SQLite, where the server does all the work.
pub async fn sqlite(table: &mut Table) -> anyhow::Result<()> {
    measure("SQLite", Engine::Sqlite, table).await
}

/// Measures on PostgreSQL.
pub async fn postgres(table: &mut Table) -> anyhow::Result<()> {
    measure("PostgreSQL", Engine::Postgres, table).await
}

async fn measure(engine_name: &str, engine: Engine, table: &mut Table) -> anyhow::Result<()> {
    let mut small = Measured::begin(engine, SMALL).await?;
    let mut large = Measured::begin(engine, LARGE).await?;
    for _ in 0..ROUNDS {
        small.round().await?;
        large.round().await?;
    }
    table.begin(&format!("{engine_name}, 100,000 users, 10,000 licenses, 50,000 live sessions"));
    let cost = ratio(&large.rounds, &small.rounds, |round| 1.0 / round.rate());
    let shown = |measured: &Measured| format!("{}/s, {:.0} us of a core", rate(&measured.rounds), measured.micros());
    let beside = format!("{}; small {}", shown(&large), shown(&small));
    table.add("cost of create and end, to a small account", cost, Demand::AtMost(1.5), beside);
    failures(small.rounds.iter().chain(&large.rounds), table);
    Ok(())
}

impl Measured {
    async fn begin(engine: Engine, size: Size) -> anyhow::Result<Self> {
        let database = Database::create(engine).await?;
        let agents = write(&database, size).await?;
        let server = Server::seatkeeper(&database.address).await?;
        Ok(Self { agents, server, rounds: Vec::new(), seconds: 0.0, _database: database })
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        let before = self.server.usage()?.seconds;
        self.rounds.push(round(&[self.server.address], &self.agents, LASTS).await);
        self.seconds += self.server.usage()?.seconds - before;
        Ok(())
    }

    /// What a pair of create and end costs the server, in microseconds of a core.
    fn micros(&self) -> f64 {
        let answers: u64 = self.rounds.iter().map(|round| round.all).sum();
        self.seconds / answers as f64 * 2.0 * 1e6
    }
}

/// Writes the account; its agents stand all over it, on as many licenses as there are for them.
async fn write(database: &Database, size: Size) -> anyhow::Result<Vec<Agent>> {
    let account = Account::found(database).await?;
    let pools = account.pools(size.licenses, i64::try_from(CONNECTIONS)?, SeatRule::Agent).await?;
    let people = account.agents(size.users).await?;
    let pool_of = |place: usize| &pools[place % size.licenses];
    account.assign(people.iter().enumerate().map(|(place, person)| (pool_of(place).license, person.user))).await?;
    // The last ones hold sessions, the first ones work; in the large account those who work are far apart.
    let holders = people.iter().enumerate().skip(size.users - size.sessions);
    account.sessions(holders.map(|(place, person)| (pool_of(place).license, person.user))).await?;
    account.close().await?;
    let apart = (size.users - size.sessions) / CONNECTIONS;
    let working = people.iter().enumerate().step_by(apart).take(CONNECTIONS);
    Ok(working.map(|(place, person)| person.at(pool_of(place))).collect())
}

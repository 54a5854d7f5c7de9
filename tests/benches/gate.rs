//! The gate before users who have their seats: a proxy asks it before each request of theirs, so it has to be nearly free.

use crate::{
    account::{Account, Agent},
    connection::{Connection, get},
    database::{Database, Engine},
    hot::ROUNDS,
    numbers::{grouped, median},
    server::Server,
    table::{Demand, Table},
};
use seatkeeper_shared::license::SeatRule;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;

const USERS: usize = 64;
/// Before it counts: each user takes his seat with his first request.
const WARM_UP: Duration = Duration::from_millis(300);
const LASTS: Duration = Duration::from_millis(1_300);

/// Measures against a handler that does nothing. Half its rate is demanded: a proxy asks for each of its requests, so the gate
/// may cost as much again as HTTP does by itself, and no more. A decision that read the database would be at a tenth.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let database = Database::create(Engine::Sqlite).await?;
    let users = write(&database).await?;
    let (gate, no_op) = (Server::seatkeeper(&database.address).await?, Server::no_op(0).await?);
    let (mut ours, mut theirs) = (Passed::default(), Passed::default());
    for _ in 0..ROUNDS {
        theirs.add(round(no_op.address, &users).await?);
        ours.add(round(gate.address, &users).await?);
    }
    table.begin("SQLite, the gate before 64 users in session");
    let beside = format!("{}/s, no-op {}/s", ours.rate(), theirs.rate());
    let ratio = median(ours.rates.iter().zip(&theirs.rates).map(|(ours, theirs)| ours / theirs));
    table.add("rate, to a no-op", ratio, Demand::AtLeast(0.5), beside);
    table.add("turned away or failed", (ours.failed + theirs.failed) as f64, Demand::None, "");
    Ok(())
}

async fn write(database: &Database) -> anyhow::Result<Vec<Agent>> {
    let account = Account::found(database).await?;
    let pools = account.pools(1, i64::try_from(USERS)?, SeatRule::Agent).await?;
    let users = account.agents(USERS).await?;
    account.assign(users.iter().map(|user| (pools[0].license, user.user))).await?;
    account.close().await?;
    Ok(users.iter().map(|user| user.at(&pools[0])).collect())
}

/// What came of the rounds of one server.
#[derive(Default)]
struct Passed {
    rates: Vec<f64>,
    failed: u64,
}

impl Passed {
    fn add(&mut self, (passed, failed): (u64, u64)) {
        self.rates.push(passed as f64 / LASTS.as_secs_f64());
        self.failed += failed;
    }

    fn rate(&self) -> String {
        grouped(median(self.rates.iter().copied()))
    }
}

/// All users ask over a connection each; how many passed in the time that counts, and how many did not at any time.
async fn round(server: SocketAddr, users: &[Agent]) -> anyhow::Result<(u64, u64)> {
    let from = Instant::now() + WARM_UP;
    let asks = users.iter().map(|user| {
        let request = get(&format!("/gate/{}", user.product), &user.token);
        spawn_local(async move {
            let mut connection = Connection::open(server).await?;
            let (mut passed, mut failed) = (0, 0);
            while Instant::now() < from + LASTS {
                let (status, _) = connection.ask(&request).await?;
                let counts = (from..from + LASTS).contains(&Instant::now());
                passed += u64::from(status == 200 && counts);
                failed += u64::from(status != 200);
            }
            anyhow::Ok((passed, failed))
        })
    });
    let (mut passed, mut failed) = (0, 0);
    for user in asks.collect::<Vec<_>>() {
        let (his, turned_away) = user.await??;
        (passed, failed) = (passed + his, failed + turned_away);
    }
    Ok((passed, failed))
}

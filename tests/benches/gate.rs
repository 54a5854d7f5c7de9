//! The gate for users who hold a seat: a proxy calls it before each of their requests, so it must be very cheap.

use crate::{
    account::{Account, Agent},
    connection::{Connection, get},
    database::{BenchDatabase, BenchEngine},
    hot::ROUNDS,
    server::Server,
    statistics::{grouped, median},
    table::{Limit, Table},
};
use seatkeeper_shared::license::SeatRule;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::task::spawn_local;

const USERS: usize = 64;
/// Time before the measurement, in which each user takes a seat with the first request.
const WARM_UP: Duration = Duration::from_millis(300);
const ROUND_DURATION: Duration = Duration::from_millis(1_300);

/// Compares the gate with a handler that does nothing. The limit is half of its rate, so the gate may cost no more than
/// the HTTP handling itself. A gate that read the database would reach a tenth.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let database = BenchDatabase::create(BenchEngine::Sqlite).await?;
    let users = write(&database).await?;
    let (gate, no_op) = (Server::seatkeeper(&database.address).await?, Server::no_op(0).await?);
    let (mut ours, mut theirs) = (Passed::default(), Passed::default());
    for _ in 0..ROUNDS {
        theirs.add(round(no_op.address, &users).await?);
        ours.add(round(gate.address, &users).await?);
    }
    table.begin("SQLite, the gate before 64 users in session");
    let details = format!("{}/s, no-op {}/s", ours.rate(), theirs.rate());
    let ratio = median(ours.rates.iter().zip(&theirs.rates).map(|(ours, theirs)| ours / theirs));
    table.add("rate, to a no-op", ratio, Limit::AtLeast(0.5), details);
    table.add("refused or failed", (ours.failed + theirs.failed) as f64, Limit::Zero, "");
    Ok(())
}

async fn write(database: &BenchDatabase) -> anyhow::Result<Vec<Agent>> {
    let account = Account::create(database).await?;
    let pools = account.pools(1, i64::try_from(USERS)?, SeatRule::Agent).await?;
    let users = account.agents(USERS).await?;
    account.assign(users.iter().map(|user| (pools[0].license, user.user))).await?;
    account.close().await?;
    Ok(users.iter().map(|user| user.with_product_of(&pools[0])).collect())
}

/// The results of the rounds of one server.
#[derive(Default)]
struct Passed {
    rates: Vec<f64>,
    failed: u64,
}

impl Passed {
    fn add(&mut self, (passed, failed): (u64, u64)) {
        self.rates.push(passed as f64 / ROUND_DURATION.as_secs_f64());
        self.failed += failed;
    }

    fn rate(&self) -> String {
        grouped(median(self.rates.iter().copied()))
    }
}

/// All users send requests, over a connection each; returns how many passed in the measured time, and how many failed.
async fn round(server: SocketAddr, users: &[Agent]) -> anyhow::Result<(u64, u64)> {
    let from = Instant::now() + WARM_UP;
    let tasks = users.iter().map(|user| {
        let request = get(&format!("/gate/{}", user.product), &user.token);
        spawn_local(async move {
            let mut connection = Connection::open(server).await?;
            let (mut passed, mut failed) = (0, 0);
            while Instant::now() < from + ROUND_DURATION {
                let (status, _) = connection.request(&request).await?;
                let counts = (from..from + ROUND_DURATION).contains(&Instant::now());
                passed += u64::from(status == 200 && counts);
                failed += u64::from(status != 200);
            }
            anyhow::Ok((passed, failed))
        })
    });
    let (mut passed, mut failed) = (0, 0);
    for user in tasks.collect::<Vec<_>>() {
        let (user_passed, user_failed) = user.await??;
        (passed, failed) = (passed + user_passed, failed + user_failed);
    }
    Ok((passed, failed))
}

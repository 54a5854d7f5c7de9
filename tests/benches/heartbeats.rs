//! 100,000 live sessions, each with a heartbeat every 30 seconds.

use crate::{
    account::{self, Account, Agent},
    connection::{Connection, post},
    database::{BenchDatabase, BenchEngine},
    server::Server,
    statistics::{grouped, percentile},
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

const SESSIONS: usize = 100_000;
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30);
const USERS: usize = 10_000;
const LICENSES: usize = 1_000;
const CONNECTIONS: usize = 64;
/// Time before the measurement, in which the server completes its startup work.
const WARM_UP: Duration = Duration::from_secs(3);
const ROUND_DURATION: Duration = Duration::from_secs(15);

/// Measures the server's CPU load and memory, and whether it keeps up.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let database = BenchDatabase::create(BenchEngine::Sqlite).await?;
    let people = write(&database).await?;
    let server = Server::seatkeeper(&database.address).await?;
    send_heartbeats(server.address, &people, 0, WARM_UP).await?;
    let (before, began) = (server.usage()?, Instant::now());
    let stats = send_heartbeats(server.address, &people, due_in(WARM_UP), ROUND_DURATION).await?;
    let (after, lasted) = (server.usage()?, began.elapsed());

    table.begin("SQLite, 100,000 live sessions, a heartbeat every 30 s");
    let load = (after.cpu_seconds - before.cpu_seconds) / lasted.as_secs_f64() * 100.0;
    let details = format!("{} heartbeats/s", grouped(stats.answered as f64 / lasted.as_secs_f64()));
    table.add("CPU load of a core", load, Limit::Below(25.0, "%"), details);
    table.add("resident memory", after.resident, Limit::Below(300.0, "MB"), format!("peak {:.0} MB", after.peak));
    let part = stats.answered as f64 / due_in(ROUND_DURATION) as f64;
    let details = format!(
        "p99 of the responses {:.1} ms after they were due",
        f64::from(percentile(&stats.delays, 0.99)) / 1_000.0
    );
    table.add("heartbeats answered, to those due", part, Limit::AtLeast(0.99), details);
    table.add("failed heartbeats", stats.failed as f64, Limit::Zero, stats.failure.unwrap_or_default());
    Ok(())
}

/// The number of heartbeats due in this time.
fn due_in(time: Duration) -> usize {
    (SESSIONS as f64 * time.as_secs_f64() / HEARTBEAT_INTERVAL.as_secs_f64()) as usize
}

/// Writes the account; sessions belong to users and licenses round robin, by number.
async fn write(database: &BenchDatabase) -> anyhow::Result<Vec<Agent>> {
    let account = Account::create(database).await?;
    let pools = account.pools(LICENSES, i64::try_from(SESSIONS / LICENSES)?, SeatRule::Session).await?;
    let people = account.agents(USERS).await?;
    account.assign(people.iter().zip(pools.iter().cycle()).map(|(person, pool)| (pool.license, person.user))).await?;
    let holders = people.iter().zip(pools.iter().cycle()).cycle().take(SESSIONS);
    account.sessions(holders.map(|(person, pool)| (pool.license, person.user))).await?;
    account.close().await?;
    Ok(people)
}

/// The results of the heartbeats.
#[derive(Default)]
struct HeartbeatStats {
    answered: usize,
    failed: usize,
    failure: Option<String>,
    /// The delay of each response after its due time, in microseconds, sorted.
    delays: Vec<u32>,
}

#[derive(Default)]
struct Tally {
    next: Cell<usize>,
    stats: RefCell<HeartbeatStats>,
}

/// Sends the heartbeats of this time when they are due, beginning with session number `first`. Heartbeats not sent in
/// time are skipped.
async fn send_heartbeats(
    server: SocketAddr,
    people: &[Agent],
    first: usize,
    lasts: Duration,
) -> anyhow::Result<HeartbeatStats> {
    let tally = Rc::new(Tally::default());
    let (began, due) = (Instant::now(), due_in(lasts));
    let people: Rc<[Agent]> = people.into();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (tally, people) = (tally.clone(), people.clone());
            spawn_local(async move {
                let mut connection = Connection::open(server).await?;
                while tally.next.get() < due && began.elapsed() < lasts {
                    let index = tally.next.replace(tally.next.get() + 1);
                    let at = began + lasts.mul_f64(index as f64 / due as f64);
                    tokio::time::sleep_until(at.into()).await;
                    send_heartbeat(&mut connection, &people, (first + index) % SESSIONS, at, &tally).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let mut stats = tally.stats.take();
    stats.delays.sort_unstable();
    Ok(stats)
}

async fn send_heartbeat(
    connection: &mut Connection,
    people: &[Agent],
    index: usize,
    due: Instant,
    tally: &Tally,
) -> anyhow::Result<()> {
    let path = format!("/api/v1/sessions/{}/heartbeat", account::session(index));
    let (status, body) = connection.request(&post(&path, &people[index % people.len()].token, "")).await?;
    let mut stats = tally.stats.borrow_mut();
    stats.delays.push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
    if status == 200 {
        stats.answered += 1;
    } else {
        stats.failed += 1;
        stats.failure.get_or_insert_with(|| format!("the first: {status} {}", String::from_utf8_lossy(body)));
    }
    Ok(())
}

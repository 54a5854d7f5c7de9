//! 100,000 live sessions, each of which says every 30 seconds that it lives.

use crate::{
    account::{self, Account, Agent},
    connection::{Connection, post},
    database::{Database, Engine},
    numbers::{grouped, percentile},
    server::Server,
    table::{Demand, Table},
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
const EVERY: Duration = Duration::from_secs(30);
const USERS: usize = 10_000;
const LICENSES: usize = 1_000;
const CONNECTIONS: usize = 64;
/// Before it counts: whatever the server does once after its start is over then.
const WARM_UP: Duration = Duration::from_secs(3);
const LASTS: Duration = Duration::from_secs(15);

/// Measures what the server needs for it, and whether it keeps up.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let database = Database::create(Engine::Sqlite).await?;
    let people = write(&database).await?;
    let server = Server::seatkeeper(&database.address).await?;
    beats(server.address, &people, 0, WARM_UP).await?;
    let (before, began) = (server.usage()?, Instant::now());
    let beaten = beats(server.address, &people, due_in(WARM_UP), LASTS).await?;
    let (after, lasted) = (server.usage()?, began.elapsed());

    table.begin("SQLite, 100,000 live sessions, a heartbeat every 30 s");
    let load = (after.seconds - before.seconds) / lasted.as_secs_f64() * 100.0;
    let beside = format!("{} heartbeats/s", grouped(beaten.answered as f64 / lasted.as_secs_f64()));
    table.add("load of a core", load, Demand::Below(25.0, "%"), beside);
    table.add("resident memory", after.resident, Demand::Below(300.0, "MB"), format!("peak {:.0} MB", after.peak));
    let part = beaten.answered as f64 / due_in(LASTS) as f64;
    let beside =
        format!("p99 of the answers {:.1} ms after they were due", f64::from(percentile(&beaten.late, 0.99)) / 1_000.0);
    table.add("heartbeats answered, to those due", part, Demand::AtLeast(0.99), beside);
    table.add("failed heartbeats", beaten.failed as f64, Demand::None, beaten.failure.unwrap_or_default());
    Ok(())
}

/// How many heartbeats are due in this time.
fn due_in(time: Duration) -> usize {
    (SESSIONS as f64 * time.as_secs_f64() / EVERY.as_secs_f64()) as usize
}

/// Sessions in the order of their numbers belong to the users and licenses in turn.
async fn write(database: &Database) -> anyhow::Result<Vec<Agent>> {
    let account = Account::found(database).await?;
    let pools = account.pools(LICENSES, i64::try_from(SESSIONS / LICENSES)?, SeatRule::Session).await?;
    let people = account.agents(USERS).await?;
    account.assign(people.iter().zip(pools.iter().cycle()).map(|(person, pool)| (pool.license, person.user))).await?;
    let holders = people.iter().zip(pools.iter().cycle()).cycle().take(SESSIONS);
    account.sessions(holders.map(|(person, pool)| (pool.license, person.user))).await?;
    account.close().await?;
    Ok(people)
}

/// What came of the heartbeats.
#[derive(Default)]
struct Beaten {
    answered: usize,
    failed: usize,
    failure: Option<String>,
    /// How long after it was due each was answered, in microseconds, sorted.
    late: Vec<u32>,
}

#[derive(Default)]
struct Tally {
    next: Cell<usize>,
    beaten: RefCell<Beaten>,
}

/// Sends the heartbeats that are due in this time when they are due, beginning with the one of this number. What is not
/// sent when the time is over is left out.
async fn beats(server: SocketAddr, people: &[Agent], first: usize, lasts: Duration) -> anyhow::Result<Beaten> {
    let tally = Rc::new(Tally::default());
    let (began, due) = (Instant::now(), due_in(lasts));
    let people: Rc<[Agent]> = people.into();
    let hearts: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (tally, people) = (tally.clone(), people.clone());
            spawn_local(async move {
                let mut connection = Connection::open(server).await?;
                while tally.next.get() < due && began.elapsed() < lasts {
                    let place = tally.next.replace(tally.next.get() + 1);
                    let at = began + lasts.mul_f64(place as f64 / due as f64);
                    tokio::time::sleep_until(at.into()).await;
                    beat(&mut connection, &people, (first + place) % SESSIONS, at, &tally).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for heart in hearts {
        heart.await??;
    }
    let mut beaten = tally.beaten.take();
    beaten.late.sort_unstable();
    Ok(beaten)
}

async fn beat(
    connection: &mut Connection,
    people: &[Agent],
    place: usize,
    due: Instant,
    tally: &Tally,
) -> anyhow::Result<()> {
    let path = format!("/api/v1/sessions/{}/heartbeat", account::session(place));
    let (status, body) = connection.ask(&post(&path, &people[place % people.len()].token, "")).await?;
    let mut beaten = tally.beaten.borrow_mut();
    beaten.late.push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
    if status == 200 {
        beaten.answered += 1;
    } else {
        beaten.failed += 1;
        beaten.failure.get_or_insert_with(|| format!("the first: {status} {}", String::from_utf8_lossy(body)));
    }
    Ok(())
}

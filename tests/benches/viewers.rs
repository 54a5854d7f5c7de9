//! 1,000 viewers of the live feed at 200 changes per second.

use crate::{
    account::{Account, Agent, Pool},
    connection::{Connection, id_in, post},
    database::{Database, Engine},
    numbers::{grouped, mean},
    server::Server,
    table::{Demand, Table},
    viewer::{self, Gallery, Seen},
};
use seatkeeper_shared::license::SeatRule;
use std::{
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep_until};

const FEW: usize = 100;
const MANY: usize = 1_000;
/// Those who read nothing.
const SLOW: usize = 5;
/// Agents who make changes; each creates and ends a session in this time, which makes 200 changes per second.
const AGENTS: usize = 50;
const TURN: Duration = Duration::from_millis(500);
/// After the last viewer has come, before it counts.
const WARM_UP: Duration = Duration::from_millis(1_500);
const LASTS: Duration = Duration::from_secs(4);
/// How long frames may still arrive.
const LAST_FRAMES: Duration = Duration::from_secs(5);

/// What was seen, and what it cost.
struct Measured {
    seen: Seen,
    /// Seconds of a core that the server used.
    seconds: f64,
}

/// Measures that what is told costs no more than sending it, and that nobody waits for the slowest.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let database = Database::create(Engine::Sqlite).await?;
    let (admin, agents) = write(&database).await?;
    let server = Server::seatkeeper(&database.address).await?;
    let mut changes = changes(server.address, &agents);
    let token = &admin.token;
    let few = watched(&server, token, FEW).await?;
    let mut alone = vec![watched(&server, token, MANY).await?];
    let size = alone[0].seen.bytes / alone[0].seen.frames.max(1);
    let slow = stand_still(&server, token);
    // Meanwhile the slow ones fall behind: at first the system keeps for them what they do not read.
    let bare = Server::no_op(size).await?;
    let (bare_few, bare_many) = (watched(&bare, token, FEW).await?, watched(&bare, token, MANY).await?);
    drop(bare);
    let beside_slow = [watched(&server, token, MANY).await?, watched(&server, token, MANY).await?];
    drop(slow);
    alone.push(watched(&server, token, MANY).await?);
    if let Some(stopped) = changes.try_join_next() {
        stopped??;
    }
    drop((changes, server));

    table.begin("SQLite, 1,000 live viewers, 200 changes per second");
    let shown =
        |ours: f64, bare: f64| format!("{ours:.1} us per viewer and frame of {size} bytes, bare axum {bare:.1} us");
    let (ours, theirs) = (per_frame(&few, &alone), per_frame(&bare_few, &[bare_many]));
    table.add("cost of a frame, to sending ready bytes", ours / theirs, Demand::AtMost(2.0), shown(ours, theirs));
    let load = |measured: &Measured| measured.seconds / LASTS.as_secs_f64() * 100.0;
    let beside = format!(
        "load {:.0} % of a core, with {FEW} viewers {:.0} %; {} frames/s to each",
        load(&alone[0]),
        load(&few),
        grouped(alone[0].seen.frames as f64 / MANY as f64 / LASTS.as_secs_f64()),
    );
    let all = || alone.iter().chain(&beside_slow);
    let different: usize = all().map(|measured| measured.seen.different).sum();
    table.add("frames that differ between viewers", different as f64, Demand::None, beside);
    let missing: usize = all().map(|measured| measured.seen.missing).sum();
    table.add("frames that a viewer did not get", missing as f64, Demand::None, "");
    let delay = |measured: &[Measured], part| mean(measured.iter().map(|measured| measured.seen.delay(part)));
    let shown = |measured| format!("p50 {:.0} ms, p99 {:.0} ms", delay(measured, 0.5), delay(measured, 0.99));
    let beside = format!("{}; without {}; {SLOW} read nothing", shown(&beside_slow), shown(&alone));
    let times = delay(&beside_slow, 0.99) / delay(&alone, 0.99);
    table.add("p99 of the delay beside slow viewers, to without", times, Demand::AtMost(1.5), beside);
    Ok(())
}

/// What one more frame to one more viewer costs, in microseconds of a core; NaN if that drowned in what else went on.
fn per_frame(few: &Measured, many: &[Measured]) -> f64 {
    let seconds = mean(many.iter().map(|measured| measured.seconds)) - few.seconds;
    let frames = mean(many.iter().map(|measured| measured.seen.frames as f64)) - few.seen.frames as f64;
    if seconds > 0.0 && frames > 0.0 { seconds / frames * 1e6 } else { f64::NAN }
}

async fn write(database: &Database) -> anyhow::Result<(Agent, Vec<Agent>)> {
    let account = Account::found(database).await?;
    let pools = account.pools(4, i64::try_from(AGENTS)?, SeatRule::Agent).await?;
    let people = account.agents(AGENTS).await?;
    let of = |place: usize| -> &Pool { &pools[place % pools.len()] };
    account.assign(people.iter().enumerate().map(|(place, person)| (of(place).license, person.user))).await?;
    let admin = account.admin().await?;
    account.close().await?;
    Ok((admin, people.iter().enumerate().map(|(place, person)| person.at(of(place))).collect()))
}

/// Agents who work at an even pace until the returned set is dropped.
fn changes(server: SocketAddr, agents: &[Agent]) -> JoinSet<anyhow::Result<()>> {
    let mut working = JoinSet::new();
    let began = Instant::now();
    for (place, agent) in agents.iter().cloned().enumerate() {
        let first = began + TURN.mul_f64(place as f64 / agents.len() as f64);
        working.spawn_local(work(server, agent, first));
    }
    working
}

async fn work(server: SocketAddr, agent: Agent, mut turn: Instant) -> anyhow::Result<()> {
    let mut connection = Connection::open(server).await?;
    let body = format!(r#"{{"product":"{}","device":"Bench","mode":"unattended"}}"#, agent.product);
    let create = post("/api/v1/sessions", &agent.token, &body);
    loop {
        sleep_until(turn.into()).await;
        let (status, body) = connection.ask(&create).await?;
        let Some(id) = id_in(body).filter(|_| status == 201).map(str::to_owned) else {
            anyhow::bail!("a create is answered {status}: {}", String::from_utf8_lossy(body));
        };
        sleep_until((turn + TURN / 2).into()).await;
        connection.ask(&post(&format!("/api/v1/sessions/{id}/end"), &agent.token, "")).await?;
        turn += TURN;
    }
}

/// Viewers who read nothing until the returned set is dropped.
fn stand_still(server: &Server, token: &str) -> JoinSet<anyhow::Result<()>> {
    let mut standing = JoinSet::new();
    for _ in 0..SLOW {
        standing.spawn_local(viewer::stand_still(server.address, token.to_owned()));
    }
    standing
}

/// Lets viewers watch and measures for a while.
async fn watched(server: &Server, token: &str, viewers: usize) -> anyhow::Result<Measured> {
    let gallery = Rc::new(Gallery::default());
    let mut watching = JoinSet::new();
    for place in 0..viewers {
        watching.spawn_local(gallery.clone().watch(server.address, token.to_owned(), place));
    }
    while gallery.watching() < viewers {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if let Some(ended) = watching.try_join_next() {
            ended??;
        }
    }
    tokio::time::sleep(WARM_UP).await;
    let before = server.usage()?.seconds;
    gallery.begin();
    tokio::time::sleep(LASTS).await;
    gallery.end();
    let seconds = server.usage()?.seconds - before;
    // What the first viewers have is on its way to the last.
    let ended = Instant::now();
    while gallery.missing() > 0 && ended.elapsed() < LAST_FRAMES {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(Measured { seen: gallery.seen(), seconds })
}

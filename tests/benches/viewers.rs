//! 1,000 viewers of the live feed at 200 changes per second.

use crate::{
    account::{Account, Agent, Pool},
    connection::{Connection, id_in, post},
    database::{BenchDatabase, BenchEngine},
    server::Server,
    statistics::{grouped, mean},
    table::{Limit, Table},
    viewer::{self, ViewerGroup, ViewerStats},
};
use chrono::TimeDelta;
use seatkeeper_shared::{
    endpoints::{
        Endpoint,
        live::{LiveRows, SNAPSHOT_SESSIONS, rows, snapshot},
    },
    license::{Model, SeatRule},
    wire::{
        live::LiveContent,
        sessions::{SessionSort, StateFilter},
    },
};
use std::{
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep_until};

const FEW_VIEWERS: usize = 100;
const MANY_VIEWERS: usize = 1_000;
/// Viewers who never read.
const STALLED_VIEWERS: usize = 5;
/// Agents who create and end a session in each cycle, which makes 200 changes per second.
const AGENTS: usize = 50;
const SESSION_CYCLE: Duration = Duration::from_millis(500);
/// Time after the last viewer has connected, before the measurement.
const WARM_UP: Duration = Duration::from_millis(1_500);
const ROUND_DURATION: Duration = Duration::from_secs(4);
/// Live sessions in the account whose first bytes are measured.
const LIVE_SESSIONS: usize = 6_000;
/// How long frames may still arrive after the measurement.
const LAST_FRAMES_TIMEOUT: Duration = Duration::from_secs(5);

/// What the viewers received, and what that cost the server.
struct Measured {
    stats: ViewerStats,
    /// The server's CPU time, in seconds.
    seconds: f64,
}

/// Measures that a frame costs little more than sending its bytes, and that slow viewers do not delay others.
pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let database = BenchDatabase::create(BenchEngine::Sqlite).await?;
    let (admin, agents) = write(&database).await?;
    let server = Server::seatkeeper(&database.address).await?;
    let mut changes = changes(server.address, &agents, SESSION_CYCLE);
    let token = &admin.token;
    let few = measure_viewers(&server, token, FEW_VIEWERS).await?;
    let mut alone = vec![measure_viewers(&server, token, MANY_VIEWERS).await?];
    let size = alone[0].stats.bytes / alone[0].stats.frames.max(1);
    let slow = never_read(&server, token);
    // Meanwhile the stalled viewers fall behind: at first, the system buffers what they do not read.
    let bare = Server::no_op(size).await?;
    let (bare_few, bare_many) =
        (measure_viewers(&bare, token, FEW_VIEWERS).await?, measure_viewers(&bare, token, MANY_VIEWERS).await?);
    drop(bare);
    let beside_slow =
        [measure_viewers(&server, token, MANY_VIEWERS).await?, measure_viewers(&server, token, MANY_VIEWERS).await?];
    drop(slow);
    alone.push(measure_viewers(&server, token, MANY_VIEWERS).await?);
    if let Some(stopped) = changes.try_join_next() {
        stopped??;
    }
    drop((changes, server));

    table.begin("SQLite, 1,000 live viewers, 200 changes per second");
    let shown =
        |ours: f64, bare: f64| format!("{ours:.1} us per viewer and frame of {size} bytes, plain axum {bare:.1} us");
    let (ours, theirs) = (per_frame(&few, &alone), per_frame(&bare_few, &[bare_many]));
    table.add("cost of a frame, to sending ready bytes", ours / theirs, Limit::AtMost(2.0), shown(ours, theirs));
    let load = |measured: &Measured| measured.seconds / ROUND_DURATION.as_secs_f64() * 100.0;
    let details = format!(
        "load {:.0} % of a core, with {FEW_VIEWERS} viewers {:.0} %; {} frames/s to each",
        load(&alone[0]),
        load(&few),
        grouped(alone[0].stats.frames as f64 / MANY_VIEWERS as f64 / ROUND_DURATION.as_secs_f64()),
    );
    let all = || alone.iter().chain(&beside_slow);
    let different: usize = all().map(|measured| measured.stats.different).sum();
    table.add("frames that differ between viewers", different as f64, Limit::Zero, details);
    let missing: usize = all().map(|measured| measured.stats.missing).sum();
    table.add("frames that a viewer did not get", missing as f64, Limit::Zero, "");
    let delay = |measured: &[Measured], part| mean(measured.iter().map(|measured| measured.stats.delay(part)));
    let shown = |measured| format!("p50 {:.0} ms, p99 {:.0} ms", delay(measured, 0.5), delay(measured, 0.99));
    let details = format!("{}; without {}; {STALLED_VIEWERS} never read", shown(&beside_slow), shown(&alone));
    let times = delay(&beside_slow, 0.99) / delay(&alone, 0.99);
    table.add("p99 of the delay with stalled viewers, to without", times, Limit::AtMost(1.5), details);
    measure_first_bytes(table).await
}

/// Measures what a tab receives first of many sessions: on the page that lists them, and on the others.
async fn measure_first_bytes(table: &mut Table) -> anyhow::Result<()> {
    let database = BenchDatabase::create(BenchEngine::Sqlite).await?;
    let account = Account::create(&database).await?;
    let pools = account.pools(10, i64::try_from(LIVE_SESSIONS)?, SeatRule::Agent).await?;
    let people = account.agents(LIVE_SESSIONS).await?;
    let holders = people.iter().enumerate().map(|(index, person)| (pools[index % pools.len()].license, person.user));
    account.sessions_for(TimeDelta::hours(1), holders).await?;
    let admin = account.admin().await?;
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    let oldest_first = LiveRows {
        license: None,
        model: Some(Model::Concurrent),
        state: StateFilter::Live,
        platform: None,
        q: None,
        order: (SessionSort::Created, false),
    };
    let [own, all] = [LiveContent::Own, LiveContent::All].map(|content| snapshot(content, SNAPSHOT_SESSIONS));
    let own = compressed_bytes(&server, &admin, own).await?;
    let list =
        compressed_bytes(&server, &admin, all).await? + compressed_bytes(&server, &admin, rows(&oldest_first)).await?;
    table.begin(&format!("SQLite, a tab opened at {} live sessions", grouped(LIVE_SESSIONS as f64)));
    let kilobytes = |bytes: usize| bytes as f64 / 1_000.0;
    table.add("sent to the list of sessions", kilobytes(list), Limit::Below(150.0, "kB"), "compressed");
    table.add("sent to other pages", kilobytes(own), Limit::Below(15.0, "kB"), "compressed");
    Ok(())
}

/// The bytes of a response that is compressed as for a browser.
#[expect(clippy::disallowed_methods, reason = "that it takes a moment does not count here")]
async fn compressed_bytes<T>(server: &Server, viewer: &Agent, endpoint: Endpoint<T>) -> anyhow::Result<usize> {
    let address = format!("http://{}/api/v1{}", server.address, endpoint.into_request().path);
    let request = reqwest::Client::new().get(address).bearer_auth(&viewer.token).header("accept-encoding", "gzip");
    Ok(request.send().await?.error_for_status()?.bytes().await?.len())
}

/// The CPU time for one more frame to one more viewer, in microseconds; NaN if it is lost in the noise.
fn per_frame(few: &Measured, many: &[Measured]) -> f64 {
    let seconds = mean(many.iter().map(|measured| measured.seconds)) - few.seconds;
    let frames = mean(many.iter().map(|measured| measured.stats.frames as f64)) - few.stats.frames as f64;
    if seconds > 0.0 && frames > 0.0 { seconds / frames * 1e6 } else { f64::NAN }
}

async fn write(database: &BenchDatabase) -> anyhow::Result<(Agent, Vec<Agent>)> {
    let account = Account::create(database).await?;
    let pools = account.pools(4, i64::try_from(AGENTS)?, SeatRule::Agent).await?;
    let people = account.agents(AGENTS).await?;
    let pool_of = |index: usize| -> &Pool { &pools[index % pools.len()] };
    account.assign(people.iter().enumerate().map(|(index, person)| (pool_of(index).license, person.user))).await?;
    let admin = account.admin().await?;
    account.close().await?;
    Ok((admin, people.iter().enumerate().map(|(index, person)| person.with_product_of(pool_of(index))).collect()))
}

/// Agents who create and end a session in each cycle, evenly spread, until the returned set is dropped.
pub fn changes(server: SocketAddr, agents: &[Agent], cycle: Duration) -> JoinSet<anyhow::Result<()>> {
    let mut working = JoinSet::new();
    let began = Instant::now();
    for (index, agent) in agents.iter().cloned().enumerate() {
        let first = began + cycle.mul_f64(index as f64 / agents.len() as f64);
        working.spawn_local(work(server, agent, first, cycle));
    }
    working
}

async fn work(server: SocketAddr, agent: Agent, mut turn: Instant, cycle: Duration) -> anyhow::Result<()> {
    let mut connection = Connection::open(server).await?;
    let body = format!(r#"{{"product":"{}","device":"Bench","mode":"unattended"}}"#, agent.product);
    let create = post("/api/v1/sessions", &agent.token, &body);
    loop {
        sleep_until(turn.into()).await;
        let (status, body) = connection.request(&create).await?;
        let Some(id) = id_in(body).filter(|_| status == 201).map(str::to_owned) else {
            anyhow::bail!("a create returned {status}: {}", String::from_utf8_lossy(body));
        };
        sleep_until((turn + cycle / 2).into()).await;
        connection.request(&post(&format!("/api/v1/sessions/{id}/end"), &agent.token, "")).await?;
        turn += cycle;
    }
}

/// Connects viewers who never read, until the returned set is dropped.
fn never_read(server: &Server, token: &str) -> JoinSet<anyhow::Result<()>> {
    let mut stalled = JoinSet::new();
    for _ in 0..STALLED_VIEWERS {
        stalled.spawn_local(viewer::never_read(server.address, token.to_owned()));
    }
    stalled
}

/// Connects viewers and measures for [`ROUND_DURATION`].
async fn measure_viewers(server: &Server, token: &str, viewers: usize) -> anyhow::Result<Measured> {
    let viewers_group = Rc::new(ViewerGroup::default());
    let mut watching = JoinSet::new();
    for index in 0..viewers {
        watching.spawn_local(viewers_group.clone().watch(server.address, token.to_owned(), index));
    }
    while viewers_group.watching() < viewers {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if let Some(ended) = watching.try_join_next() {
            ended??;
        }
    }
    tokio::time::sleep(WARM_UP).await;
    let before = server.usage()?.cpu_seconds;
    viewers_group.begin();
    tokio::time::sleep(ROUND_DURATION).await;
    viewers_group.end();
    let seconds = server.usage()?.cpu_seconds - before;
    // Frames that some viewers have are still on their way to others.
    let ended = Instant::now();
    while viewers_group.missing() > 0 && ended.elapsed() < LAST_FRAMES_TIMEOUT {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(Measured { stats: viewers_group.stats(), seconds })
}

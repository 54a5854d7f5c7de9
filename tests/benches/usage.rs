//! The cost of the usage report of a year with 1,000,000 sessions: compared with a page of users, and with reading the
//! events of that year.

use crate::{
    account::{Account, row},
    connection::{Connection, get},
    database::{BenchDatabase, BenchEngine},
    server::Server,
    statistics::median,
    table::{Limit, Table},
};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::{
    db::{Db, Sql},
    store::reports::{self, ReportScope},
    usage_history::{self, HistoryQuery, PeopleFilter, PieceCache, rollups},
};
use seatkeeper_shared::{ids::LicenseId, license::SeatRule, wire::reports::PeakPeriod};
use std::time::Instant;
use uuid::Uuid;

const AGENTS: usize = 10_000;
const SEATS: i64 = 100;
const DAYS: i64 = 365;
/// The sessions of the year; fewer with the variable, to try it out.
const SESSIONS: usize = 1_000_000;
const SESSIONS_VARIABLE: &str = "SEATKEEPER_BENCH_SESSIONS";
const REPETITIONS: usize = 15;
/// The page of users takes 1.3 ms on SQLite and 3.3 ms on PostgreSQL, the report 31 ms and 71 ms: nobody notices the
/// difference to three times that page, which would need summaries of months beside those of days.
const MOST_TO_USERS_PAGE: f64 = 30.0;
/// Repetitions before the measurement, in which statements are prepared and file pages cached.
const WARM_UP: usize = 12;

static SESSION_ROWS: Sql = Sql::new(|| {
    "INSERT INTO sessions (id, license_id, user_id, device, state, mode, created_at, connected_at, last_seen_at,
                           lease_until, ended_at, end_reason)
     SELECT id, license_id, user_id, 'Bench', 'ended', 'unattended', at, at, ended_at, ended_at, ended_at, 'finished'
     FROM ROWS($1: id uuid, license_id uuid, user_id uuid, at time, ended_at time)"
        .into()
});
static EVENT_ROWS: Sql = Sql::new(|| {
    "INSERT INTO events (position, at, kind, door, actor_id, actor_name, license_id, user_id, session_id, occupied,
                         seats, facts)
     SELECT position, at, kind, 'api', user_id, 'Agent', license_id, user_id, session_id, occupied, 100, '{}'
     FROM ROWS($1: position int, at time, kind text, license_id uuid, user_id uuid, session_id uuid, occupied int)"
        .into()
});
static HEAD: Sql = Sql::new(|| "UPDATE event_head SET position = $1".into());
/// Marks all events as sealed.
static SEALED: Sql = Sql::new(|| "UPDATE seal_head SET position = $1".into());

/// Measures on SQLite.
pub async fn sqlite(table: &mut Table) -> anyhow::Result<()> {
    measure("SQLite", BenchEngine::Sqlite, table).await
}

/// Measures on PostgreSQL.
pub async fn postgres(table: &mut Table) -> anyhow::Result<()> {
    measure("PostgreSQL", BenchEngine::Postgres, table).await
}

async fn measure(engine_name: &str, engine: BenchEngine, table: &mut Table) -> anyhow::Result<()> {
    let sessions = match std::env::var(SESSIONS_VARIABLE) {
        Ok(text) => text.parse().with_context(|| format!("{SESSIONS_VARIABLE} is not a number"))?,
        Err(_) => SESSIONS,
    };
    let database = BenchDatabase::create(engine).await?;
    let account = Account::create(&database).await?;
    let (license, admin) = write(&account, sessions).await?;
    let now = account.now;
    let query = year(account.db(), license, now).await?;
    let from_log = time_in_process(account.db(), &query, 1).await?;
    let began = Instant::now();
    rollups::store_finished_days(account.db(), now).await?;
    let storing = began.elapsed().as_secs_f64();
    let from_days = time_in_process(account.db(), &query, REPETITIONS).await?;
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    let mut connection = Connection::open(server.address).await?;
    let (from, to) = (now - TimeDelta::days(DAYS), now);
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let path = format!("/api/v1/reports/usage?license={license}&from={}&to={}", time(from), time(to));
    let (mut reports, mut pages, mut transports) = (Vec::new(), Vec::new(), Vec::new());
    for repetition in 0..WARM_UP + REPETITIONS {
        let transport = time_request(&mut connection, "/healthz", &admin).await?;
        let page = time_request(&mut connection, "/api/v1/users", &admin).await?;
        let report = time_request(&mut connection, &path, &admin).await?;
        if repetition >= WARM_UP {
            transports.push(transport);
            pages.push(page);
            reports.push(report);
        }
    }
    let transport = median(transports);
    let [report, page] = [reports, pages].map(|times| (median(times) - transport) * 1e3);
    table.begin(&format!("{engine_name}, the usage of a year with {sessions} sessions"));
    let details = format!("{report:.2} ms; the page of users {page:.2} ms");
    table.add("relative to a page of users", report / page, Limit::AtMost(MOST_TO_USERS_PAGE), details);
    let details = format!("{:.0} ms from the log; all days stored in {storing:.1} s", from_log * 1e3);
    table.add("relative to reading the events", from_days / from_log, Limit::AtMost(0.15), details);
    Ok(())
}

/// Writes a year of sessions that are evenly distributed over it, each of which ends before the next one begins 99
/// sessions later. Returns the license and the token of an admin.
async fn write(account: &Account, sessions: usize) -> anyhow::Result<(LicenseId, String)> {
    let license = account.pools(1, SEATS, SeatRule::Session).await?.remove(0).license;
    let (admin, agents) = (account.admin().await?, account.agents(AGENTS).await?);
    let start = account.now - TimeDelta::days(DAYS);
    let interval = TimeDelta::days(DAYS) / i32::try_from(sessions + 100)?;
    let at = |number: usize| start + interval * i32::try_from(number).unwrap_or(i32::MAX);
    let length = |number: usize| number * 37 % 90 + 1;
    let (user, id) =
        (|number: usize| agents[number * 7 % AGENTS].user, |number: usize| Uuid::from_u128(number as u128));
    let session = |number: usize| {
        let (created, ended) = (at(number), at(number + length(number)));
        row! { "id": id(number), "license_id": license, "user_id": user(number), "at": created, "ended_at": ended }
    };
    account.write(&SESSION_ROWS, (0..sessions).map(session), vec![]).await?;
    // Beginnings and ends in order of time; what ends when another begins, ends first.
    let ends = (0..sessions).map(|number| (number + length(number), 0, number));
    let mut changes: Vec<_> = ends.chain((0..sessions).map(|number| (number, 1, number))).collect();
    changes.sort_unstable();
    let mut occupied = 0_i64;
    let events = changes.iter().zip(1_i64..).map(|((time, begins, number), position)| {
        occupied += if *begins == 1 { 1 } else { -1 };
        let kind = if *begins == 1 { "session_created" } else { "session_ended" };
        row! {
            "position": position, "at": at(*time), "kind": kind, "license_id": license, "user_id": user(*number),
            "session_id": id(*number), "occupied": occupied,
        }
    });
    account.write(&EVENT_ROWS, events, vec![]).await?;
    let head = i64::try_from(changes.len())?;
    account.run(&HEAD, vec![head.into()]).await?;
    account.run(&SEALED, vec![head.into()]).await?;
    Ok((license, admin.token))
}

async fn year(db: &Db, license: LicenseId, now: DateTime<Utc>) -> anyhow::Result<HistoryQuery> {
    let scope = ReportScope::License(license);
    let licenses = reports::licenses(db, Some(scope)).await?;
    let zone = "UTC".parse().map_err(|error| anyhow::anyhow!("no time zone: {error}"))?;
    Ok(HistoryQuery { scope, licenses, from: now - TimeDelta::days(DAYS), to: now, zone, cache: PieceCache::default() })
}

/// Computes the report; returns how long it took, in seconds.
async fn time_in_process(db: &Db, query: &HistoryQuery, repetitions: usize) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..repetitions {
        let began = Instant::now();
        let usage = usage_history::usage(db, query, &PeopleFilter::default(), PeakPeriod::Day).await?;
        times.push(began.elapsed().as_secs_f64());
        ensure!(usage.merged.figures.sessions > 0, "the report is empty");
    }
    Ok(median(times))
}

/// Requests a path; returns the response time in seconds.
async fn time_request(connection: &mut Connection, path: &str, token: &str) -> anyhow::Result<f64> {
    let (request, began) = (get(path, token), Instant::now());
    let (status, body) = connection.request(&request).await?;
    let took = began.elapsed().as_secs_f64();
    ensure!(status == 200, "{path} returned {status}: {}", String::from_utf8_lossy(body));
    Ok(took)
}

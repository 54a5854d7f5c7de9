//! The cost of list pages in a large account, compared with the simplest SQL that fetches the same rows. Measures the
//! time in the server, without transport, which a request to a trivial route shows.

use crate::{
    account::{Account, sql_time},
    connection::{Connection, get},
    database::{BenchDatabase, BenchEngine},
    large_account::{self, LargeAccount, USERS, group},
    raw_sql::RawSql,
    server::Server,
    statistics::median,
    table::{Limit, Table},
};
use anyhow::ensure;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::store::pagination::{Cursor, SortValue};
use std::time::{Duration, Instant};

/// How often each page is requested and its SQL executed, alternately.
const REPETITIONS: usize = 15;
/// Repetitions before the measurement, in which statements are prepared and file pages cached.
const WARM_UP: usize = 3;
/// How often, and how long, each page is requested before the measurement: each of the server's twelve connections to
/// PostgreSQL prepares each statement, and plans it anew the first five times.
const MAX_PREPARE_ROUNDS: usize = 80;
const MAX_PREPARE_TIME: Duration = Duration::from_secs(1);

/// A page: its URL, and the SQL that reads the same data.
struct Page {
    name: &'static str,
    path: String,
    /// The SQL for the rows: one more than the page shows, to know whether there are more.
    rows: String,
    /// The SQL for the total, if the page has one.
    total: Option<String>,
    /// Whether the page also lists licenses, groups and sessions of its users.
    lists_users: bool,
}

/// Measures on SQLite.
pub async fn sqlite(table: &mut Table) -> anyhow::Result<()> {
    measure("SQLite", BenchEngine::Sqlite, table).await?;
    measure_million("SQLite", BenchEngine::Sqlite, table).await
}

/// Measures on PostgreSQL.
pub async fn postgres(table: &mut Table) -> anyhow::Result<()> {
    measure("PostgreSQL", BenchEngine::Postgres, table).await?;
    measure_million("PostgreSQL", BenchEngine::Postgres, table).await
}

async fn measure(engine_name: &str, engine: BenchEngine, table: &mut Table) -> anyhow::Result<()> {
    let database = BenchDatabase::create(engine).await?;
    let account = Account::create(&database).await?;
    let (large, now) = (large_account::write(&account).await?, account.now);
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    let (mut connection, mut raw_sql) =
        (Connection::open(server.address).await?, RawSql::open(&database, engine).await?);
    table.begin(&format!("{engine_name}, 100,000 users, 200,000 events, 205,000 sessions"));
    for page in users(&large, now).into_iter().chain(sessions(&large, now)).chain(events(&large)) {
        let statements = page.statements(&mut raw_sql).await?;
        let (mut page_times, mut sql_times, mut transport_times) = (Vec::new(), Vec::new(), Vec::new());
        let began = Instant::now();
        for _ in (0..MAX_PREPARE_ROUNDS).take_while(|_| began.elapsed() < MAX_PREPARE_TIME) {
            time_request(&mut connection, &page.path, &large.admin.token).await?;
        }
        for repetition in 0..WARM_UP + REPETITIONS {
            let transport = time_request(&mut connection, "/healthz", &large.admin.token).await?;
            let requested = time_request(&mut connection, &page.path, &large.admin.token).await?;
            let executed = run_all(&mut raw_sql, &statements).await?;
            if repetition >= WARM_UP {
                transport_times.push(transport);
                page_times.push(requested);
                sql_times.push(executed);
            }
        }
        let (page_time, sql_time, transport) = (median(page_times), median(sql_times), median(transport_times));
        let server_time = page_time - transport;
        let [server_ms, transport_ms, sql_ms] = [server_time, transport, sql_time].map(|seconds| seconds * 1e3);
        let details = format!("{server_ms:.2} ms, plus {transport_ms:.2} transport; raw SQL {sql_ms:.2} ms");
        // The shortest pages take 0.15 ms of SQL, and longer to be written as JSON.
        table.add(page.name, server_time / sql_time, Limit::AtMost(4.5), details);
    }
    Ok(())
}

/// The pages of sessions by state, search and name, with their totals.
const PAGES_OF_A_MILLION: [(&str, &str); 13] = [
    ("live", "?state=live"),
    ("live, longest first", "?state=live&sort=created_at"),
    ("connected", "?state=connected"),
    ("waiting: none", "?state=waiting"),
    ("ended", "?state=ended"),
    ("by state", "?sort=state"),
    ("by state, descending", "?sort=-state"),
    ("ended by name", "?state=ended&sort=user_name"),
    ("by name", "?sort=user_name"),
    ("by name, descending", "?sort=-user_name"),
    ("by part of a name", "?q=agent%20777"),
    ("by what no name has", "?q=nobody"),
    ("by what all addresses have", "?q=example"),
];

/// How many times longer a page may take than the page by time, which takes 2 ms on SQLite.
fn most_times(engine: BenchEngine, name: &str) -> f64 {
    match engine {
        // The sessions of each user are looked up in each run (`db/filing.rs`), of which there are 120.
        BenchEngine::Sqlite if name.contains("by name") => 30.0,
        // 5,000 live sessions are sorted.
        BenchEngine::Sqlite if ["connected", "by state"].contains(&name) => 8.0,
        _ => 3.0,
    }
}

/// Measures pages of 1,000,000 sessions relative to the page by time, which an index gives.
async fn measure_million(engine_name: &str, engine: BenchEngine, table: &mut Table) -> anyhow::Result<()> {
    let database = BenchDatabase::create(engine).await?;
    let account = Account::create(&database).await?;
    let large = large_account::write(&account).await?;
    large.write_older_sessions(&account, 1_000_000).await?;
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    let mut connection = Connection::open(server.address).await?;
    table.begin(&format!("{engine_name}, 1,000,000 sessions of 100,000 users, relative to the page by time"));
    for (name, query) in PAGES_OF_A_MILLION {
        let path = format!("/api/v1/sessions{query}");
        let (mut page_times, mut by_time, mut transport_times) = (Vec::new(), Vec::new(), Vec::new());
        for repetition in 0..WARM_UP + REPETITIONS {
            let transport = time_request(&mut connection, "/healthz", &large.admin.token).await?;
            let latest = time_request(&mut connection, "/api/v1/sessions", &large.admin.token).await?;
            let requested = time_request(&mut connection, &path, &large.admin.token).await?;
            if repetition >= WARM_UP {
                transport_times.push(transport);
                by_time.push(latest);
                page_times.push(requested);
            }
        }
        let transport = median(transport_times);
        let [page_ms, by_time_ms] = [page_times, by_time].map(|times| (median(times) - transport) * 1e3);
        let details = format!("{page_ms:.2} ms; the page by time {by_time_ms:.2} ms");
        table.add(name, page_ms / by_time_ms, Limit::AtMost(most_times(engine, name)), details);
    }
    Ok(())
}

/// Requests a page; returns the response time in seconds.
async fn time_request(connection: &mut Connection, path: &str, token: &str) -> anyhow::Result<f64> {
    let (request, began) = (get(path, token), Instant::now());
    let (status, body) = connection.request(&request).await?;
    let took = began.elapsed().as_secs_f64();
    ensure!(status == 200, "{path} returned {status}: {}", String::from_utf8_lossy(body));
    Ok(took)
}

async fn run_all(raw_sql: &mut RawSql, statements: &[String]) -> anyhow::Result<f64> {
    let began = Instant::now();
    for statement in statements {
        raw_sql.run(statement).await?;
    }
    Ok(began.elapsed().as_secs_f64())
}

impl Page {
    /// All SQL statements for the page.
    async fn statements(&self, raw_sql: &mut RawSql) -> anyhow::Result<Vec<String>> {
        let mut all: Vec<String> = self.total.iter().chain([&self.rows]).cloned().collect();
        if self.lists_users {
            let ids =
                raw_sql.first_column(&format!("SELECT CAST(page.id AS TEXT) FROM ({}) AS page", self.rows)).await?;
            ensure!(!ids.is_empty(), "there are no users on the page {}", self.path);
            let ids: Vec<_> = ids.iter().take(100).map(|id| format!("'{id}'")).collect();
            let these = format!("user_id IN ({})", ids.join(", "));
            all.extend([
                format!("SELECT user_id, license_id FROM assignments WHERE {these}"),
                format!("SELECT user_id, group_id FROM group_members WHERE {these}"),
                format!("SELECT user_id, group_id FROM group_managers WHERE {these}"),
                format!("SELECT user_id, COUNT(*) FROM sessions WHERE ended_at IS NULL AND {these} GROUP BY user_id"),
            ]);
        }
        let all: Vec<_> = all.iter().map(|sql| raw_sql.form(sql)).collect();
        ensure!(raw_sql.run(&raw_sql.form(&self.rows)).await? > 0, "there is nothing on the page {}", self.path);
        Ok(all)
    }
}

const USER: &str = "
    SELECT u.id, u.name, u.email, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.status, u.source,
           u.created_at, u.last_active_at
    FROM users u
    WHERE u.deleted_at IS NULL";
const ACTIVE: &str = "COALESCE(u.last_active_at, u.created_at)";

fn users(large: &LargeAccount, now: DateTime<Utc>) -> Vec<Page> {
    let page = |name, query: String, which: String, (seek, order): (&str, &str)| Page {
        name,
        path: format!("/api/v1/users{query}"),
        rows: format!("{USER} {which} {seek} ORDER BY {order}, u.id LIMIT 101"),
        total: Some(format!("SELECT COUNT(*) FROM users u WHERE u.deleted_at IS NULL {which}")),
        lists_users: true,
    };
    let by_name = ("", "u.name_key");
    let search = |text: &str| format!("AND (u.name_key LIKE '%{text}%' OR u.email_key LIKE '%{text}%')");
    let middle = Cursor { key: SortValue::Text("agent 5".to_owned()), id: large.agents[USERS / 2].user.0 };
    let seek = format!("AND (u.name_key, u.id) > ('agent 5', '{}')", middle.id);
    let (license, group) = (large.pools[3].license, group(7));
    let on_license = format!("AND u.id IN (SELECT user_id FROM assignments WHERE license_id = '{license}')");
    let both = format!("{on_license} AND u.status = 'active'");
    let members = format!("AND u.id IN (SELECT user_id FROM group_members WHERE group_id = '{group}')");
    let since = now - TimeDelta::minutes(3_000);
    let (written, lately) = (sql_time(since), format!("AND {ACTIVE} < '{}'", sql_time(since)));
    vec![
        page("users, the first page", String::new(), String::new(), by_name),
        page(
            "users, a page in the middle",
            format!("?after={}", middle.encode()),
            String::new(),
            (&seek, "u.name_key"),
        ),
        page("users by part of the name", "?q=agent%20777".into(), search("agent 777"), by_name),
        page("users by part of the e-mail", "?q=9777%40exa".into(), search("9777@exa"), by_name),
        page("users by what matches all", "?q=example".into(), search("example"), by_name),
        page("users on a product", format!("?product={license}"), on_license.clone(), by_name),
        page("users on product and license", format!("?product={license}&license={license}"), on_license, by_name),
        page("users on a license, active", format!("?license={license}&status=active"), both, by_name),
        page("users in a group", format!("?group={group}"), members, by_name),
        page(
            "users not recently active",
            format!("?active_before={written}&sort=last_active_at"),
            lately,
            ("", ACTIVE),
        ),
    ]
}

const SESSION: &str = "
    SELECT s.id, s.license_id, l.product_id, p.name AS product_name, l.model, s.user_id, u.name AS user_name,
           u.email AS user_email, s.device, s.state, s.mode, s.platform, s.support_key, s.key_expires_at,
           s.created_at, s.connected_at, s.last_seen_at, s.lease_until, s.ended_at, s.end_reason, s.end_message,
           s.ended_by_name, s.protected, s.warned_at, l.idle_warning_seconds, s.ending_at, s.ending_by_name,
           s.ending_message
    FROM sessions s
    JOIN licenses l ON l.id = s.license_id
    JOIN products p ON p.id = l.product_id
    JOIN users u ON u.id = s.user_id
    WHERE TRUE";

fn sessions(large: &LargeAccount, now: DateTime<Utc>) -> Vec<Page> {
    let page = |name, query: String, which: String, (seek, order): (&str, &str)| Page {
        name,
        path: format!("/api/v1/sessions{query}"),
        rows: format!("{SESSION} {which} {seek} ORDER BY {order} LIMIT 101"),
        total: Some(format!("SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE TRUE {which}")),
        lists_users: false,
    };
    let latest = ("", "s.created_at DESC, s.id DESC");
    let whole = |page: Page| Page { total: Some("SELECT COUNT(*) FROM sessions".to_owned()), ..page };
    let middle = Cursor { key: SortValue::Time(now - TimeDelta::minutes(100_000)), id: group(0) };
    let SortValue::Time(at) = middle.key else { return Vec::new() };
    let seek = format!("AND (s.created_at, s.id) < ('{}', '{}')", sql_time(at), middle.id);
    let (license, user) = (large.pools[3].license, large.busy().user);
    let search = "AND (u.name_key LIKE '%agent 777%' OR u.email_key LIKE '%agent 777%')".to_owned();
    vec![
        page("live sessions", "?state=live".into(), "AND s.ended_at IS NULL".into(), latest),
        page(
            "live sessions by name",
            "?state=live&sort=user_name".into(),
            "AND s.ended_at IS NULL".into(),
            ("", "u.name_key, s.id"),
        ),
        whole(page("all sessions, the first page", String::new(), String::new(), latest)),
        whole(page(
            "all sessions, a page in the middle",
            format!("?after={}", middle.encode()),
            String::new(),
            (&seek, latest.1),
        )),
        page("sessions of a license", format!("?license={license}"), format!("AND s.license_id = '{license}'"), latest),
        page(
            "sessions of a user",
            format!("?user={user}"),
            format!("AND s.id IN (SELECT session_id FROM user_sessions WHERE user_id = '{user}')"),
            latest,
        ),
        page("sessions by part of the name", "?q=agent%20777".into(), search, latest),
    ]
}

const EVENT: &str = "
    SELECT e.position, e.at, e.kind, e.door, e.address, e.actor_id, e.actor_name, e.user_id, u.name AS user_name,
           e.license_id, p.name AS product_name, l.model, e.session_id, e.object_id, e.object_name, e.occupied,
           e.seats, e.facts
    FROM events e
    LEFT JOIN users u ON u.id = e.user_id
    LEFT JOIN licenses l ON l.id = e.license_id
    LEFT JOIN products p ON p.id = l.product_id
    WHERE TRUE";

fn events(large: &LargeAccount) -> Vec<Page> {
    let page = |name, query: String, which: String| Page {
        name,
        path: format!("/api/v1/audit{query}"),
        rows: format!("{EVENT} {which} ORDER BY e.position DESC LIMIT 101"),
        total: None,
        lists_users: false,
    };
    let (license, user) = (large.pools[3].license, large.busy().user);
    vec![
        page("audit log, the first page", String::new(), String::new()),
        page("audit log, a page in the middle", "?after=100000".into(), "AND e.position < 100000".into()),
        page("audit log, one kind", "?kind=user_changed".into(), "AND e.kind = 'user_changed'".into()),
        page("audit log of a license", format!("?license={license}"), format!("AND e.license_id = '{license}'")),
        page("audit log of a user", format!("?user={user}"), format!("AND e.user_id = '{user}'")),
        page("audit log by who did it", format!("?actor={user}"), format!("AND e.actor_id = '{user}'")),
    ]
}

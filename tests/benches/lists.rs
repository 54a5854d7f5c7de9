//! What pages of lists cost in a large account, beside the simplest SQL that fetches the same page: the time in the server, without
//! what any request takes on its way there and back, as one that does nothing shows.

use crate::{
    account::{Account, text},
    bare::Bare,
    connection::{Connection, get},
    crowd::{self, Crowd, USERS, group},
    database::{Database, Engine},
    numbers::median,
    server::Server,
    table::{Demand, Table},
};
use anyhow::ensure;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::store::list::{After, Key};
use std::time::{Duration, Instant};

/// How often each page is asked for, and its SQL run, in turn.
const TIMES: usize = 15;
/// Times that do not count: statements are prepared, and pages of the file read.
const WARM_UP: usize = 3;
/// So often at most, and so long, the server is asked before: each of its twelve connections to PostgreSQL learns each statement, and
/// plans it anew the first five times.
const ROUNDS: usize = 80;
const ROUNDS_END: Duration = Duration::from_secs(1);

/// A page: how the server is asked, and what has to be read for it.
struct Page {
    name: &'static str,
    path: String,
    /// The rows, one more than are shown, so that it is known whether there are more.
    rows: String,
    /// How many there are in all, if that is told.
    total: Option<String>,
    /// Whether licenses, groups and sessions of the users are told beside them.
    of_users: bool,
}

/// Measures on SQLite.
pub async fn sqlite(table: &mut Table) -> anyhow::Result<()> {
    measure("SQLite", Engine::Sqlite, table).await
}

/// Measures on PostgreSQL.
pub async fn postgres(table: &mut Table) -> anyhow::Result<()> {
    measure("PostgreSQL", Engine::Postgres, table).await
}

async fn measure(engine_name: &str, engine: Engine, table: &mut Table) -> anyhow::Result<()> {
    let database = Database::create(engine).await?;
    let account = Account::found(&database).await?;
    let (crowd, now) = (crowd::write(&account).await?, account.now);
    account.close().await?;
    let server = Server::seatkeeper(&database.address).await?;
    let (mut connection, mut bare) = (Connection::open(server.address).await?, Bare::open(&database, engine).await?);
    table.begin(&format!("{engine_name}, 100,000 users, 200,000 events, 205,000 sessions"));
    for page in users(&crowd, now).into_iter().chain(sessions(&crowd, now)).chain(events(&crowd)) {
        let statements = page.statements(&mut bare).await?;
        let (mut asked, mut run, mut ways) = (Vec::new(), Vec::new(), Vec::new());
        let began = Instant::now();
        for _ in (0..ROUNDS).take_while(|_| began.elapsed() < ROUNDS_END) {
            ask(&mut connection, &page.path, &crowd.admin.token).await?;
        }
        for time in 0..WARM_UP + TIMES {
            let way = ask(&mut connection, "/healthz", &crowd.admin.token).await?;
            let one = ask(&mut connection, &page.path, &crowd.admin.token).await?;
            let beside = run_all(&mut bare, &statements).await?;
            if time >= WARM_UP {
                ways.push(way);
                asked.push(one);
                run.push(beside);
            }
        }
        let (asked, run, way) = (median(asked), median(run), median(ways));
        let asked = asked - way;
        let beside = format!("{:.2} ms, and {:.2} on the way; bare SQL {:.2} ms", asked * 1e3, way * 1e3, run * 1e3);
        table.add(page.name, asked / run, Demand::AtMost(3.0), beside);
    }
    Ok(())
}

/// Asks for a page; how long the answer takes, in seconds.
async fn ask(connection: &mut Connection, path: &str, token: &str) -> anyhow::Result<f64> {
    let (request, began) = (get(path, token), Instant::now());
    let (status, body) = connection.ask(&request).await?;
    let took = began.elapsed().as_secs_f64();
    ensure!(status == 200, "{path} is answered {status}: {}", String::from_utf8_lossy(body));
    Ok(took)
}

async fn run_all(bare: &mut Bare, statements: &[String]) -> anyhow::Result<f64> {
    let began = Instant::now();
    for statement in statements {
        bare.run(statement).await?;
    }
    Ok(began.elapsed().as_secs_f64())
}

impl Page {
    /// All statements, with the ids of the users in them.
    async fn statements(&self, bare: &mut Bare) -> anyhow::Result<Vec<String>> {
        let mut all: Vec<String> = self.total.iter().chain([&self.rows]).cloned().collect();
        if self.of_users {
            let ids = bare.texts(&format!("SELECT CAST(page.id AS TEXT) FROM ({}) AS page", self.rows)).await?;
            ensure!(!ids.is_empty(), "nobody is on the page {}", self.path);
            let ids: Vec<_> = ids.iter().take(100).map(|id| format!("'{id}'")).collect();
            let these = format!("user_id IN ({})", ids.join(", "));
            all.extend([
                format!("SELECT user_id, license_id FROM assignments WHERE {these}"),
                format!("SELECT user_id, group_id FROM group_members WHERE {these}"),
                format!("SELECT user_id, group_id FROM group_managers WHERE {these}"),
                format!("SELECT user_id, COUNT(*) FROM sessions WHERE ended_at IS NULL AND {these} GROUP BY user_id"),
            ]);
        }
        ensure!(bare.run(&self.rows).await? > 0, "there is nothing on the page {}", self.path);
        Ok(all)
    }
}

const USER: &str = "
    SELECT u.id, u.name, u.email, u.role, u.permissions, u.billing_contact, u.limited_to_groups, u.status, u.source,
           u.created_at, u.last_active_at
    FROM users u
    WHERE u.deleted_at IS NULL";
const ACTIVE: &str = "COALESCE(u.last_active_at, u.created_at)";

fn users(crowd: &Crowd, now: DateTime<Utc>) -> Vec<Page> {
    let page = |name, query: String, which: String, (seek, order): (&str, &str)| Page {
        name,
        path: format!("/api/v1/users{query}"),
        rows: format!("{USER} {which} {seek} ORDER BY {order}, u.id LIMIT 101"),
        total: Some(format!("SELECT COUNT(*) FROM users u WHERE u.deleted_at IS NULL {which}")),
        of_users: true,
    };
    let by_name = ("", "u.name_key");
    let search = |text: &str| format!("AND (u.name_key LIKE '%{text}%' OR u.email_key LIKE '%{text}%')");
    let middle = After { key: Key::T("agent 5".to_owned()), id: crowd.agents[USERS / 2].user.0 };
    let seek = format!("AND (u.name_key, u.id) > ('agent 5', '{}')", middle.id);
    let (license, group) = (crowd.pools[3].license, group(7));
    let on_license = format!("AND u.id IN (SELECT user_id FROM assignments WHERE license_id = '{license}')");
    let both = format!("{on_license} AND u.status = 'active'");
    let members = format!("AND u.id IN (SELECT user_id FROM group_members WHERE group_id = '{group}')");
    let since = now - TimeDelta::minutes(3_000);
    let (written, lately) = (text(since), format!("AND {ACTIVE} < '{}'", text(since)));
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
        page("users by what all have", "?q=example".into(), search("example"), by_name),
        page("users on a product", format!("?product={license}"), on_license.clone(), by_name),
        page("users on product and license", format!("?product={license}&license={license}"), on_license, by_name),
        page("users on a license, active", format!("?license={license}&status=active"), both, by_name),
        page("users in a group", format!("?group={group}"), members, by_name),
        page("users not active lately", format!("?active_before={written}&sort=last_active_at"), lately, ("", ACTIVE)),
    ]
}

const SESSION: &str = "
    SELECT s.id, s.license_id, l.product_id, p.name AS product_name, l.model, s.user_id, u.name AS user_name,
           u.email AS user_email, s.device, s.state, s.mode, s.platform, s.support_key, s.key_expires_at,
           s.created_at, s.connected_at, s.last_seen_at, s.lease_until, s.ended_at, s.end_reason, s.end_message,
           s.ended_by_name, s.protected, s.warned_at, l.idle_warning_seconds, s.ending_at, s.ending_by_name, s.ending_message
    FROM sessions s
    JOIN licenses l ON l.id = s.license_id
    JOIN products p ON p.id = l.product_id
    JOIN users u ON u.id = s.user_id
    WHERE TRUE";

fn sessions(crowd: &Crowd, now: DateTime<Utc>) -> Vec<Page> {
    let page = |name, query: String, which: String, (seek, order): (&str, &str)| Page {
        name,
        path: format!("/api/v1/sessions{query}"),
        rows: format!("{SESSION} {which} {seek} ORDER BY {order} LIMIT 101"),
        total: Some(format!("SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE TRUE {which}")),
        of_users: false,
    };
    let latest = ("", "s.created_at DESC, s.id DESC");
    let whole = |page: Page| Page { total: Some("SELECT COUNT(*) FROM sessions".to_owned()), ..page };
    let middle = After { key: Key::M(now - TimeDelta::minutes(100_000)), id: group(0) };
    let Key::M(at) = middle.key else { return Vec::new() };
    let seek = format!("AND (s.created_at, s.id) < ('{}', '{}')", text(at), middle.id);
    let (license, user) = (crowd.pools[3].license, crowd.busy().user);
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
        page("sessions of a user", format!("?user={user}"), format!("AND s.user_id = '{user}'"), latest),
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

fn events(crowd: &Crowd) -> Vec<Page> {
    let page = |name, query: String, which: String| Page {
        name,
        path: format!("/api/v1/audit{query}"),
        rows: format!("{EVENT} {which} ORDER BY e.position DESC LIMIT 101"),
        total: None,
        of_users: false,
    };
    let (license, user) = (crowd.pools[3].license, crowd.busy().user);
    vec![
        page("audit log, the first page", String::new(), String::new()),
        page("audit log, a page in the middle", "?after=100000".into(), "AND e.position < 100000".into()),
        page("audit log, one kind", "?kind=user_changed".into(), "AND e.kind = 'user_changed'".into()),
        page("audit log of a license", format!("?license={license}"), format!("AND e.license_id = '{license}'")),
        page("audit log of a user", format!("?user={user}"), format!("AND e.user_id = '{user}'")),
        page("audit log by who did it", format!("?actor={user}"), format!("AND e.actor_id = '{user}'")),
    ]
}

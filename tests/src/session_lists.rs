//! The list of sessions, page by page in each sort order and with each filter, compared with what sorting and filtering
//! all sessions gives. On SQLite, some of the sessions are filed by user and some are not.

use crate::harness::{World, on_both_engines};
use seatkeeper::db::{Fields, Sql, Value};
use seatkeeper_shared::license::Model;
use serde_json::Value as Json;
use std::collections::HashMap;
use uuid::Uuid;

static USERS: Sql = Sql::new(|| {
    "INSERT INTO users (id, name, name_key, email, email_key, role, permissions, billing_contact, status, created_at)
     SELECT id, name, name, email, email, 'agent', '[]', $2, 'active', $3
     FROM ROWS($1: id uuid, name text, email text)"
        .into()
});
static SESSIONS: Sql = Sql::new(|| {
    "INSERT INTO sessions (id, license_id, user_id, device, state, mode, platform, created_at, last_seen_at,
                           lease_until, ended_at, end_reason)
     SELECT id, license_id, user_id, 'NB-1', state, 'unattended', platform, at, seen_at, until, ended_at, end_reason
     FROM ROWS($1: id uuid, license_id uuid, user_id uuid, state text, platform text, at time, seen_at time,
               until time, ended_at time, end_reason text)"
        .into()
});

/// More than a search starts from, and more than the list by name looks at in its first steps. Some share a name.
const USER_COUNT: u128 = 230;
const SESSION_COUNT: u128 = 300;

/// Numbers in no order that are the same each time.
fn scrambled(number: u128) -> u128 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(61).wrapping_mul(0xD134_2543_DE82_EF95) >> 7
}

fn user_id(number: u128) -> Uuid {
    Uuid::from_u128(scrambled(number) << 64 | number)
}

fn row(fields: Vec<(&'static str, Value)>) -> Fields {
    Fields(fields)
}

async fn run(world: &World, sql: &'static Sql, args: Vec<Value>) {
    let mut tx = world.app.db.begin().await.expect("a transaction");
    tx.run(sql, args).await.expect("the statement succeeds");
    tx.commit().await.expect("committed");
}

/// Writes users and sessions; returns their licenses.
async fn write(world: &World) -> Vec<String> {
    let mut licenses = Vec::new();
    for (product, model) in [("Remote Support v5", Model::Concurrent), ("Service Desk", Model::Named)] {
        let product = world.product(product).await;
        licenses.push(world.license(product, model, 500).await);
    }
    let user = |number: u128| {
        let name = if number.is_multiple_of(7) {
            "same name".to_owned()
        } else {
            format!("person {}", scrambled(number) % 1_000)
        };
        let email = format!("{number}@example.org");
        row(vec![("id", user_id(number).into()), ("name", name.into()), ("email", email.into())])
    };
    let now = world.app.clock.now();
    let users = (0..USER_COUNT).map(user).collect();
    run(world, &USERS, vec![Value::Rows(users), false.into(), now.into()]).await;
    let session = |number: u128| {
        let n = scrambled(number + 1_000);
        let at = now - chrono::TimeDelta::seconds(i64::try_from(n % 200).unwrap_or_default());
        let seen_at = at + chrono::TimeDelta::seconds(i64::try_from(n / 200 % 50).unwrap_or_default());
        let state = ["ended", "ended", "ended", "connected", "waiting"][usize::try_from(n % 5).unwrap_or_default()];
        let is_ended = state == "ended";
        row(vec![
            ("id", Uuid::from_u128(n << 64 | number).into()),
            ("license_id", licenses[usize::try_from(n / 7 % 2).unwrap_or_default()].0.into()),
            ("user_id", user_id(n / 11 % USER_COUNT / if number.is_multiple_of(3) { 30 } else { 1 }).into()),
            ("state", state.into()),
            ("platform", (n / 13).is_multiple_of(3).then_some("mac").into()),
            ("at", at.into()),
            ("seen_at", seen_at.into()),
            ("until", (now + chrono::TimeDelta::hours(1)).into()),
            ("ended_at", is_ended.then_some(seen_at).into()),
            ("end_reason", is_ended.then_some("finished").into()),
        ])
    };
    run(world, &SESSIONS, vec![Value::Rows((0..SESSION_COUNT).map(session).collect())]).await;
    if world.app.db.files_sessions() {
        let file_half = "
            INSERT INTO filed_sessions
            SELECT 0, user_id, created_at, session_id, remote_device FROM unfiled_sessions WHERE number <= 150;
            INSERT INTO session_runs (run) VALUES (0);
            DELETE FROM unfiled_sessions WHERE number <= 150;";
        world.database.sqlite().execute_batch(file_half).expect("half of them are filed");
    }
    licenses.iter().map(ToString::to_string).collect()
}

fn text<'a>(session: &'a Json, field: &str) -> &'a str {
    session[field].as_str().unwrap_or_default()
}

/// Whether a session is in the list with this query.
fn matches(session: &Json, query: &HashMap<&str, &str>) -> bool {
    query.iter().all(|(name, value)| match *name {
        "state" if *value == "live" => text(session, "state") != "ended",
        "q" => text(session, "user_name").contains(value) || text(session, "user_email").contains(value),
        "user" => text(session, "user_id") == *value,
        "license" => text(session, "license_id") == *value,
        other => text(session, other) == *value,
    })
}

async fn all_pages(world: &World, path: &str, limit: usize) -> (Vec<String>, Vec<Json>) {
    let (mut ids, mut totals, mut next) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = world.admin.get(&format!("{path}&limit={limit}{next}")).await.ok();
        ids.extend(page["items"].as_array().expect("items").iter().map(|item| text(item, "id").to_owned()));
        totals.push(page["total"].clone());
        let Some(after) = page["next"].as_str() else { return (ids, totals) };
        next = format!("&after={after}");
    }
}

on_both_engines! {
    async fn every_page_has_what_filtering_and_sorting_all_sessions_gives(world: World) {
        let licenses = write(&world).await;
        let listed = world.admin.get("/sessions?limit=500").await.ok();
        let all = listed["items"].as_array().expect("items");
        assert_eq!(all.len(), usize::try_from(SESSION_COUNT).expect("few"));
        let busy = user_id(1).to_string();
        let filters = [
            vec![],
            vec![("state", "live")],
            vec![("state", "waiting")],
            vec![("state", "connected")],
            vec![("state", "ended")],
            vec![("user", &*busy)],
            vec![("user", &*busy), ("state", "ended")],
            vec![("user", &*busy), ("state", "live"), ("q", "person")],
            vec![("license", &*licenses[0])],
            vec![("license", &*licenses[1]), ("state", "live")],
            vec![("q", "same name")],
            vec![("q", "same name"), ("state", "ended")],
            vec![("q", "person 1"), ("state", "live")],
            vec![("q", "example.org")],
            vec![("q", "example.org"), ("platform", "mac")],
            vec![("q", "nobody")],
            vec![("model", "named"), ("platform", "mac")],
        ];
        let mut found = 0;
        for filter in filters {
            let query: HashMap<_, _> = filter.iter().copied().collect();
            let parameters: String =
                filter.iter().map(|(name, value)| format!("&{name}={}", value.replace(' ', "%20"))).collect();
            for sort in ["created_at", "user_name", "state", "last_seen_at"] {
                let mut expected: Vec<_> = all.iter().filter(|session| matches(session, &query)).collect();
                expected.sort_by_key(|session| (text(session, sort).to_owned(), text(session, "id").to_owned()));
                let mut expected: Vec<_> = expected.iter().map(|session| text(session, "id").to_owned()).collect();
                for direction in ["", "-"] {
                    let path = format!("/sessions?sort={direction}{sort}{parameters}");
                    let (ids, totals) = all_pages(&world, &path, 23).await;
                    assert_eq!(ids, expected, "{path}");
                    assert!(totals.iter().all(|total| *total == expected.len()), "{path}: {totals:?}");
                    expected.reverse();
                    found += ids.len();
                }
            }
        }
        assert!(found > 5_000, "{found} rows");
    }
}

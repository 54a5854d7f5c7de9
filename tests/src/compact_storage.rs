//! SQLite: a file of the version before ids and times became compact reads the same after its migration. The file and
//! the answers of that version's server are in `fixtures/compact_storage/`.

use crate::harness::{Database, Engine, Person, World};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, types::Value as Cell};
use seatkeeper::{audit::verify::verify, db::LogText, monotonic::MonotonicClock};
use seatkeeper_shared::ids::UserId;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

const DUMP: &str = include_str!("../fixtures/compact_storage/dump.txt");
const ANSWERS: &str = include_str!("../fixtures/compact_storage/answers.json");

/// Columns that have the short form of a text (kinds and facts of events).
const LOG_TEXTS: [(&str, &str); 2] = [("events", "kind"), ("events", "facts")];

/// The rows of each table, in the order of all their columns.
type Tables = BTreeMap<String, Vec<Vec<(String, Cell)>>>;

async fn old_file() -> Database {
    let database = Database::create(Engine::Sqlite).await;
    let connection = Connection::open(database.path()).expect("a new file");
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF").expect("it can be set");
    connection.execute_batch(DUMP).expect("the dump is valid");
    database
}

/// The answers, as from a server with this base URL.
fn answers(url: &str) -> Value {
    serde_json::from_str(&ANSWERS.replace("http://old.example.org", url)).expect("JSON")
}

/// The rows of all tables that both versions have, with the values as the old version stored them.
fn tables(database: &Database) -> Tables {
    let connection = database.sqlite();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> '_sqlx_migrations'";
    let names: Vec<String> = {
        let mut statement = connection.prepare(names).expect("a statement");
        let names = statement.query_map([], |row| row.get(0)).expect("tables");
        names.collect::<Result<_, _>>().expect("tables")
    };
    let mut tables = Tables::new();
    for table in names {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("a statement");
        let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let rows = statement.query_map([], |row| {
            (0..columns.len()).map(|index| Ok((columns[index].clone(), row.get(index)?))).collect()
        });
        let rows: Result<Vec<Vec<(String, Cell)>>, _> = rows.expect("rows").collect();
        tables.insert(table, rows.expect("rows"));
    }
    tables
}

/// A value of the new version as the old one stored it, if that was `old`.
fn as_before(table: &str, column: &str, new: &Cell, old: &Cell) -> Cell {
    match (new, old) {
        (Cell::Blob(id), Cell::Text(_)) => Cell::Text(Uuid::from_slice(id).expect("an id").to_string()),
        (Cell::Integer(at), Cell::Text(_)) => {
            let at = DateTime::from_timestamp_micros(*at).expect("a time");
            Cell::Text(at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
        }
        (Cell::Text(text), _) if LOG_TEXTS.contains(&(table, column)) => Cell::Text(LogText::restored(text).0),
        _ => new.clone(),
    }
}

#[tokio::test]
async fn every_value_of_every_table_is_the_same_after_the_migration() {
    let database = old_file().await;
    let before = tables(&database);
    let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).map(|(name, _)| name).collect();
    assert!(empty.is_empty(), "the dump has nothing in {empty:?}");
    migrate(&database).await;
    let after = tables(&database);
    for (table, old_rows) in &before {
        let mut new_rows = after.get(table).cloned().unwrap_or_default();
        assert_eq!(old_rows.len(), new_rows.len(), "{table}");
        for old in old_rows {
            let same = |new: &Vec<(String, Cell)>| {
                old.iter().all(|(column, value)| {
                    let found = new.iter().find(|(name, _)| name == column);
                    found.is_some_and(|(_, new)| as_before(table, column, new, value) == *value)
                })
            };
            let found = new_rows.iter().position(same);
            let found = found.unwrap_or_else(|| panic!("{table} lacks {old:?}, it has {new_rows:?}"));
            new_rows.swap_remove(found);
        }
    }
    let connection = database.sqlite();
    let violations: i64 = connection
        .query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
        .expect("it can be checked");
    assert_eq!(violations, 0, "foreign keys");
    let damage: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
    assert_eq!(damage, "ok");
}

async fn migrate(database: &Database) {
    let db = seatkeeper::db::Db::open(&database.address, &MonotonicClock::default()).await;
    db.expect("the file opens").close().await;
}

#[tokio::test]
async fn an_old_file_is_not_read_before_its_migration() {
    let database = old_file().await;
    let refused = seatkeeper::db::Db::open_read_only(&database.address).await.expect_err("it is too old").to_string();
    assert!(refused.contains("is of an older version of Seatkeeper (its schema is version 26"), "{refused}");
    migrate(&database).await;
    seatkeeper::db::Db::open_read_only(&database.address).await.expect("it opens").close().await;
}

/// Removes what requests and the start of a server change: uses, leases, and estimates from them.
fn without_changing(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            fields.retain(|name, _| !["last_used_at", "lease_until", "expected_at"].contains(&name.as_str()));
            fields.values_mut().for_each(without_changing);
        }
        Value::Array(items) => items.iter_mut().for_each(without_changing),
        _ => {}
    }
}

/// Whether an answer has all that another one has. Later versions may add fields.
fn contains(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            before.iter().all(|(name, value)| now.get(name).is_some_and(|now| contains(now, value)))
        }
        (Value::Array(now), Value::Array(before)) => {
            now.len() == before.len() && now.iter().zip(before).all(|(now, before)| contains(now, before))
        }
        _ => now == before,
    }
}

#[tokio::test]
async fn the_api_answers_as_before_and_the_seals_hold() {
    let database = old_file().await;
    let now: DateTime<Utc> = answers("")["now"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    let (url, app) = World::serve_at(&database, now).await;
    let recorded = answers(&url);
    let person = |who: &str| {
        let token = recorded["tokens"][who].as_str().expect("a token").to_owned();
        Person::with_secret(UserId(Uuid::nil()), token).at(&url)
    };
    let all = recorded["answers"].as_array().expect("answers");
    assert!(all.len() > 40, "{} answers", all.len());
    for each in all {
        let (path, who) = (each["path"].as_str().expect("a path"), person(each["as"].as_str().expect("a name")));
        let answer = match path.strip_prefix("/scim") {
            Some(_) => who.send(who.raw(reqwest::Method::GET, &format!("{url}{path}"))).await,
            None => who.get(path).await,
        };
        let (mut now, mut before) = (answer.ok(), each["answer"].clone());
        without_changing(&mut now);
        without_changing(&mut before);
        assert!(contains(&now, &before), "{path}: {now:#}\ninstead of {before:#}");
    }
    let report = verify(&app.db, &[]).await.expect("the seals of the old version hold");
    assert!(report.sealed > 50, "{} sealed events", report.sealed);
    let admin = person("admin");
    let seat = admin.get("/sessions?state=live").await.ok()["items"][0].clone();
    let path = format!("/sessions/{}/end", seat["id"].as_str().expect("an id"));
    admin.post(&path, &serde_json::json!({ "protected_too": true })).await.ok();
    let ended = admin.get("/audit?kind=session_ended&limit=1").await.ok();
    assert_eq!(ended["items"][0]["session"], seat["id"], "new events follow the old ones");
    seatkeeper::audit::sealer::seal(&app.db).await.expect("sealing works");
    assert!(verify(&app.db, &[]).await.expect("the seals hold").sealed > report.sealed);
}

/// Columns whose names look like ids or times, but that are neither.
const OTHER_TEXTS: [(&str, &str); 6] = [
    // The thumbprint of a key.
    ("borrow_keys", "id"),
    // Ids that other systems chose.
    ("directory_users", "external_id"),
    ("groups", "external_id"),
    ("logout_tokens", "token_id"),
    ("passkeys", "credential_id"),
    ("sign_in_providers", "client_id"),
];

#[tokio::test]
async fn ids_and_times_have_compact_types() {
    let database = Database::migrated(Engine::Sqlite).await;
    let connection = database.sqlite();
    let sql = "SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c
               WHERE t.type = 'table' AND t.name <> '_sqlx_migrations'";
    let mut statement = connection.prepare(sql).expect("a statement");
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("columns");
    let columns: Vec<(String, String, String)> = columns.collect::<Result<_, _>>().expect("columns");
    let ends = |name: &str, ends: &[&str]| ends.iter().any(|end| name == *end || name.ends_with(&format!("_{end}")));
    let mut checked = 0;
    for (table, column, kind) in &columns {
        let expected = if ends(column, &["at", "until", "since"]) {
            "INTEGER"
        } else if ends(column, &["id", "by"]) {
            "BLOB"
        } else {
            continue;
        };
        checked += 1;
        let is_row_of_one = column == "id" && kind == "INTEGER";
        let is_other = OTHER_TEXTS.contains(&(table, column));
        assert!(kind == expected || is_row_of_one || is_other, "{table}.{column} is {kind} instead of {expected}");
    }
    assert!(checked > 120, "{checked} columns");
}

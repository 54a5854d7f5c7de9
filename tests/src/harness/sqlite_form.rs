//! Statements with ids and times as text, in the form that SQLite's tables have for them.

use chrono::DateTime;
use uuid::Uuid;

/// Replaces literals of ids and times as PostgreSQL reads them (`'0190…-…'`, `'2026-03-02T09:00:00.000000Z'`) by blobs
/// and microseconds, and kinds of events that are stored in a short form by that form. Lets `CAST(column AS TEXT)`
/// return ids as PostgreSQL does.
pub fn sqlite_form(sql: &str) -> String {
    let parts = sql.split('\'').enumerate();
    let parts: Vec<_> = parts.map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { literal(part) }).collect();
    replace_casts(&parts.concat())
}

fn literal(text: &str) -> String {
    if text.len() == 36
        && let Ok(id) = text.parse::<Uuid>()
    {
        return format!("x'{}'", id.simple());
    }
    // As in the server's `db/log_text.rs`.
    match text {
        "session_created" => return "'\u{1}'".to_owned(),
        "session_ended" => return "'\u{2}'".to_owned(),
        _ => {}
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.timestamp_micros().to_string(),
        Err(_) => format!("'{text}'"),
    }
}

fn replace_casts(sql: &str) -> String {
    let mut parts = sql.split("CAST(");
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(" AS TEXT)") {
            Some((column, rest)) if column.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c)) => {
                let hex = |from: u8, count: u8| format!("substr(lower(hex({column})), {from}, {count})");
                let id = [hex(1, 8), hex(9, 4), hex(13, 4), hex(17, 4), hex(21, 12)].join(" || '-' || ");
                replaced +=
                    &format!("CASE typeof({column}) WHEN 'blob' THEN {id} ELSE CAST({column} AS TEXT) END{rest}");
            }
            _ => replaced += &format!("CAST({part}"),
        }
    }
    replaced
}

#[test]
fn ids_and_times_become_what_sqlite_stores() {
    let id = "0190a7c4-0000-7000-8000-00000000000a";
    assert_eq!(
        sqlite_form(&format!("SELECT '{id}', 'it''s', '1970-01-01T00:00:01.000002Z', 'a' FROM t WHERE x = '{id}'")),
        "SELECT x'0190a7c400007000800000000000000a', 'it''s', 1000002, 'a' FROM t \
         WHERE x = x'0190a7c400007000800000000000000a'"
    );
    assert_eq!(sqlite_form("kind = 'session_ended'"), "kind = '\u{2}'");
    let text = sqlite_form("SELECT CAST(id AS TEXT) FROM t");
    let connection = rusqlite::Connection::open_in_memory().expect("a database");
    connection
        .execute_batch(&sqlite_form(&format!("CREATE TABLE t (id); INSERT INTO t VALUES ('{id}')")))
        .expect("a row");
    assert_eq!(connection.query_row(&text, [], |row| row.get::<_, String>(0)).expect("a row"), id);
}

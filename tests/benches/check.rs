//! Checks after the load that no seat was given twice, from the event log and not from the server's responses.

use crate::{account::Pool, database::BenchDatabase};
use seatkeeper::db::Sql;

/// Counts occupied seats along the event log, whose order is that of the commits.
static MOST_OCCUPIED: Sql = Sql::new(|| {
    "SELECT COALESCE(MAX(occupied), 0) AS most
     FROM (
         SELECT CAST(SUM(CASE kind WHEN LOG_TEXT('session_created') THEN 1 WHEN LOG_TEXT('session_ended') THEN -1
                              ELSE 0 END)
                     OVER (ORDER BY position) AS BIGINT) AS occupied
         FROM events
         WHERE license_id = $1) counted"
        .into()
});
static DEADLOCKS: Sql =
    Sql::new(|| "SELECT deadlocks AS number FROM pg_stat_database WHERE datname = current_database()".into());

static SESSIONS: Sql = Sql::new(|| "SELECT COUNT(*) AS number FROM sessions".into());

static ASSIGNED: Sql = Sql::new(|| {
    "SELECT COUNT(*) AS number FROM assignments a JOIN licenses l ON l.id = a.license_id WHERE l.model = 'named'".into()
});

/// The number of assignments of named licenses.
pub async fn assigned(database: &BenchDatabase) -> anyhow::Result<i64> {
    number(database, &ASSIGNED, vec![], "number").await
}

/// The maximum number of seats occupied at once, for a license whose agents have one session each.
pub async fn most_occupied(database: &BenchDatabase, pool: &Pool) -> anyhow::Result<i64> {
    number(database, &MOST_OCCUPIED, vec![pool.license.into()], "most").await
}

/// The number of sessions, live and ended.
pub async fn sessions(database: &BenchDatabase) -> anyhow::Result<i64> {
    number(database, &SESSIONS, vec![], "number").await
}

/// The number of deadlocks that PostgreSQL resolved.
pub async fn deadlocks(database: &BenchDatabase) -> anyhow::Result<i64> {
    number(database, &DEADLOCKS, vec![], "number").await
}

async fn number(
    database: &BenchDatabase,
    sql: &'static Sql,
    args: Vec<seatkeeper::db::Value>,
    column: &str,
) -> anyhow::Result<i64> {
    let db = database.open().await?;
    let row = db.one(sql, args).await?;
    db.close().await;
    Ok(row.map(|row| row.get(column)).transpose()?.unwrap_or_default())
}

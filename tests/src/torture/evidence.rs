//! Reads the tables and the event log after the run.

use super::{
    checker::{Entry, Evidence, SessionRow, Terms},
    history::History,
};
use chrono::{DateTime, Utc};
use seatkeeper::{
    db::{self, Db, DbError, LogText, Sql},
    monotonic::MonotonicClock,
};
use seatkeeper_shared::{ids::LicenseId, session::EndReason};
use std::collections::BTreeMap;

static LOG: Sql = Sql::new(|| {
    "SELECT position, kind, license_id, user_id, session_id, occupied, seats, facts FROM events ORDER BY position"
        .into()
});
static SESSIONS: Sql =
    Sql::new(|| "SELECT id, license_id, user_id, idempotency_key, ended_at, end_reason FROM sessions".into());
static ASSIGNMENTS: Sql = Sql::new(|| "SELECT license_id, user_id FROM assignments".into());
static SEATS: Sql = Sql::new(|| "SELECT id, seats FROM licenses".into());

/// Collects the evidence. No server may be running, since the database is opened directly.
pub async fn gather(database: &str, history: &History, licenses: BTreeMap<LicenseId, Terms>) -> Evidence {
    let db = Db::open(database, &MonotonicClock::default()).await.expect("the database opens after the run");
    let evidence = read(&db, history, licenses).await.expect("everything can be read");
    db.close().await;
    evidence
}

async fn read(db: &Db, history: &History, licenses: BTreeMap<LicenseId, Terms>) -> Result<Evidence, DbError> {
    let log = db.all(&LOG, Vec::new()).await?;
    let sessions = db.all(&SESSIONS, Vec::new()).await?;
    let assignments = db.all(&ASSIGNMENTS, Vec::new()).await?;
    let seats = db.all(&SEATS, Vec::new()).await?;
    Ok(Evidence {
        operations: history.operations(),
        log: log.iter().map(entry).collect::<Result<_, _>>()?,
        licenses,
        sessions: sessions.iter().map(|each| row(each, history)).collect::<Result<_, _>>()?,
        assignments: assignments
            .iter()
            .map(|each| Ok((each.get("license_id")?, each.get("user_id")?)))
            .collect::<Result<_, DbError>>()?,
        seats: seats.iter().map(|each| Ok((each.get("id")?, each.get("seats")?))).collect::<Result<_, DbError>>()?,
    })
}

fn entry(row: &db::Row) -> Result<Entry, DbError> {
    Ok(Entry {
        position: row.get("position")?,
        kind: row.get::<LogText>("kind")?.0,
        license: row.opt("license_id")?,
        user: row.opt("user_id")?,
        session: row.opt("session_id")?,
        occupied: row.opt("occupied")?,
        seats: row.opt("seats")?,
        facts: serde_json::from_str(&row.get::<LogText>("facts")?.0).expect("facts are JSON"),
    })
}

fn row(row: &db::Row, history: &History) -> Result<SessionRow, DbError> {
    let ended: Option<(DateTime<Utc>, EndReason)> = row.opt("ended_at")?.zip(row.opt("end_reason")?);
    Ok(SessionRow {
        id: row.get("id")?,
        license: row.get("license_id")?,
        user: row.get("user_id")?,
        key: row.opt("idempotency_key")?,
        ended: ended.map(|(at, reason)| (history.moment(at), reason)),
    })
}

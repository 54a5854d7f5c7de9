//! Stored days: the usage of a license or product on each finished local day.

use crate::{
    db::{Db, DbError, Row, Tx, args, fields, statements},
    reports::{
        encoding::{self, DayUsers, VERSION},
        local_time::time,
        state::UsageState,
        summary::Piece,
    },
    store::{ids, set},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{LicenseId, Position, ProductId, UserId};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

statements! {
    // A day that was stored in another time zone or version counts only if it cannot be built again.
    DAYS = "
        SELECT starts_at, ends_at, users, summary
        FROM usage_days
        WHERE scope_id = $1 AND starts_at >= $2 AND ends_at <= $3
          AND version = $6 AND (time_zone = $4 OR starts_at < $5)
        ORDER BY starts_at";

    QUARTERS = "
        SELECT starts_at, quarters
        FROM usage_days
        WHERE scope_id = $1 AND starts_at >= $2 AND ends_at <= $3
        ORDER BY starts_at";

    LAST_ENDED = "
        SELECT starts_at, ends_at, position, state
        FROM usage_days
        WHERE scope_id = $1 AND starts_at < $2 AND ends_at <= $2
        ORDER BY starts_at DESC
        LIMIT 1";

    CONTAINING = "
        SELECT starts_at, ends_at
        FROM usage_days
        WHERE scope_id = $1 AND starts_at < $2 AND ends_at > $2";

    FIRST = "
        SELECT MIN(starts_at) AS starts_at FROM usage_days WHERE scope_id = $1";

    OUTDATED = "
        SELECT COUNT(*) AS days
        FROM usage_days
        WHERE scope_id = $1 AND starts_at >= $2 AND (time_zone <> $3 OR version <> $4)";

    DELETE_DAYS = "
        DELETE FROM usage_days WHERE scope_id = $1 AND starts_at >= $2";

    DELETE_DAY_USERS = "
        DELETE FROM usage_day_users WHERE scope_id = $1 AND starts_at >= $2";

    LAST_DAYS_OF_USERS = "
        SELECT user_id, MAX(starts_at) AS starts_at
        FROM usage_day_users
        WHERE scope_id = $1 AND user_id IN (SELECT id FROM ROWS($2: id uuid))
        GROUP BY user_id";

    SEEN = "
        SELECT DISTINCT user_id AS id
        FROM usage_day_users
        WHERE scope_id = $1 AND user_id IN (SELECT id FROM ROWS($2: id uuid))
          AND starts_at >= $3 AND starts_at <= $4";

    INSERT_DAY = "
        INSERT INTO usage_days (scope_id, starts_at, ends_at, time_zone, version, position, users, summary, state,
                                quarters)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (scope_id, starts_at) DO NOTHING";

    INSERT_DAY_USERS = "
        INSERT INTO usage_day_users (scope_id, user_id, starts_at)
        SELECT scope_id, user_id, starts_at
        FROM ROWS($1: scope_id uuid, user_id uuid, starts_at time)";

    LICENSES = "
        SELECT id, product_id FROM licenses ORDER BY id";

    PRODUCTS = "
        SELECT id FROM products ORDER BY id";

    LIVE_SESSIONS = "
        SELECT id, license_id, user_id, created_at
        FROM sessions
        WHERE created_at <= $1 AND (ended_at IS NULL OR ended_at > $1)
          AND license_id IN (SELECT id FROM ROWS($2: id uuid))";

    OPEN_TICKETS = "
        SELECT id, user_id, created_at
        FROM tickets
        WHERE created_at <= $1 AND (ended_at IS NULL OR ended_at > $1)
          AND license_id IN (SELECT id FROM ROWS($2: id uuid))";
}

/// The usage of a finished day, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDay {
    pub summary: crate::reports::summary::Summary,
    pub users: DayUsers,
}

/// The state at the end of a stored day, and the last event that counts in it.
#[derive(Clone, Debug, PartialEq)]
pub struct DayEnd {
    /// In microseconds.
    pub at: i64,
    pub position: Position,
    pub state: UsageState,
}

/// Which stored days can be used: those of this time zone, and earlier ones that cannot be built again because the log
/// begins only then.
#[derive(Clone, Copy, Debug)]
pub struct DayFilter<'a> {
    pub zone: &'a str,
    pub log_start: Option<DateTime<Utc>>,
}

fn unreadable(column: &str) -> DbError {
    DbError::Unreadable { column: column.to_owned(), problem: "is not a stored day".to_owned() }
}

fn micros(row: &Row, column: &str) -> Result<i64, DbError> {
    row.get::<DateTime<Utc>>(column).map(|at| at.timestamp_micros())
}

/// The stored days between two times, without quarters.
pub async fn between(
    db: &Db,
    scope: Uuid,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    filter: DayFilter<'_>,
) -> Result<Vec<StoredDay>, DbError> {
    let log_start = filter.log_start.unwrap_or(DateTime::UNIX_EPOCH);
    let rows = db.all(&DAYS, args![scope, from, to, filter.zone, log_start, VERSION]).await?;
    rows.iter().map(stored_day).collect()
}

fn stored_day(row: &Row) -> Result<StoredDay, DbError> {
    let (from, to) = (micros(row, "starts_at")?, micros(row, "ends_at")?);
    let summary = encoding::decode(&row.get::<String>("summary")?, from, to);
    let users = DayUsers::decode(&row.get::<String>("users")?);
    Ok(StoredDay {
        summary: summary.ok_or_else(|| unreadable("summary"))?,
        users: users.ok_or_else(|| unreadable("users"))?,
    })
}

/// Adds the quarters to stored days between two times.
pub async fn add_quarters(
    db: &Db,
    scope: Uuid,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    days: &mut [StoredDay],
) -> Result<(), DbError> {
    let mut quarters = BTreeMap::new();
    for row in db.all(&QUARTERS, args![scope, from, to]).await? {
        let starts_at = micros(&row, "starts_at")?;
        let spans = encoding::decode_spans(&row.get::<String>("quarters")?, starts_at);
        quarters.insert(starts_at, spans.ok_or_else(|| unreadable("quarters"))?);
    }
    for day in days {
        day.summary.quarters = quarters.remove(&day.summary.from).unwrap_or_default();
    }
    Ok(())
}

/// The end of the last stored day that ends at or before a time.
pub async fn last_ended(db: &Db, scope: Uuid, at: DateTime<Utc>) -> Result<Option<DayEnd>, DbError> {
    db.one(&LAST_ENDED, args![scope, at]).await?.as_ref().map(day_end).transpose()
}

fn day_end(row: &Row) -> Result<DayEnd, DbError> {
    let state = serde_json::from_str(&row.get::<String>("state")?).map_err(|_| unreadable("state"))?;
    Ok(DayEnd { at: micros(row, "ends_at")?, position: row.get("position")?, state })
}

/// The beginning and the end of the stored day that contains a time, not at its beginning.
pub async fn containing(
    db: &Db,
    scope: Uuid,
    at: DateTime<Utc>,
) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>, DbError> {
    let row = db.one(&CONTAINING, args![scope, at]).await?;
    row.map(|row| Ok((row.get("starts_at")?, row.get("ends_at")?))).transpose()
}

/// The beginning of the first stored day.
pub async fn first(db: &Db, scope: Uuid) -> Result<Option<DateTime<Utc>>, DbError> {
    db.one(&FIRST, args![scope]).await?.map_or(Ok(None), |row| row.opt("starts_at"))
}

/// Deletes the days since a time if some of them were stored in another time zone or version.
pub async fn delete_outdated(db: &Db, scope: Uuid, since: DateTime<Utc>, zone: &str) -> Result<bool, DbError> {
    let outdated = db.one(&OUTDATED, args![scope, since, zone, VERSION]).await?;
    if outdated.map_or(Ok(0), |row| row.get::<i64>("days"))? == 0 {
        return Ok(false);
    }
    let mut tx = db.begin().await?;
    tx.run(&DELETE_DAYS, args![scope, since]).await?;
    tx.run(&DELETE_DAY_USERS, args![scope, since]).await?;
    tx.commit().await?;
    Ok(true)
}

/// Those of these users who had a session on stored days that begin between two times, inclusive.
pub async fn seen(
    db: &Db,
    scope: Uuid,
    users: &BTreeSet<UserId>,
    (first, last): (i64, i64),
) -> Result<BTreeSet<UserId>, DbError> {
    let rows = db.all(&SEEN, args![scope, ids(users), time(first), time(last)]).await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Stores a day, the last record of which is at this position. All earlier days must be stored. Returns false if the
/// day is stored already, as when two servers do this at once.
pub async fn insert(db: &Db, scope: Uuid, zone: &str, piece: &Piece, position: Position) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    let summary = &piece.summary;
    let starts_at = time(summary.from);
    let users = day_users(&mut tx, scope, &piece.users).await?;
    let state = serde_json::to_string(&piece.state).unwrap_or_default();
    let args = args![
        scope,
        starts_at,
        time(summary.to),
        zone,
        VERSION,
        position,
        users.encode(),
        encoding::encode(summary),
        state,
        encoding::encode_spans(&summary.quarters),
    ];
    if tx.run(&INSERT_DAY, args).await? == 0 {
        return Ok(false);
    }
    let rows = piece.users.iter().map(|user| fields! { "scope_id": scope, "user_id": user, "starts_at": starts_at });
    if !piece.users.is_empty() {
        tx.run(&INSERT_DAY_USERS, args![set(rows)]).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn day_users(tx: &mut Tx, scope: Uuid, users: &BTreeSet<UserId>) -> Result<DayUsers, DbError> {
    let mut counted = DayUsers { first_time: i64::try_from(users.len()).unwrap_or(i64::MAX), ..DayUsers::default() };
    for row in tx.all(&LAST_DAYS_OF_USERS, args![scope, ids(users)]).await? {
        *counted.returning.entry(micros(&row, "starts_at")?).or_default() += 1;
        counted.first_time -= 1;
    }
    Ok(counted)
}

/// All licenses, each with its product.
pub async fn all_licenses(db: &Db) -> Result<Vec<(LicenseId, ProductId)>, DbError> {
    db.all(&LICENSES, args![]).await?.iter().map(|row| Ok((row.get("id")?, row.get("product_id")?))).collect()
}

/// Every product, also archived ones.
pub async fn all_products(db: &Db) -> Result<Vec<ProductId>, DbError> {
    db.all(&PRODUCTS, args![]).await?.iter().map(|row| row.get("id")).collect()
}

/// The live sessions and open tickets at a time, from their tables: for a log that begins only then.
pub async fn state_of_tables(db: &Db, licenses: &[LicenseId], at: DateTime<Utc>) -> Result<UsageState, DbError> {
    use crate::reports::state::Since;
    let mut state = UsageState { last_at: at.timestamp_micros(), ..UsageState::default() };
    let since = |row: &Row| Ok::<_, DbError>(Since { user: row.get("user_id")?, at: micros(row, "created_at")? });
    for row in db.all(&LIVE_SESSIONS, args![at, ids(licenses)]).await? {
        state.sessions.insert(row.get("id")?, since(&row)?);
    }
    for row in db.all(&OPEN_TICKETS, args![at, ids(licenses)]).await? {
        state.tickets.insert(row.get("id")?, since(&row)?);
    }
    Ok(state)
}

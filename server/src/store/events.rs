//! The event log: appends events under one lock, so that positions follow the order of commits, and reads from a
//! position.

use super::set;
use crate::{
    db::{Db, DbError, Fields, LogText, Row, Tx, Value, args, fields, statements},
    events::{Event, topics::EventSubject},
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::{LicenseId, Position};

/// The end of a PostgreSQL statement that advances the head and appends events: `$1` are the events, `$2` is their
/// number.
pub(super) const APPEND_TO_HEAD: &str = "
    head AS (
        UPDATE event_head
        SET position = position + $2
        RETURNING position)
    INSERT INTO events (position, at, kind, door, actor_id, actor_name, license_id, user_id, session_id,
                        occupied, seats, address, object_id, object_name, facts)
    SELECT head.position - $2 + given.place, at, kind, door, actor_id, actor_name, license_id, user_id, session_id,
           occupied, seats, address, object_id, object_name, facts
    FROM ROWS($1: place int, at time, kind text, door text, actor_id uuid, actor_name text, license_id uuid,
              user_id uuid, session_id uuid, occupied int, seats int, address text,
              object_id uuid, object_name text, facts text)
    CROSS JOIN head";

statements! {
    HEAD = "
        SELECT position FROM event_head";

    // Where there is no index by time, events of a time are found by these two (`db/log_range.rs`).
    ADVANCE = "
        UPDATE event_head
        SET position = position + $1, latest_at = MAX(latest_at, $2), set_back = MAX(set_back, latest_at - $2)",
    on_postgres: "
        UPDATE event_head
        SET position = position + $1";

    // On PostgreSQL the same statement advances the head, and positions are counted from there.
    APPEND = "
        INSERT INTO events (position, at, kind, door, actor_id, actor_name, license_id, user_id, session_id,
                            occupied, seats, address, object_id, object_name, facts)
        SELECT place + (SELECT position FROM event_head), at, kind, door, actor_id, actor_name, license_id, user_id,
               session_id, occupied, seats, address, object_id, object_name, facts
        FROM ROWS($1: place int, at time, kind text, door text, actor_id uuid, actor_name text, license_id uuid,
                  user_id uuid, session_id uuid, occupied int, seats int, address text,
                  object_id uuid, object_name text, facts text)",
    on_postgres: format!("WITH {APPEND_TO_HEAD}");

    AFTER = "
        SELECT position, at, kind, license_id, user_id, session_id, occupied, seats
        FROM events
        WHERE position > $1
        ORDER BY position
        LIMIT $2";

    LEVELS = "
        SELECT license_id, occupied, MAX(at) AS last_at
        FROM events
        WHERE position > $2 AND at > $1 AND license_id IS NOT NULL AND occupied IS NOT NULL
        GROUP BY license_id, occupied";

    FULL_SINCE = "
        SELECT l.id AS license_id, MIN(e.at) AS since
        FROM licenses l
        JOIN events e ON e.license_id = l.id AND e.occupied IS NOT NULL
        WHERE l.seats > 0
          AND e.position > COALESCE(
              (SELECT MAX(position) FROM events
               WHERE license_id = l.id AND occupied IS NOT NULL AND occupied < seats), 0)
        GROUP BY l.id";
}

/// The part of an event that the live feed needs.
#[derive(Clone, Debug)]
pub struct LoggedEvent {
    pub position: Position,
    pub at: DateTime<Utc>,
    pub subject: EventSubject,
    /// The occupied seats of the license after the event.
    pub occupied: Option<i64>,
    /// The seats of the license after the event.
    pub seats: Option<i64>,
}

/// Appends events and assigns their positions. Must be the last statement before the commit, because concurrent
/// transactions wait here.
pub async fn append(tx: &mut Tx, at: DateTime<Utc>, events: &[Event]) -> Result<(), DbError> {
    if events.is_empty() {
        return Ok(());
    }
    let (rows, number) = rows(at, events);
    if tx.combines_writes() {
        return tx.write(&APPEND, args![rows, number]).await;
    }
    tx.write(&APPEND, args![rows]).await?;
    tx.write(&ADVANCE, args![number, at]).await
}

/// Events with their offsets from the head, and their number.
pub(super) fn rows(at: DateTime<Utc>, events: &[Event]) -> (Value, i64) {
    let number = i64::try_from(events.len()).unwrap_or(i64::MAX);
    (set(events.iter().zip(1..).map(|(event, place)| row(event, at, place))), number)
}

fn row(event: &Event, at: DateTime<Utc>, place: i64) -> Fields {
    fields! {
        "place": place, "at": at, "kind": Value::LogText(event.kind().as_str().to_owned()),
        "door": event.actor.origin.as_str(), "actor_id": event.actor.id, "actor_name": event.actor.name.as_deref(),
        "license_id": event.license, "user_id": event.user, "session_id": event.session,
        "occupied": event.occupied, "seats": event.seats,
        "address": event.actor.address.map(|address| address.to_string()),
        "object_id": event.object.as_ref().and_then(|object| object.id),
        "object_name": event.object.as_ref().map(|object| object.name.as_str()),
        "facts": Value::LogText(event.data.facts().to_string()),
    }
}

/// The position of the newest event.
pub async fn head(tx: &mut Tx) -> Result<Position, DbError> {
    Ok(tx.one(&HEAD, args![]).await?.map(|row| row.get("position")).transpose()?.unwrap_or_default())
}

/// At most `limit` events after a position, in order.
pub async fn after(db: &Db, position: Position, limit: i64) -> Result<Vec<LoggedEvent>, DbError> {
    db.all(&AFTER, args![position, limit]).await?.iter().map(logged).collect()
}

fn logged(row: &Row) -> Result<LoggedEvent, DbError> {
    Ok(LoggedEvent {
        position: row.get("position")?,
        at: row.get("at")?,
        subject: EventSubject {
            kind: row.get::<LogText>("kind")?.0.parse().ok(),
            license: row.opt("license_id")?,
            user: row.opt("user_id")?,
            session: row.opt("session_id")?,
        },
        occupied: row.opt("occupied")?,
        seats: row.opt("seats")?,
    })
}

/// Every number of occupied seats that a license has reached since a time, and when it last did.
pub async fn levels(db: &Db, since: DateTime<Utc>) -> Result<Vec<(LicenseId, i64, DateTime<Utc>)>, DbError> {
    let range = db.log_range(Some(since), None).await?;
    let rows = db.all(&LEVELS, args![since, range.after]).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, row.get("occupied")?, row.get("last_at")?))).collect()
}

/// The licenses whose seats are all occupied, with the time since when.
pub async fn full_since(tx: &mut Tx) -> Result<Vec<(LicenseId, DateTime<Utc>)>, DbError> {
    let rows = tx.all(&FULL_SINCE, args![]).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, row.get("since")?))).collect()
}

#[cfg(test)]
mod tests;

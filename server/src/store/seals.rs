//! The seals of the event log: reads events and seals, adds seals, and prunes old events.

use crate::db::{Db, DbError, LogText, Row, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::ids::Position;
use uuid::Uuid;

statements! {
    HEAD = "
        SELECT position, hash, pruned FROM seal_head";

    LOCK_HEAD = "
        SELECT position, hash, pruned FROM seal_head FOR UPDATE";

    LOCK_HEAD_IF_FREE = "
        SELECT position, hash, pruned FROM seal_head FOR UPDATE SKIP LOCKED";

    EVENTS = "
        SELECT position, at, kind, door, actor_id, actor_name, license_id, user_id, session_id, occupied, seats,
               address, object_id, object_name, facts
        FROM events
        WHERE position > $1
        ORDER BY position
        LIMIT $2";

    SEALS = "
        SELECT position, events, last_at, hash
        FROM event_seals
        WHERE position > $1
        ORDER BY position
        LIMIT $2";

    SEAL_AT = "
        SELECT position, events, last_at, hash FROM event_seals WHERE position = $1";

    INSERT = "
        INSERT INTO event_seals (position, events, last_at, hash)
        VALUES ($1, $2, $3, $4)";

    MOVE_HEAD = "
        UPDATE seal_head SET position = $1, hash = $2";

    // The last seal before the first one that covers a newer event.
    LAST_PRUNABLE = "
        SELECT position, events, last_at, hash
        FROM event_seals
        WHERE position > $1
          AND position < COALESCE(
              (SELECT position FROM event_seals WHERE position > $1 AND last_at >= $2 ORDER BY position LIMIT 1),
              9223372036854775807)
        ORDER BY position DESC
        LIMIT 1";

    SET_PRUNED = "
        UPDATE seal_head SET pruned = $1";

    DELETE_EVENTS = "
        DELETE FROM events
        WHERE position IN (SELECT position FROM events WHERE position <= $1 ORDER BY position LIMIT $2)";

    DELETE_SEALS = "
        DELETE FROM event_seals
        WHERE position IN (SELECT position FROM event_seals WHERE position < $1 ORDER BY position LIMIT $2)";
}

/// How far the log is sealed and pruned.
#[derive(Clone, Debug, PartialEq)]
pub struct SealHead {
    /// The last sealed event; 0 if there is none.
    pub position: Position,
    /// The hash of the newest seal, in hex; empty if there is none.
    pub hash: String,
    /// The last pruned event; 0 if there is none.
    pub pruned: Position,
}

/// A seal over consecutive events.
#[derive(Clone, Debug, PartialEq)]
pub struct Seal {
    /// The last event that it covers.
    pub position: Position,
    /// How many events it covers.
    pub events: i64,
    /// The latest time of a covered event.
    pub last_at: DateTime<Utc>,
    /// In hex.
    pub hash: String,
}

/// An event exactly as it is stored: the columns that a seal covers.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    pub position: Position,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub door: String,
    pub actor_id: Option<Uuid>,
    pub actor_name: Option<String>,
    pub license_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub occupied: Option<i64>,
    pub seats: Option<i64>,
    pub address: Option<String>,
    pub object_id: Option<Uuid>,
    pub object_name: Option<String>,
    pub facts: String,
}

/// How far the log is sealed and pruned.
pub async fn head(db: &Db) -> Result<SealHead, DbError> {
    db.one(&HEAD, args![]).await?.as_ref().map(read_head).transpose()?.ok_or(DbError::Retry)
}

/// Locks the head until the end of the transaction.
pub async fn lock_head(tx: &mut Tx) -> Result<SealHead, DbError> {
    tx.one(&LOCK_HEAD, args![]).await?.as_ref().map(read_head).transpose()?.ok_or(DbError::Retry)
}

/// Like [`lock_head`]; `None` if another transaction holds the lock.
pub async fn lock_head_if_free(tx: &mut Tx) -> Result<Option<SealHead>, DbError> {
    tx.one(&LOCK_HEAD_IF_FREE, args![]).await?.as_ref().map(read_head).transpose()
}

fn read_head(row: &Row) -> Result<SealHead, DbError> {
    Ok(SealHead { position: row.get("position")?, hash: row.get("hash")?, pruned: row.get("pruned")? })
}

/// At most `limit` events after a position, in order.
pub async fn events(db: &Db, after: Position, limit: i64) -> Result<Vec<StoredEvent>, DbError> {
    db.all(&EVENTS, args![after, limit]).await?.iter().map(stored_event).collect()
}

/// Like [`events`], within a transaction.
pub async fn events_in(tx: &mut Tx, after: Position, limit: i64) -> Result<Vec<StoredEvent>, DbError> {
    tx.all(&EVENTS, args![after, limit]).await?.iter().map(stored_event).collect()
}

fn stored_event(row: &Row) -> Result<StoredEvent, DbError> {
    Ok(StoredEvent {
        position: row.get("position")?,
        at: row.get("at")?,
        kind: row.get::<LogText>("kind")?.0,
        door: row.get("door")?,
        actor_id: row.opt("actor_id")?,
        actor_name: row.opt("actor_name")?,
        license_id: row.opt("license_id")?,
        user_id: row.opt("user_id")?,
        session_id: row.opt("session_id")?,
        occupied: row.opt("occupied")?,
        seats: row.opt("seats")?,
        address: row.opt("address")?,
        object_id: row.opt("object_id")?,
        object_name: row.opt("object_name")?,
        facts: row.get::<LogText>("facts")?.0,
    })
}

/// At most `limit` seals after a position, in order.
pub async fn seals(db: &Db, after: Position, limit: i64) -> Result<Vec<Seal>, DbError> {
    db.all(&SEALS, args![after, limit]).await?.iter().map(seal).collect()
}

/// The seal whose last event is at this position.
pub async fn seal_at(db: &Db, position: Position) -> Result<Option<Seal>, DbError> {
    db.one(&SEAL_AT, args![position]).await?.as_ref().map(seal).transpose()
}

fn seal(row: &Row) -> Result<Seal, DbError> {
    Ok(Seal {
        position: row.get("position")?,
        events: row.get("events")?,
        last_at: row.get("last_at")?,
        hash: row.get("hash")?,
    })
}

/// Adds a seal. The head must be locked.
pub async fn insert(tx: &mut Tx, seal: &Seal) -> Result<(), DbError> {
    tx.run(&INSERT, args![seal.position, seal.events, seal.last_at, &seal.hash]).await?;
    tx.run(&MOVE_HEAD, args![seal.position, &seal.hash]).await.map(drop)
}

/// The last seal up to which all events after `after` are older than `before`; `None` if there is none.
pub async fn last_prunable(tx: &mut Tx, after: Position, before: DateTime<Utc>) -> Result<Option<Seal>, DbError> {
    tx.one(&LAST_PRUNABLE, args![after, before]).await?.as_ref().map(seal).transpose()
}

/// Records that the events up to this position may be deleted.
pub async fn set_pruned(tx: &mut Tx, position: Position) -> Result<(), DbError> {
    tx.run(&SET_PRUNED, args![position]).await.map(drop)
}

/// Deletes at most `limit` events up to this position, and at most as many seals before it. Returns how many rows were
/// deleted.
pub async fn delete(tx: &mut Tx, position: Position, limit: i64) -> Result<u64, DbError> {
    let events = tx.run(&DELETE_EVENTS, args![position, limit]).await?;
    Ok(events + tx.run(&DELETE_SEALS, args![position, limit]).await?)
}

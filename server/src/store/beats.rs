//! Signs of life of sessions and tickets, written together.

use super::set;
use crate::{
    db::{DbError, Fields, Row, Tx, args, fields, statements},
    seats::memory::{Beat, Beats},
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    wire::sessions::Ending,
};
use std::collections::{HashMap, HashSet};

statements! {
    // What was written after such a sign of life was answered knows of it, and stays.
    WRITE_SESSIONS = "
        UPDATE sessions
        SET last_seen_at = CASE WHEN given.seen_at > sessions.last_seen_at THEN given.seen_at
                                ELSE sessions.last_seen_at END,
            lease_until = CASE WHEN given.lease_until > sessions.lease_until AND sessions.borrowed_until IS NULL
                               THEN given.lease_until ELSE sessions.lease_until END,
            active_at = CASE WHEN given.active_at > COALESCE(sessions.active_at, sessions.created_at) THEN given.active_at
                             ELSE sessions.active_at END,
            warned_at = CASE WHEN given.active_at > COALESCE(sessions.active_at, sessions.created_at) THEN given.warned_at
                             ELSE sessions.warned_at END
        FROM ROWS($1: id uuid, seen_at time, lease_until time, active_at time, warned_at time)
        WHERE sessions.id = given.id
          AND sessions.state <> 'ended'";

    WRITE_TICKETS = "
        UPDATE tickets
        SET last_seen_at = given.seen_at,
            lease_until = CASE WHEN given.lease_until > tickets.lease_until THEN given.lease_until
                               ELSE tickets.lease_until END
        FROM ROWS($1: id uuid, seen_at time, lease_until time)
        WHERE tickets.id = given.id
          AND tickets.end_reason IS NULL";

    RENEW = "
        UPDATE sessions
        SET last_seen_at = CASE WHEN $2 > sessions.last_seen_at THEN $2 ELSE sessions.last_seen_at END,
            lease_until = CASE WHEN given.lease_until > sessions.lease_until AND sessions.borrowed_until IS NULL
                               THEN given.lease_until ELSE sessions.lease_until END,
            active_at = CASE WHEN given.active = 1 THEN $2 ELSE sessions.active_at END
        FROM ROWS($1: id uuid, active int, lease_until time)
        WHERE sessions.id = given.id
          AND sessions.state <> 'ended'
          AND sessions.lease_until > $3
          AND (given.active = 0 OR sessions.warned_at IS NULL)
        RETURNING sessions.id, sessions.lease_until, sessions.state, sessions.protected, sessions.warned_at,
                  sessions.ending_at, sessions.ending_by_name, sessions.ending_message";

    // Rows that a batch is writing are left to it: waiting for them in another order would be a deadlock.
    LEASES_OF = "
        SELECT s.id, s.user_id, l.lease_seconds, l.idle_seconds, l.idle_warning_seconds, l.idle_ends_connected
        FROM ROWS($1: id uuid, user_id uuid)
        JOIN sessions s ON s.id = given.id AND s.user_id = given.user_id
        JOIN licenses l ON l.id = s.license_id
        WHERE s.state <> 'ended'
        ORDER BY s.id
        FOR UPDATE OF s SKIP LOCKED";

    KEEP = "
        UPDATE tickets
        SET last_seen_at = $2,
            lease_until = CASE WHEN given.lease_until > tickets.lease_until THEN given.lease_until
                               ELSE tickets.lease_until END
        FROM ROWS($1: id uuid, lease_until time)
        WHERE tickets.id = given.id
          AND tickets.end_reason IS NULL
          AND tickets.lease_until > $3
        RETURNING tickets.id";

    TICKET_LEASES_OF = "
        SELECT t.id, l.lease_seconds
        FROM ROWS($1: id uuid, user_id uuid)
        JOIN tickets t ON t.id = given.id AND t.user_id = given.user_id
        JOIN licenses l ON l.id = t.license_id
        WHERE t.end_reason IS NULL
        ORDER BY t.id
        FOR UPDATE OF t SKIP LOCKED";
}

/// Whose lease has less than this left is decided under the license's lock: a batch may be ending it already.
const MARGIN: TimeDelta = TimeDelta::seconds(1);
/// How many rows one statement writes: larger ones hold the writer up.
const CHUNK: usize = 500;

/// Writes signs of life that have been answered.
pub async fn write(tx: &mut Tx, beats: &Beats) -> Result<(), DbError> {
    for chunk in beats.sessions.iter().collect::<Vec<_>>().chunks(CHUNK) {
        tx.write(&WRITE_SESSIONS, args![set(chunk.iter().map(|(id, beat)| row(id.0, beat)))]).await?;
    }
    for chunk in beats.tickets.iter().collect::<Vec<_>>().chunks(CHUNK) {
        tx.write(&WRITE_TICKETS, args![set(chunk.iter().map(|(id, beat)| row(id.0, beat)))]).await?;
    }
    Ok(())
}

fn row(id: uuid::Uuid, beat: &Beat) -> Fields {
    fields! {
        "id": id, "seen_at": beat.seen_at, "lease_until": beat.lease_until,
        "active_at": beat.active_at, "warned_at": beat.warned_at,
    }
}

/// A session whose lease was renewed.
#[derive(Clone, Debug)]
pub struct Alive {
    /// Whose it is.
    pub user: UserId,
    /// When it runs out.
    pub lease_until: DateTime<Utc>,
    /// How long it is.
    pub lease_seconds: i64,
    /// When the session ends for lack of activity, if its agent was warned of that.
    pub idle_ends_at: Option<DateTime<Utc>>,
    /// The end that is announced.
    pub ending: Option<Ending>,
}

/// Renews the leases of those of these sessions that live at this time, are their users', and whose agents did something
/// or not.
pub async fn renew(
    tx: &mut Tx,
    now: DateTime<Utc>,
    sessions: &[(SessionId, UserId, bool)],
) -> Result<HashMap<SessionId, Alive>, DbError> {
    if sessions.is_empty() {
        return Ok(HashMap::new());
    }
    let asked = set(sessions.iter().map(|(id, user, _)| fields! { "id": id, "user_id": user }));
    let rows = tx.all(&LEASES_OF, args![asked]).await?;
    let leases: HashMap<SessionId, &Row> =
        rows.iter().map(|row| Ok((row.get("id")?, row))).collect::<Result<_, DbError>>()?;
    let active: HashSet<_> =
        sessions.iter().filter(|(_, _, active)| *active).map(|(id, user, _)| (*id, *user)).collect();
    let mut given = Vec::new();
    for (id, row) in &leases {
        let until = now + TimeDelta::seconds(row.get("lease_seconds")?);
        let active = i64::from(active.contains(&(*id, row.get("user_id")?)));
        given.push(fields! { "id": id, "active": active, "lease_until": until });
    }
    let renewed = tx.all(&RENEW, args![set(given), now, now + MARGIN]).await?;
    let alive = renewed.iter().map(|row| {
        let id: SessionId = row.get("id")?;
        let lease = leases.get(&id).ok_or(DbError::Retry)?;
        Ok((id, alive(row, lease)?))
    });
    alive.collect()
}

fn alive(row: &Row, lease: &Row) -> Result<Alive, DbError> {
    let ending = match row.opt("ending_at")? {
        Some(at) => Some(Ending { at, by: row.opt("ending_by_name")?, message: row.opt("ending_message")? }),
        None => None,
    };
    let warning = TimeDelta::seconds(lease.get("idle_warning_seconds")?);
    let warned: Option<DateTime<Utc>> = row.opt("warned_at")?;
    Ok(Alive {
        user: lease.get("user_id")?,
        lease_until: row.get("lease_until")?,
        lease_seconds: lease.get("lease_seconds")?,
        idle_ends_at: warned.map(|at| at + warning),
        ending,
    })
}

/// Renews the leases of those of these tickets that are in the line at this time and their users'.
pub async fn keep(
    tx: &mut Tx,
    now: DateTime<Utc>,
    tickets: &[(TicketId, UserId)],
) -> Result<HashSet<TicketId>, DbError> {
    if tickets.is_empty() {
        return Ok(HashSet::new());
    }
    let asked = set(tickets.iter().map(|(id, user)| fields! { "id": id, "user_id": user }));
    let mut given = Vec::new();
    for row in tx.all(&TICKET_LEASES_OF, args![asked]).await? {
        let until = now + TimeDelta::seconds(row.get("lease_seconds")?);
        given.push(fields! { "id": row.get::<TicketId>("id")?, "lease_until": until });
    }
    tx.all(&KEEP, args![set(given), now, now + MARGIN]).await?.iter().map(|row| row.get("id")).collect()
}

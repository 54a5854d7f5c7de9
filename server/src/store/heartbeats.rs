//! Saves heartbeats of sessions and tickets in batches.

use super::{seats::row_mapping::scheduled_end, set};
use crate::{
    db::{DbError, Fields, Row, Tx, args, fields, statements},
    pool::ScheduledEnd,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId, UserId},
    wire::sessions::PendingEnd,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The last heartbeats of sessions and tickets that are not written yet.
#[derive(Clone, Debug, Default)]
pub struct UnwrittenHeartbeats {
    pub sessions: BTreeMap<SessionId, Heartbeat>,
    pub tickets: BTreeMap<TicketId, Heartbeat>,
}

/// The state of a session or ticket after its last heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub seen_at: DateTime<Utc>,
    pub lease_until: DateTime<Utc>,
    /// When the agent was last active. `None` for a ticket.
    pub active_at: Option<DateTime<Utc>>,
    /// When the agent was warned that the session will end because of idleness.
    pub warned_at: Option<DateTime<Utc>>,
}

impl UnwrittenHeartbeats {
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.tickets.is_empty()
    }
}

statements! {
    // Values written after a heartbeat was answered take it into account, and are not overwritten.
    WRITE_SESSIONS = "
        UPDATE sessions
        SET last_seen_at = CASE WHEN given.seen_at > sessions.last_seen_at THEN given.seen_at
                                ELSE sessions.last_seen_at END,
            lease_until = CASE WHEN given.lease_until > sessions.lease_until AND sessions.borrowed_until IS NULL
                               THEN given.lease_until ELSE sessions.lease_until END,
            active_at = CASE WHEN given.active_at > COALESCE(sessions.active_at, sessions.created_at)
                             THEN given.active_at ELSE sessions.active_at END,
            warned_at = CASE WHEN given.active_at > COALESCE(sessions.active_at, sessions.created_at)
                             THEN given.warned_at ELSE sessions.warned_at END
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
                  sessions.ending_at, sessions.ending_by, sessions.ending_by_name, sessions.ending_message";

    // Rows locked by a seat batch are skipped: waiting for them in another order could deadlock.
    LEASES_OF = "
        SELECT s.id, s.user_id, l.lease_seconds, l.idle_seconds, l.idle_warning_seconds, l.idle_ends_connected
        FROM ROWS($1: id uuid, user_id uuid)
        JOIN sessions s ON s.id = given.id AND s.user_id = given.user_id
        JOIN licenses l ON l.id = s.license_id
        WHERE s.state <> 'ended'
        ORDER BY s.id
        FOR UPDATE OF s SKIP LOCKED";

    RENEW_TICKETS = "
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

/// Leases with less time left are renewed only under the license's lock, because a seat batch may be ending them
/// already.
const RENEWAL_MARGIN: TimeDelta = TimeDelta::seconds(1);
/// How many rows one statement writes: larger statements would block the writer.
const MAX_ROWS: usize = 500;

/// Saves heartbeats that have been answered already.
pub async fn write(tx: &mut Tx, beats: &UnwrittenHeartbeats) -> Result<(), DbError> {
    for chunk in beats.sessions.iter().collect::<Vec<_>>().chunks(MAX_ROWS) {
        tx.write(&WRITE_SESSIONS, args![set(chunk.iter().map(|(id, beat)| row(id.0, beat)))]).await?;
    }
    for chunk in beats.tickets.iter().collect::<Vec<_>>().chunks(MAX_ROWS) {
        tx.write(&WRITE_TICKETS, args![set(chunk.iter().map(|(id, beat)| row(id.0, beat)))]).await?;
    }
    Ok(())
}

fn row(id: uuid::Uuid, beat: &Heartbeat) -> Fields {
    fields! {
        "id": id, "seen_at": beat.seen_at, "lease_until": beat.lease_until,
        "active_at": beat.active_at, "warned_at": beat.warned_at,
    }
}

/// The renewed lease of a session.
#[derive(Clone, Debug)]
pub struct RenewedLease {
    pub user: UserId,
    pub lease_until: DateTime<Utc>,
    pub lease_seconds: i64,
    /// When the session ends because of inactivity, if the agent was warned.
    pub idle_ends_at: Option<DateTime<Utc>>,
    /// The announced end.
    pub ending: Option<PendingEnd>,
}

/// Renews the leases of sessions, each given with its user and whether the agent was active. Skips sessions that have
/// ended, belong to another user, or are about to expire.
pub async fn renew(
    tx: &mut Tx,
    now: DateTime<Utc>,
    sessions: &[(SessionId, UserId, bool)],
) -> Result<HashMap<SessionId, RenewedLease>, DbError> {
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
    let renewed = tx.all(&RENEW, args![set(given), now, now + RENEWAL_MARGIN]).await?;
    let alive = renewed.iter().map(|row| {
        let id: SessionId = row.get("id")?;
        let lease = leases.get(&id).ok_or(DbError::Retry)?;
        Ok((id, renewed_lease(row, lease)?))
    });
    alive.collect()
}

fn renewed_lease(row: &Row, lease: &Row) -> Result<RenewedLease, DbError> {
    let warning = TimeDelta::seconds(lease.get("idle_warning_seconds")?);
    let warned: Option<DateTime<Utc>> = row.opt("warned_at")?;
    Ok(RenewedLease {
        user: lease.get("user_id")?,
        lease_until: row.get("lease_until")?,
        lease_seconds: lease.get("lease_seconds")?,
        idle_ends_at: warned.map(|at| at + warning),
        ending: scheduled_end(row)?.map(ScheduledEnd::into_view),
    })
}

/// Renews the leases of tickets. Skips tickets that have ended, belong to another user, or are about to expire.
pub async fn renew_tickets(
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
    tx.all(&RENEW_TICKETS, args![set(given), now, now + RENEWAL_MARGIN])
        .await?
        .iter()
        .map(|row| row.get("id"))
        .collect()
}

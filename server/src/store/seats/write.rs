//! Writes what a batch decided: one statement for each kind of change, whatever their number.

use super::super::{ids, set};
use crate::{
    db::{DbError, Fields, Tx, args, fields, statements},
    seats::{
        batch::Batch,
        facts::{Fact, Live, Ticket},
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId, UserId},
    license::{GroupLimit, Rules},
    session::SessionState,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

// With the columns of the end: a session may be over in the batch in which it was created.
const INSERT: &str = "
    INSERT INTO sessions (id, license_id, user_id, device, state, mode, platform, remote_device, support_key,
                          key_expires_at, idempotency_key, created_at, connected_at, last_seen_at, lease_until,
                          active_at, borrowed_until, ended_at, end_reason, end_message, ended_by, ended_by_name)
    SELECT id, license_id, user_id, device, state, mode, platform, remote_device, support_key, key_expires_at,
           idempotency_key, created_at, connected_at, last_seen_at, lease_until, active_at,
           borrowed_until, ended_at, end_reason, end_message, ended_by, ended_by_name
    FROM ROWS($1: id uuid, license_id uuid, user_id uuid, device text, state text, mode text, platform text,
              remote_device text, support_key text, key_expires_at time, idempotency_key text, created_at time,
              connected_at time, last_seen_at time, lease_until time, active_at time, borrowed_until time,
              ended_at time, end_reason text, end_message text, ended_by uuid, ended_by_name text)";

// Not by `ended_at`: PostgreSQL would go by the index of what lives, which between two vacuums is full of what is dead.
const END: &str = "
    UPDATE sessions
    SET state = 'ended', support_key = NULL, key_expires_at = NULL, ended_at = given.ended_at,
        end_reason = given.end_reason, end_message = given.end_message, ended_by = given.ended_by,
        ended_by_name = given.ended_by_name
    FROM ROWS($1: id uuid, ended_at time, end_reason text, end_message text, ended_by uuid, ended_by_name text)
    WHERE sessions.id = given.id
      AND sessions.state <> 'ended'";

/// Until when users get no seat of a license.
pub(in crate::store) const COOL: &str = "
    UPDATE assignments
    SET cool_until = given.until
    FROM ROWS($1: license_id uuid, user_id uuid, until time)
    WHERE assignments.license_id = given.license_id AND assignments.user_id = given.user_id";

statements! {
    INSERT_SESSIONS = INSERT;

    END_SESSIONS = END;

    // What most batches write, and their events: one round trip where there is a server to ask. It makes ready for all that a
    // statement might write, so there is one for each case.
    ENDED_AND_EVENTS = "
        SELECT $1, $2, $3",
    on_postgres: format!("WITH ended AS ({}), {}", END.replace("$1", "$3"), super::super::events::APPEND_TO_HEAD);

    CREATED_AND_EVENTS = "
        SELECT $1, $2, $3",
    on_postgres: format!("WITH created AS ({}), {}", INSERT.replace("$1", "$3"), super::super::events::APPEND_TO_HEAD);

    SESSIONS_AND_EVENTS = "
        SELECT $1, $2, $3, $4",
    on_postgres: format!("WITH ended AS ({}), created AS ({}), {}", END.replace("$1", "$3"), INSERT.replace("$1", "$4"),
        super::super::events::APPEND_TO_HEAD);

    // A heartbeat may have come after they were read; it was answered, and counts.
    CHANGE_SESSIONS = "
        UPDATE sessions
        SET state = given.state, device = given.device, platform = given.platform, support_key = given.support_key,
            key_expires_at = given.key_expires_at, connected_at = given.connected_at,
            last_seen_at = CASE WHEN sessions.last_seen_at > given.last_seen_at THEN sessions.last_seen_at
                                ELSE given.last_seen_at END,
            lease_until = CASE WHEN sessions.lease_until > given.lease_until AND given.borrowed_until IS NULL
                               THEN sessions.lease_until ELSE given.lease_until END,
            active_at = CASE WHEN sessions.active_at > given.active_at THEN sessions.active_at ELSE given.active_at END,
            warned_at = CASE WHEN sessions.active_at > given.active_at THEN sessions.warned_at ELSE given.warned_at END,
            ending_at = given.ending_at, ending_by = given.ending_by, ending_by_name = given.ending_by_name,
            ending_message = given.ending_message, protected = given.protected,
            borrowed_until = given.borrowed_until
        FROM ROWS($1: id uuid, state text, device text, platform text, support_key text, key_expires_at time,
                  connected_at time, last_seen_at time, lease_until time, active_at time, warned_at time,
                  ending_at time, ending_by uuid, ending_by_name text, ending_message text, protected boolean, borrowed_until time)
        WHERE sessions.id = given.id";

    INSERT_TICKETS = "
        INSERT INTO tickets (id, license_id, user_id, device, mode, platform, remote_device, place, created_at,
                             last_seen_at, lease_until, offer_until, ended_at, end_reason, session_id)
        SELECT id, license_id, user_id, device, mode, platform, remote_device, place, created_at, last_seen_at,
               lease_until, offer_until, ended_at, end_reason, session_id
        FROM ROWS($1: id uuid, license_id uuid, user_id uuid, device text, mode text, platform text,
                  remote_device text, place int, created_at time, last_seen_at time, lease_until time,
                  offer_until time, ended_at time, end_reason text, session_id uuid)";

    CHANGE_TICKETS = "
        UPDATE tickets
        SET place = given.place, offer_until = given.offer_until
        FROM ROWS($1: id uuid, place int, offer_until time)
        WHERE tickets.id = given.id";

    END_TICKETS = "
        UPDATE tickets
        SET ended_at = given.ended_at, end_reason = given.end_reason, session_id = given.session_id
        FROM ROWS($1: id uuid, ended_at time, end_reason text, session_id uuid)
        WHERE tickets.id = given.id
          AND tickets.end_reason IS NULL";

    COOL_DOWN = COOL;

    INSERT_ASSIGNMENTS = "
        INSERT INTO assignments (license_id, user_id, created_at, rule_id)
        SELECT license_id, user_id, created_at, rule_id
        FROM ROWS($1: license_id uuid, user_id uuid, created_at time, rule_id uuid)";

    DELETE_ASSIGNMENTS = "
        DELETE FROM assignments
        WHERE (license_id, user_id) IN (
            SELECT license_id, user_id
            FROM ROWS($1: license_id uuid, user_id uuid))";

    RESIZE_LICENSES = "
        UPDATE licenses
        SET seats = given.seats
        FROM ROWS($1: id uuid, seats int)
        WHERE licenses.id = given.id";

    RULE_LICENSES = "
        UPDATE licenses
        SET seat_rule = given.seat_rule, second_device = given.second_device, lease_seconds = given.lease_seconds,
            overdraft = given.overdraft, offer_seconds = given.offer_seconds, idle_seconds = given.idle_seconds,
            idle_warning_seconds = given.idle_warning_seconds, idle_ends_connected = given.idle_ends_connected,
            cool_down_seconds = given.cool_down_seconds, borrow_seconds = given.borrow_seconds,
            borrow_seats = given.borrow_seats
        FROM ROWS($1: id uuid, seat_rule text, second_device text, lease_seconds int, overdraft int, offer_seconds int,
                  idle_seconds int, idle_warning_seconds int, idle_ends_connected boolean, cool_down_seconds int,
                  borrow_seconds int, borrow_seats int)
        WHERE licenses.id = given.id";

    LIMIT_GROUPS = "
        UPDATE licenses
        SET group_limits = given.group_limits
        FROM ROWS($1: id uuid, group_limits text)
        WHERE licenses.id = given.id";

    SUSPEND_USERS = "
        UPDATE users
        SET status = 'suspended'
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_BROWSER_SESSIONS = "
        DELETE FROM browser_sessions
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";

    DELETE_TOKENS = "
        DELETE FROM api_tokens
        WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))";
}

/// The rows of a batch, by what is done to them. Each session and ticket is in one of its three, with its last state.
#[derive(Default)]
struct Rows {
    created: BTreeMap<SessionId, (LicenseId, Live)>,
    changed: BTreeSet<(LicenseId, SessionId)>,
    ended: BTreeMap<SessionId, Fields>,
    queued: BTreeMap<TicketId, (LicenseId, Ticket)>,
    moved: BTreeSet<(LicenseId, TicketId)>,
    left: BTreeMap<TicketId, Fields>,
    cooling: BTreeMap<(LicenseId, UserId), DateTime<Utc>>,
    /// The last word on each assignment: granted or revoked.
    assignments: BTreeMap<(LicenseId, UserId), bool>,
    resized: BTreeMap<LicenseId, i64>,
    ruled: BTreeMap<LicenseId, Rules>,
    limited: BTreeMap<LicenseId, Vec<GroupLimit>>,
}

/// Writes everything that the batch decided and its events, but not its heartbeats.
pub async fn decided(tx: &mut Tx, batch: &Batch) -> Result<(), DbError> {
    let rows = sorted(batch);
    let pools_only = batch.suspended.is_empty() && batch.deleted.is_empty() && !batch.is_beyond_the_pools();
    if tx.is_shared() && rows.are_sessions_only() && pools_only {
        if batch.events.is_empty() {
            return Ok(());
        }
        let (events, number) = super::super::events::rows(batch.now, &batch.events);
        let (ended, created) = (rows.ended_before(), rows.new_sessions(batch));
        return match (ended.is_empty(), created.is_empty()) {
            (false, true) => tx.write(&ENDED_AND_EVENTS, args![events, number, set(ended)]).await,
            (true, false) => tx.write(&CREATED_AND_EVENTS, args![events, number, set(created)]).await,
            _ => tx.write(&SESSIONS_AND_EVENTS, args![events, number, set(ended), set(created)]).await,
        };
    }
    // What is over goes first: it makes room in the unique indexes.
    for (sql, rows) in [
        (&END_SESSIONS, rows.ended_before()),
        (&CHANGE_SESSIONS, rows.changed_sessions(batch)),
        (&INSERT_SESSIONS, rows.new_sessions(batch)),
        (&END_TICKETS, rows.left_before()),
        (&CHANGE_TICKETS, rows.changed_tickets(batch)),
        (&INSERT_TICKETS, rows.new_tickets(batch)),
        (&DELETE_ASSIGNMENTS, assignments(&rows.assignments, batch)),
        (&INSERT_ASSIGNMENTS, assignments(&granted(&rows.assignments), batch)),
        (&COOL_DOWN, rows.cooling.iter().map(cooling).collect()),
        (&RESIZE_LICENSES, rows.resized.iter().map(|(id, seats)| fields! { "id": id, "seats": *seats }).collect()),
        (&RULE_LICENSES, rows.ruled.iter().map(ruled).collect()),
        (&LIMIT_GROUPS, rows.limited.iter().map(group_limits).collect()),
    ] {
        if !rows.is_empty() {
            tx.write(sql, args![set(rows)]).await?;
        }
    }
    if !batch.suspended.is_empty() {
        // What they signed in with before must not work again when they are reactivated.
        for sql in [&SUSPEND_USERS, &DELETE_BROWSER_SESSIONS, &DELETE_TOKENS] {
            tx.write(sql, args![ids(&batch.suspended)]).await?;
        }
    }
    for change in &batch.user_changes.written {
        super::super::user_changes::write(tx, change, batch.now).await?;
    }
    for (license, other_end) in &batch.rewritten {
        if let Some(paper) = batch.papers.get(license) {
            super::super::contracts::change(tx, *license, paper, *other_end).await?;
        }
    }
    for group in &batch.deleted_groups {
        super::super::groups::delete(tx, *group).await?;
    }
    super::super::departed::delete(tx, &batch.deleted, batch.now).await?;
    super::super::events::append(tx, batch.now, &batch.events).await
}

fn sorted(batch: &Batch) -> Rows {
    let mut rows = Rows::default();
    for (license, fact) in &batch.facts {
        let license = *license;
        match fact {
            Fact::Created(live) => drop(rows.created.insert(live.id, (license, live.clone()))),
            Fact::Connected { session, .. }
            | Fact::Warned { session, .. }
            | Fact::Announced { session, .. }
            | Fact::Borrowed { session, .. }
            | Fact::Protected { session, .. }
            | Fact::Continued { session, .. } => drop(rows.changed.insert((license, *session))),
            Fact::Ended { session, end, by, .. } => drop(rows.ended.insert(
                *session,
                fields! {
                    "id": session, "state": SessionState::Ended, "ended_at": end.at, "end_reason": end.reason,
                    "end_message": end.message.as_deref(), "ended_by": *by, "ended_by_name": end.by.as_deref(),
                },
            )),
            Fact::Queued(ticket) => drop(rows.queued.insert(ticket.id, (license, ticket.clone()))),
            Fact::Offered { ticket, .. } | Fact::Moved { ticket, .. } => drop(rows.moved.insert((license, *ticket))),
            Fact::Left { ticket, reason, session, at, .. } => drop(rows.left.insert(
                *ticket,
                fields! { "id": ticket, "ended_at": *at, "end_reason": *reason, "session_id": *session },
            )),
            Fact::Cooling { user, until } => drop(rows.cooling.insert((license, *user), *until)),
            Fact::Granted(user) => drop(rows.assignments.insert((license, *user), true)),
            Fact::Revoked(user) => {
                // The cool-down goes with the assignment: a new one begins without.
                rows.cooling.remove(&(license, *user));
                rows.assignments.insert((license, *user), false);
            }
            Fact::Resized { to, .. } => drop(rows.resized.insert(license, *to)),
            Fact::Ruled { to, .. } => drop(rows.ruled.insert(license, *to)),
            Fact::Limited { to, .. } => drop(rows.limited.insert(license, to.clone())),
            Fact::Refused { .. } => {}
        }
    }
    rows
}

impl Rows {
    /// Whether nothing is to be written but sessions that begin and end.
    fn are_sessions_only(&self) -> bool {
        let Self { created: _, ended: _, changed, queued, moved, left, cooling, assignments, resized, ruled, limited } =
            self;
        changed.is_empty()
            && queued.is_empty()
            && moved.is_empty()
            && left.is_empty()
            && cooling.is_empty()
            && assignments.is_empty()
            && resized.is_empty()
            && ruled.is_empty()
            && limited.is_empty()
    }

    fn ended_before(&self) -> Vec<Fields> {
        self.ended.iter().filter(|(id, _)| !self.created.contains_key(id)).map(|(_, row)| row.clone()).collect()
    }

    fn changed_sessions(&self, batch: &Batch) -> Vec<Fields> {
        let changed = self.changed.iter().filter(|(_, id)| !self.created.contains_key(id));
        changed.filter_map(|(license, id)| batch.pools.get(license)?.session(*id)).map(session).collect()
    }

    fn new_sessions(&self, batch: &Batch) -> Vec<Fields> {
        let row = |(id, (license, first)): (&SessionId, &(LicenseId, Live))| {
            let last = batch.pools.get(license).and_then(|pool| pool.session(*id)).unwrap_or(first);
            let row = session(last).with(fields! { "license_id": license });
            match self.ended.get(id) {
                // The key goes with the end.
                Some(end) => row
                    .with(fields! { "support_key": None::<String>, "key_expires_at": None::<DateTime<Utc>> })
                    .with(end.clone()),
                None => row,
            }
        };
        self.created.iter().map(row).collect()
    }

    fn left_before(&self) -> Vec<Fields> {
        self.left.iter().filter(|(id, _)| !self.queued.contains_key(id)).map(|(_, row)| row.clone()).collect()
    }

    fn changed_tickets(&self, batch: &Batch) -> Vec<Fields> {
        let changed = self.moved.iter().filter(|(_, id)| !self.queued.contains_key(id));
        changed.filter_map(|(license, id)| batch.pools.get(license)?.ticket(*id)).map(ticket).collect()
    }

    fn new_tickets(&self, batch: &Batch) -> Vec<Fields> {
        let row = |(id, (license, first)): (&TicketId, &(LicenseId, Ticket))| {
            let last = batch.pools.get(license).and_then(|pool| pool.ticket(*id)).unwrap_or(first);
            let row = ticket(last).with(fields! { "license_id": license });
            match self.left.get(id) {
                Some(end) => row.with(end.clone()),
                None => row,
            }
        };
        self.queued.iter().map(row).collect()
    }
}

fn session(live: &Live) -> Fields {
    let ending = live.ending.as_ref();
    fields! {
        "id": live.id, "user_id": live.user, "device": &live.device, "state": live.state, "mode": live.mode,
        "platform": live.platform, "remote_device": live.remote_device.as_deref(), "support_key": live.support_key.as_deref(), "key_expires_at": live.key_expires_at,
        "idempotency_key": live.idempotency_key.as_deref(), "created_at": live.created_at,
        "connected_at": live.connected_at, "last_seen_at": live.last_seen_at,
        "lease_until": live.lease_until, "active_at": live.active_at,
        "warned_at": live.warned_at, "ending_at": ending.map(|e| e.at),
        "ending_by": ending.and_then(|e| e.by), "ending_by_name": ending.and_then(|e| e.by_name.as_deref()),
        "ending_message": ending.and_then(|e| e.message.as_deref()), "protected": live.protected,
        "borrowed_until": live.borrowed_until,
    }
}

fn ticket(ticket: &Ticket) -> Fields {
    fields! {
        "id": ticket.id, "user_id": ticket.user, "device": &ticket.device, "mode": ticket.mode,
        "platform": ticket.platform, "remote_device": ticket.remote_device.as_deref(), "place": ticket.place, "created_at": ticket.created_at,
        "last_seen_at": ticket.last_seen_at, "lease_until": ticket.lease_until,
        "offer_until": ticket.offer_until,
    }
}

fn cooling(((license, user), until): (&(LicenseId, UserId), &DateTime<Utc>)) -> Fields {
    fields! { "license_id": license, "user_id": user, "until": *until }
}

fn ruled((license, rules): (&LicenseId, &Rules)) -> Fields {
    fields! {
        "id": license, "seat_rule": rules.seat_rule, "second_device": rules.second_device,
        "lease_seconds": rules.lease_seconds, "overdraft": rules.overdraft, "offer_seconds": rules.offer_seconds,
        "idle_seconds": rules.idle_seconds, "idle_warning_seconds": rules.idle_warning_seconds,
        "idle_ends_connected": rules.idle_ends_connected, "cool_down_seconds": rules.cool_down_seconds,
        "borrow_seconds": rules.borrow_seconds, "borrow_seats": rules.borrow_seats,
    }
}

fn group_limits((license, limits): (&LicenseId, &Vec<GroupLimit>)) -> Fields {
    fields! { "id": license, "group_limits": json!(limits).to_string() }
}

fn granted(all: &BTreeMap<(LicenseId, UserId), bool>) -> BTreeMap<(LicenseId, UserId), bool> {
    all.iter().filter(|(_, granted)| **granted).map(|(pair, _)| (*pair, true)).collect()
}

fn assignments(all: &BTreeMap<(LicenseId, UserId), bool>, batch: &Batch) -> Vec<Fields> {
    let row = |pair: &(LicenseId, UserId)| {
        let rule = batch.rules.get(pair).copied();
        fields! { "license_id": pair.0, "user_id": pair.1, "created_at": batch.now, "rule_id": rule }
    };
    all.keys().map(row).collect()
}

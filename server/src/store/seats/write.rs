//! Writes the changes of a seat batch: one statement for each kind of change, however many there are.

use super::super::{ids, set};
use crate::{
    db::{DbError, Fields, Tx, args, fields, statements},
    pool::changes::{ActiveSession, SeatChange, Ticket},
    store::seats::batch_writes::BatchWrites,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, TicketId, UserId},
    license::{GroupLimit, Rules},
    session::SessionState,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

// Includes the columns of the end, because a session may end in the batch that created it.
const INSERT_SESSIONS_SQL: &str = "
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

// Filters by `state`, not by `ended_at`: PostgreSQL would use the index of live sessions, which is full of dead rows
// between two vacuums.
const END_SESSIONS_SQL: &str = "
    UPDATE sessions
    SET state = 'ended', support_key = NULL, key_expires_at = NULL, ended_at = given.ended_at,
        end_reason = given.end_reason, end_message = given.end_message, ended_by = given.ended_by,
        ended_by_name = given.ended_by_name
    FROM ROWS($1: id uuid, ended_at time, end_reason text, end_message text, ended_by uuid, ended_by_name text)
    WHERE sessions.id = given.id
      AND sessions.state <> 'ended'";

/// Sets until when users get no seat of a license.
pub(in crate::store) const COOL: &str = "
    UPDATE assignments
    SET cool_until = given.until
    FROM ROWS($1: license_id uuid, user_id uuid, until time)
    WHERE assignments.license_id = given.license_id AND assignments.user_id = given.user_id";

statements! {
    INSERT_SESSIONS = INSERT_SESSIONS_SQL;

    END_SESSIONS = END_SESSIONS_SQL;

    // The sessions and events that most batches write, in one round trip to PostgreSQL. There is a statement for each
    // case, because PostgreSQL prepares for every table that a statement might write.
    ENDED_AND_EVENTS = "
        SELECT $1, $2, $3",
    on_postgres: format!(
        "WITH ended AS ({}), {}",
        END_SESSIONS_SQL.replace("$1", "$3"),
        super::super::events::APPEND_TO_HEAD
    );

    CREATED_AND_EVENTS = "
        SELECT $1, $2, $3",
    on_postgres: format!(
        "WITH created AS ({}), {}",
        INSERT_SESSIONS_SQL.replace("$1", "$3"),
        super::super::events::APPEND_TO_HEAD
    );

    SESSIONS_AND_EVENTS = "
        SELECT $1, $2, $3, $4",
    on_postgres: format!(
        "WITH ended AS ({}), created AS ({}), {}",
        END_SESSIONS_SQL.replace("$1", "$3"),
        INSERT_SESSIONS_SQL.replace("$1", "$4"),
        super::super::events::APPEND_TO_HEAD
    );

    // Keeps later times: a heartbeat may have been written and answered after the session was read.
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
                  ending_at time, ending_by uuid, ending_by_name text, ending_message text, protected boolean,
                  borrowed_until time)
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

/// The rows to write, by kind of change. Each session and ticket is written by one of three statements, in its final
/// state.
#[derive(Default)]
struct Rows {
    created: BTreeMap<SessionId, (LicenseId, ActiveSession)>,
    changed: BTreeSet<(LicenseId, SessionId)>,
    ended: BTreeMap<SessionId, Fields>,
    queued: BTreeMap<TicketId, (LicenseId, Ticket)>,
    moved: BTreeSet<(LicenseId, TicketId)>,
    ended_tickets: BTreeMap<TicketId, Fields>,
    cool_downs: BTreeMap<(LicenseId, UserId), DateTime<Utc>>,
    /// Whether each changed assignment was finally granted or revoked.
    assignments: BTreeMap<(LicenseId, UserId), bool>,
    resized: BTreeMap<LicenseId, i64>,
    rules: BTreeMap<LicenseId, Rules>,
    group_limits: BTreeMap<LicenseId, Vec<GroupLimit>>,
}

/// Writes all changes of a batch and its events, but not its heartbeats.
pub async fn write_batch(tx: &mut Tx, batch: &BatchWrites<'_>) -> Result<(), DbError> {
    let rows = group_by_kind(batch);
    let pools_only =
        batch.newly_suspended.is_empty() && batch.deleted_users.is_empty() && !batch.changes_more_than_pools;
    if tx.combines_writes() && rows.are_sessions_only() && pools_only {
        if batch.events.is_empty() {
            return Ok(());
        }
        let (events, number) = super::super::events::rows(batch.now, batch.events);
        let (ended, created) = (rows.sessions_to_end(), rows.new_sessions(batch));
        return match (ended.is_empty(), created.is_empty()) {
            (false, true) => tx.write(&ENDED_AND_EVENTS, args![events, number, set(ended)]).await,
            (true, false) => tx.write(&CREATED_AND_EVENTS, args![events, number, set(created)]).await,
            _ => tx.write(&SESSIONS_AND_EVENTS, args![events, number, set(ended), set(created)]).await,
        };
    }
    // Ends are written first, which frees values in unique indexes.
    for (sql, rows) in [
        (&END_SESSIONS, rows.sessions_to_end()),
        (&CHANGE_SESSIONS, rows.changed_sessions(batch)),
        (&INSERT_SESSIONS, rows.new_sessions(batch)),
        (&END_TICKETS, rows.tickets_to_end()),
        (&CHANGE_TICKETS, rows.changed_tickets(batch)),
        (&INSERT_TICKETS, rows.new_tickets(batch)),
        (&DELETE_ASSIGNMENTS, assignment_rows(&rows.assignments, batch)),
        (&INSERT_ASSIGNMENTS, assignment_rows(&only_granted(&rows.assignments), batch)),
        (&COOL_DOWN, rows.cool_downs.iter().map(cool_down_row).collect()),
        (&RESIZE_LICENSES, rows.resized.iter().map(|(id, seats)| fields! { "id": id, "seats": *seats }).collect()),
        (&RULE_LICENSES, rows.rules.iter().map(rules_row).collect()),
        (&LIMIT_GROUPS, rows.group_limits.iter().map(group_limits_row).collect()),
    ] {
        if !rows.is_empty() {
            tx.write(sql, args![set(rows)]).await?;
        }
    }
    if !batch.newly_suspended.is_empty() {
        // Old sign-ins and tokens must not work again when the users are reactivated.
        for sql in [&SUSPEND_USERS, &DELETE_BROWSER_SESSIONS, &DELETE_TOKENS] {
            tx.write(sql, args![ids(batch.newly_suspended)]).await?;
        }
    }
    for change in batch.user_changes {
        super::super::user_changes::write(tx, change, batch.now).await?;
    }
    for (license, end_changed) in batch.changed_contracts {
        if let Some(contract) = batch.contracts.get(license) {
            super::super::contracts::change(tx, *license, contract, *end_changed).await?;
        }
    }
    for group in batch.deleted_groups {
        super::super::groups::delete(tx, *group).await?;
    }
    super::super::user_deletion::delete(tx, batch.deleted_users, batch.now).await?;
    super::super::events::append(tx, batch.now, batch.events).await
}

fn group_by_kind(batch: &BatchWrites<'_>) -> Rows {
    let mut rows = Rows::default();
    for (license, change) in batch.changes {
        let license = *license;
        match change {
            SeatChange::Created(live) => drop(rows.created.insert(live.id, (license, live.clone()))),
            SeatChange::Connected { session, .. }
            | SeatChange::Warned { session, .. }
            | SeatChange::EndScheduled { session, .. }
            | SeatChange::Borrowed { session, .. }
            | SeatChange::Protected { session, .. }
            | SeatChange::Continued { session, .. } => drop(rows.changed.insert((license, *session))),
            SeatChange::Ended { session, end, by, .. } => drop(rows.ended.insert(
                *session,
                fields! {
                    "id": session, "state": SessionState::Ended, "ended_at": end.at, "end_reason": end.reason,
                    "end_message": end.message.as_deref(), "ended_by": *by, "ended_by_name": end.by.as_deref(),
                },
            )),
            SeatChange::Queued(ticket) => drop(rows.queued.insert(ticket.id, (license, ticket.clone()))),
            SeatChange::Offered { ticket, .. } | SeatChange::Moved { ticket, .. } => {
                rows.moved.insert((license, *ticket));
            }
            SeatChange::TicketEnded { ticket, reason, session, at, .. } => drop(rows.ended_tickets.insert(
                *ticket,
                fields! { "id": ticket, "ended_at": *at, "end_reason": *reason, "session_id": *session },
            )),
            SeatChange::CoolDownStarted { user, until } => drop(rows.cool_downs.insert((license, *user), *until)),
            SeatChange::Granted(user) => drop(rows.assignments.insert((license, *user), true)),
            SeatChange::Revoked(user) => {
                // The cool-down ends with the assignment, and a new assignment begins without one.
                rows.cool_downs.remove(&(license, *user));
                rows.assignments.insert((license, *user), false);
            }
            SeatChange::Resized { to, .. } => drop(rows.resized.insert(license, *to)),
            SeatChange::RulesChanged { to, .. } => drop(rows.rules.insert(license, *to)),
            SeatChange::GroupLimitsChanged { to, .. } => drop(rows.group_limits.insert(license, to.clone())),
            SeatChange::Refused { .. } => {}
        }
    }
    rows
}

impl Rows {
    /// Whether the batch only created and ended sessions.
    fn are_sessions_only(&self) -> bool {
        let Self {
            created: _,
            ended: _,
            changed,
            queued,
            moved,
            ended_tickets,
            cool_downs,
            assignments,
            resized,
            rules,
            group_limits,
        } = self;
        changed.is_empty()
            && queued.is_empty()
            && moved.is_empty()
            && ended_tickets.is_empty()
            && cool_downs.is_empty()
            && assignments.is_empty()
            && resized.is_empty()
            && rules.is_empty()
            && group_limits.is_empty()
    }

    fn sessions_to_end(&self) -> Vec<Fields> {
        self.ended.iter().filter(|(id, _)| !self.created.contains_key(id)).map(|(_, row)| row.clone()).collect()
    }

    fn changed_sessions(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let changed = self.changed.iter().filter(|(_, id)| !self.created.contains_key(id));
        changed.filter_map(|(license, id)| batch.pools.get(license)?.session(*id)).map(session_row).collect()
    }

    fn new_sessions(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let row = |(id, (license, first)): (&SessionId, &(LicenseId, ActiveSession))| {
            let last = batch.pools.get(license).and_then(|pool| pool.session(*id)).unwrap_or(first);
            let row = session_row(last).with(fields! { "license_id": license });
            match self.ended.get(id) {
                // A session that has ended has no support key.
                Some(end) => row
                    .with(fields! { "support_key": None::<String>, "key_expires_at": None::<DateTime<Utc>> })
                    .with(end.clone()),
                None => row,
            }
        };
        self.created.iter().map(row).collect()
    }

    fn tickets_to_end(&self) -> Vec<Fields> {
        self.ended_tickets.iter().filter(|(id, _)| !self.queued.contains_key(id)).map(|(_, row)| row.clone()).collect()
    }

    fn changed_tickets(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let changed = self.moved.iter().filter(|(_, id)| !self.queued.contains_key(id));
        changed.filter_map(|(license, id)| batch.pools.get(license)?.ticket(*id)).map(ticket_row).collect()
    }

    fn new_tickets(&self, batch: &BatchWrites<'_>) -> Vec<Fields> {
        let row = |(id, (license, first)): (&TicketId, &(LicenseId, Ticket))| {
            let last = batch.pools.get(license).and_then(|pool| pool.ticket(*id)).unwrap_or(first);
            let row = ticket_row(last).with(fields! { "license_id": license });
            match self.ended_tickets.get(id) {
                Some(end) => row.with(end.clone()),
                None => row,
            }
        };
        self.queued.iter().map(row).collect()
    }
}

fn session_row(live: &ActiveSession) -> Fields {
    let ending = live.ending.as_ref();
    fields! {
        "id": live.id, "user_id": live.user, "device": &live.device, "state": live.state, "mode": live.mode,
        "platform": live.platform, "remote_device": live.remote_device.as_deref(),
        "support_key": live.support_key.as_deref(), "key_expires_at": live.key_expires_at,
        "idempotency_key": live.idempotency_key.as_deref(), "created_at": live.created_at,
        "connected_at": live.connected_at, "last_seen_at": live.last_seen_at,
        "lease_until": live.lease_until, "active_at": live.active_at,
        "warned_at": live.warned_at, "ending_at": ending.map(|e| e.at),
        "ending_by": ending.and_then(|e| e.by), "ending_by_name": ending.and_then(|e| e.by_name.as_deref()),
        "ending_message": ending.and_then(|e| e.message.as_deref()), "protected": live.protected,
        "borrowed_until": live.borrowed_until,
    }
}

fn ticket_row(ticket: &Ticket) -> Fields {
    fields! {
        "id": ticket.id, "user_id": ticket.user, "device": &ticket.device, "mode": ticket.mode,
        "platform": ticket.platform, "remote_device": ticket.remote_device.as_deref(), "place": ticket.place,
        "created_at": ticket.created_at,
        "last_seen_at": ticket.last_seen_at, "lease_until": ticket.lease_until,
        "offer_until": ticket.offer_until,
    }
}

fn cool_down_row(((license, user), until): (&(LicenseId, UserId), &DateTime<Utc>)) -> Fields {
    fields! { "license_id": license, "user_id": user, "until": *until }
}

fn rules_row((license, rules): (&LicenseId, &Rules)) -> Fields {
    fields! {
        "id": license, "seat_rule": rules.seat_rule, "second_device": rules.second_device,
        "lease_seconds": rules.lease_seconds, "overdraft": rules.overdraft, "offer_seconds": rules.offer_seconds,
        "idle_seconds": rules.idle_seconds, "idle_warning_seconds": rules.idle_warning_seconds,
        "idle_ends_connected": rules.idle_ends_connected, "cool_down_seconds": rules.cool_down_seconds,
        "borrow_seconds": rules.borrow_seconds, "borrow_seats": rules.borrow_seats,
    }
}

fn group_limits_row((license, limits): (&LicenseId, &Vec<GroupLimit>)) -> Fields {
    fields! { "id": license, "group_limits": json!(limits).to_string() }
}

fn only_granted(all: &BTreeMap<(LicenseId, UserId), bool>) -> BTreeMap<(LicenseId, UserId), bool> {
    all.iter().filter(|(_, granted)| **granted).map(|(pair, _)| (*pair, true)).collect()
}

fn assignment_rows(all: &BTreeMap<(LicenseId, UserId), bool>, batch: &BatchWrites<'_>) -> Vec<Fields> {
    let row = |pair: &(LicenseId, UserId)| {
        let rule = batch.granting_rules.get(pair).copied();
        fields! { "license_id": pair.0, "user_id": pair.1, "created_at": batch.now, "rule_id": rule }
    };
    all.keys().map(row).collect()
}

//! Writes what a batch decided: one statement for each kind of fact, whatever their number.

use super::super::{ids, set, time};
use crate::{
    db::{DbError, Tx, args, statements},
    seats::{
        batch::Batch,
        facts::{Fact, Live},
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    session::SessionState,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

statements! {
    INSERT_SESSIONS = "
        INSERT INTO sessions (id, license_id, user_id, device, state, mode, platform, support_key, key_expires_at,
                              idempotency_key, created_at, connected_at, last_seen_at, lease_until)
        SELECT id, license_id, user_id, device, state, mode, platform, support_key, key_expires_at,
               idempotency_key, created_at, connected_at, last_seen_at, lease_until
        FROM ROWS($1: id uuid, license_id uuid, user_id uuid, device text, state text, mode text, platform text,
                  support_key text, key_expires_at time, idempotency_key text, created_at time, connected_at time,
                  last_seen_at time, lease_until time)";

    CONNECT_SESSIONS = "
        UPDATE sessions
        SET state = 'connected', platform = given.platform, support_key = NULL, key_expires_at = NULL,
            connected_at = given.at
        FROM ROWS($1: id uuid, platform text, at time)
        WHERE sessions.id = given.id";

    RENEW_SESSIONS = "
        UPDATE sessions
        SET last_seen_at = given.last_seen_at, lease_until = given.lease_until
        FROM ROWS($1: id uuid, last_seen_at time, lease_until time)
        WHERE sessions.id = given.id";

    END_SESSIONS = "
        UPDATE sessions
        SET state = 'ended', support_key = NULL, key_expires_at = NULL, ended_at = given.at, end_reason = given.reason,
            end_message = given.message, ended_by = given.ended_by, ended_by_name = given.ended_by_name
        FROM ROWS($1: id uuid, at time, reason text, message text, ended_by uuid, ended_by_name text)
        WHERE sessions.id = given.id
          AND sessions.ended_at IS NULL";

    INSERT_ASSIGNMENTS = "
        INSERT INTO assignments (license_id, user_id, created_at)
        SELECT license_id, user_id, created_at
        FROM ROWS($1: license_id uuid, user_id uuid, created_at time)";

    DELETE_ASSIGNMENTS = "
        DELETE FROM assignments
        WHERE EXISTS (
            SELECT 1
            FROM ROWS($1: license_id uuid, user_id uuid)
            WHERE given.license_id = assignments.license_id AND given.user_id = assignments.user_id)";

    RESIZE_LICENSES = "
        UPDATE licenses
        SET seats = given.seats
        FROM ROWS($1: id uuid, seats int)
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

/// The rows of a batch, by statement.
#[derive(Default)]
struct Rows {
    created: Vec<Value>,
    connected: Vec<Value>,
    renewed: Vec<Value>,
    ended: Vec<Value>,
    /// The last word on each assignment: granted or revoked.
    assignments: BTreeMap<(LicenseId, UserId), bool>,
    resized: BTreeMap<LicenseId, i64>,
}

/// Writes everything that the batch decided, but not its events.
pub async fn decided(tx: &mut Tx, batch: &Batch) -> Result<(), DbError> {
    let rows = sorted(batch);
    for (sql, rows) in [
        (&INSERT_SESSIONS, rows.created),
        (&CONNECT_SESSIONS, rows.connected),
        (&RENEW_SESSIONS, rows.renewed),
        (&END_SESSIONS, rows.ended),
        (&DELETE_ASSIGNMENTS, assignments(&rows.assignments, batch.now)),
        (&INSERT_ASSIGNMENTS, assignments(&granted(&rows.assignments), batch.now)),
        (&RESIZE_LICENSES, rows.resized.iter().map(|(id, seats)| json!({ "id": id, "seats": seats })).collect()),
    ] {
        if !rows.is_empty() {
            tx.run(sql, args![set(rows)]).await?;
        }
    }
    if !batch.suspended.is_empty() {
        // What they signed in with before must not work again when they are reactivated.
        for sql in [&SUSPEND_USERS, &DELETE_BROWSER_SESSIONS, &DELETE_TOKENS] {
            tx.run(sql, args![ids(&batch.suspended)]).await?;
        }
    }
    Ok(())
}

fn sorted(batch: &Batch) -> Rows {
    let mut rows = Rows::default();
    for (license, fact) in &batch.facts {
        match fact {
            Fact::Created(live) => rows.created.push(created(*license, live)),
            Fact::Connected { session, platform, at, .. } => {
                rows.connected.push(json!({ "id": session, "platform": platform, "at": time(*at) }));
                rows.renewed.extend(batch.pools.get(license).and_then(|p| p.session(*session)).map(renewed));
            }
            Fact::Ended { session, end, by, .. } => rows.ended.push(json!({
                "id": session, "at": time(end.at), "reason": end.reason, "message": end.message,
                "ended_by": by, "ended_by_name": end.by,
            })),
            Fact::Granted(user) => drop(rows.assignments.insert((*license, *user), true)),
            Fact::Revoked(user) => drop(rows.assignments.insert((*license, *user), false)),
            Fact::Resized { to, .. } => drop(rows.resized.insert(*license, *to)),
            Fact::Refused { .. } => {}
        }
    }
    let live = |id| batch.pools.get(batch.license_of.get(id)?)?.session(*id);
    rows.renewed.extend(batch.renewed.iter().filter_map(live).map(renewed));
    rows
}

fn created(license: LicenseId, live: &Live) -> Value {
    json!({
        "id": live.id, "license_id": license, "user_id": live.user, "device": live.device,
        "state": if live.connected_at.is_some() { SessionState::Connected } else { SessionState::Waiting },
        "mode": live.mode, "platform": live.platform, "support_key": live.support_key,
        "key_expires_at": live.key_expires_at.map(time), "idempotency_key": live.idempotency_key,
        "created_at": time(live.created_at), "connected_at": live.connected_at.map(time),
        "last_seen_at": time(live.last_seen_at), "lease_until": time(live.lease_until),
    })
}

fn renewed(live: &Live) -> Value {
    json!({ "id": live.id, "last_seen_at": time(live.last_seen_at), "lease_until": time(live.lease_until) })
}

fn granted(all: &BTreeMap<(LicenseId, UserId), bool>) -> BTreeMap<(LicenseId, UserId), bool> {
    all.iter().filter(|(_, granted)| **granted).map(|(pair, _)| (*pair, true)).collect()
}

fn assignments(all: &BTreeMap<(LicenseId, UserId), bool>, now: DateTime<Utc>) -> Vec<Value> {
    all.keys()
        .map(|(license, user)| json!({ "license_id": license, "user_id": user, "created_at": time(now) }))
        .collect()
}

//! What the sizing report reads: a license as it is, the event log about it, and its sessions, tickets and users.

use super::records::positions;
use crate::{
    db::{Db, DbError, LogText, Row, args, statements},
    pool::{Session, Terms, Ticket},
    store::{ids, licenses, seats::row_mapping},
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    audit::Kind,
    ids::{GroupId, LicenseId, Position, SessionId, UserId},
    people::UserStatus,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

statements! {
    LICENSE = "
        SELECT l.id, l.product_id, l.model, l.seats, l.starts_at, l.ends_at, l.seat_rule, l.second_device,
               l.lease_seconds, l.overdraft, l.offer_seconds, l.idle_seconds, l.idle_warning_seconds,
               l.idle_ends_connected, l.cool_down_seconds, l.borrow_seconds, l.borrow_seats, l.group_limits,
               l.created_at, p.key_seconds, l.archived_at, p.archived_at AS product_archived_at
        FROM licenses l
        JOIN products p ON p.id = l.product_id
        WHERE l.id = $1";

    EVENTS = "
        SELECT position, at, kind, user_id, session_id, object_id, occupied, facts
        FROM events
        WHERE license_id = $1 AND position > $2 AND position <= $3
        ORDER BY position
        LIMIT $4";

    // What tells the state at an earlier time.
    LATER_CHANGES = "
        SELECT position, at, kind, user_id, session_id, object_id, occupied, facts
        FROM events
        WHERE license_id = $1 AND position > $2
          AND kind IN ('license_changed', 'license_terms_changed', 'seats_changed', 'group_limits_changed',
                       'license_granted', 'license_revoked', 'session_continued')
        ORDER BY position";

    ACCOUNT_CHANGES = "
        SELECT position, at, kind, user_id, session_id, object_id, occupied, facts
        FROM events
        WHERE occupied IS NULL AND position > $1
          AND kind IN ('user_suspended', 'user_deleted', 'user_changed', 'group_member_added', 'group_member_removed',
                       'product_changed')
        ORDER BY position";

    COOL_DOWNS = "
        SELECT user_id, facts
        FROM events
        WHERE license_id = $1 AND position > $2 AND position <= $3 AND at >= $4 AND at < $5
          AND kind = 'cool_down_started'
        ORDER BY position";

    SESSIONS = format!("
        SELECT {}
        FROM sessions
        WHERE license_id = $1 AND created_at < $2 AND (ended_at IS NULL OR ended_at >= $3)
        ORDER BY created_at, id", row_mapping::SESSION.names());

    TICKETS = format!("
        SELECT {}
        FROM tickets
        WHERE license_id = $1 AND created_at < $2 AND (ended_at IS NULL OR ended_at >= $3)
        ORDER BY place, id", row_mapping::TICKET.names());

    ASSIGNED = "
        SELECT user_id FROM assignments WHERE license_id = $1";

    STATUSES = "
        SELECT id, status FROM users WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    MEMBERS = "
        SELECT user_id, group_id
        FROM group_members
        WHERE group_id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY group_id";
}

/// How many events one query reads.
const READ_BATCH_SIZE: usize = 20_000;
/// Times in the log step back by less than this, and a session may have ended so long before its event.
const MAX_STEP_BACK: TimeDelta = TimeDelta::minutes(10);
/// The longest cool-down.
const MAX_COOL_DOWN: TimeDelta = TimeDelta::days(1);

/// What holds for a license today.
#[derive(Clone, Debug)]
pub struct PresentLicense {
    pub terms: Terms,
    pub created_at: DateTime<Utc>,
    /// Whether it is archived itself.
    pub archived: bool,
    pub product_archived: bool,
    /// The users to whom it is assigned.
    pub assigned: BTreeSet<UserId>,
}

/// An event of the log.
#[derive(Clone, Debug)]
pub struct LoggedChange {
    pub position: Position,
    pub at: DateTime<Utc>,
    /// `None` if a newer server has written it.
    pub kind: Option<Kind>,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// The group or product.
    pub object: Option<Uuid>,
    /// The occupied seats after it.
    pub occupied: Option<i64>,
    /// A JSON object.
    pub facts: String,
}

/// What the log has about a license.
#[derive(Clone, Debug)]
pub struct LicenseLog {
    /// All events in a period, and some before and after it.
    pub events: Vec<LoggedChange>,
    /// Later changes of the license and its assignments.
    pub later: Vec<LoggedChange>,
    /// Changes of users, memberships and products since the first of the events.
    pub account: Vec<LoggedChange>,
}

/// A license as it is; `None` if there is none.
pub async fn license(db: &Db, license: LicenseId) -> Result<Option<PresentLicense>, DbError> {
    let Some(row) = db.one(&LICENSE, args![license]).await? else { return Ok(None) };
    let assigned = db.all(&ASSIGNED, args![license]).await?;
    let is_set = |column: &str| row.opt::<DateTime<Utc>>(column).map(|at| at.is_some());
    let (archived, product_archived) = (is_set("archived_at")?, is_set("product_archived_at")?);
    Ok(Some(PresentLicense {
        terms: Terms {
            license: row.get("id")?,
            product: row.get("product_id")?,
            product_name: String::new(),
            key_lifetime: TimeDelta::seconds(row.get("key_seconds")?),
            model: row.get("model")?,
            seats: row.get("seats")?,
            starts_at: row.opt("starts_at")?,
            ends_at: row.opt("ends_at")?,
            archived: archived || product_archived,
            rules: licenses::rules(&row)?,
            groups: licenses::group_limits(&row)?,
        },
        created_at: row.get("created_at")?,
        archived,
        product_archived,
        assigned: assigned.iter().map(|row| row.get("user_id")).collect::<Result<_, _>>()?,
    }))
}

/// What the log has about a license in a period, and what has changed since. `on_read` is told how many positions have
/// been read, and of how many.
pub async fn log(
    db: &Db,
    license: LicenseId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    on_read: &(dyn Fn(i64, i64) + Sync),
) -> Result<LicenseLog, DbError> {
    let (after, last) = positions(db, from, to).await?;
    let (mut events, mut next) = (Vec::new(), after);
    loop {
        on_read(next.0 - after.0, last.0 - after.0);
        let limit = i64::try_from(READ_BATCH_SIZE).unwrap_or(i64::MAX);
        let rows = db.all(&EVENTS, args![license, next, last, limit]).await?;
        for row in &rows {
            events.push(logged(row)?);
        }
        match events.last() {
            Some(event) if rows.len() == READ_BATCH_SIZE => next = event.position,
            _ => break,
        }
    }
    let later = db.all(&LATER_CHANGES, args![license, last]).await?;
    let account = db.all(&ACCOUNT_CHANGES, args![after]).await?;
    let all = |rows: Vec<Row>| rows.iter().map(logged).collect::<Result<Vec<_>, _>>();
    Ok(LicenseLog { events, later: all(later)?, account: all(account)? })
}

fn logged(row: &Row) -> Result<LoggedChange, DbError> {
    Ok(LoggedChange {
        position: row.get("position")?,
        at: row.get("at")?,
        kind: row.get::<LogText>("kind")?.0.parse().ok(),
        user: row.opt("user_id")?,
        session: row.opt("session_id")?,
        object: row.opt("object_id")?,
        occupied: row.opt("occupied")?,
        facts: row.get::<LogText>("facts")?.0,
    })
}

/// The facts about the cool-downs that began within a day before a time, with their users, in order.
pub async fn cool_downs(
    db: &Db,
    license: LicenseId,
    at: DateTime<Utc>,
) -> Result<Vec<(Option<UserId>, String)>, DbError> {
    let since = at - MAX_COOL_DOWN;
    let (after, last) = positions(db, since, at).await?;
    let rows = db.all(&COOL_DOWNS, args![license, after, last, since, at]).await?;
    rows.iter().map(|row| Ok((row.opt("user_id")?, row.get::<LogText>("facts")?.0))).collect()
}

/// The sessions that began before a time, and were live at it or ended shortly before.
pub async fn sessions(db: &Db, license: LicenseId, at: DateTime<Utc>) -> Result<Vec<Session>, DbError> {
    db.all(&SESSIONS, args![license, at, at - MAX_STEP_BACK]).await?.iter().map(row_mapping::session).collect()
}

/// The tickets that were in the queue in a period, or shortly before.
pub async fn tickets(
    db: &Db,
    license: LicenseId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Ticket>, DbError> {
    db.all(&TICKETS, args![license, to, from - MAX_STEP_BACK]).await?.iter().map(row_mapping::ticket).collect()
}

/// The status of users, also if they are deleted.
pub async fn statuses(
    db: &Db,
    users: impl IntoIterator<Item = UserId>,
) -> Result<BTreeMap<UserId, UserStatus>, DbError> {
    db.all(&STATUSES, args![ids(users)]).await?.iter().map(|row| Ok((row.get("id")?, row.get("status")?))).collect()
}

/// The members of groups.
pub async fn members(
    db: &Db,
    groups: impl IntoIterator<Item = GroupId>,
) -> Result<BTreeSet<(UserId, GroupId)>, DbError> {
    let rows = db.all(&MEMBERS, args![ids(groups)]).await?;
    rows.iter().map(|row| Ok((row.get("user_id")?, row.get("group_id")?))).collect()
}

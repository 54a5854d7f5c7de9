//! Reads the data of a seat batch, under locks taken in the order of the ids.

pub mod batch_writes;
pub mod write;

use super::{ids, set};
use crate::{
    db::{DbError, Fields, Row, Tx, args, fields, statements},
    pool::{
        Terms,
        changes::{ActiveSession, PoolUser, ScheduledEnd, Ticket},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::{GroupId, LicenseId, ProductId, SessionId, UserId};
use std::collections::{BTreeSet, HashMap};

statements! {
    LICENSES_OF_SESSIONS = "
        SELECT id, license_id
        FROM sessions
        WHERE id AMONG($1)";

    LOCK = "
        SELECT l.id, l.product_id, l.model, l.seats, l.starts_at, l.ends_at, l.seat_rule, l.second_device,
               l.lease_seconds, l.overdraft, l.offer_seconds, l.idle_seconds, l.idle_warning_seconds,
               l.idle_ends_connected, l.cool_down_seconds, l.borrow_seconds, l.borrow_seats, l.group_limits,
               p.name AS product_name, p.key_seconds,
               (l.archived_at IS NOT NULL OR p.archived_at IS NOT NULL) AS archived
        FROM licenses l
        JOIN products p ON p.id = l.product_id
        WHERE l.id AMONG($1)
        ORDER BY l.id
        FOR UPDATE OF l";

    CANDIDATES = "
        SELECT DISTINCT given.user_id, given.product_id, a.license_id
        FROM ROWS($1: user_id uuid, product_id uuid)
        JOIN licenses l ON l.product_id = given.product_id
        JOIN assignments a ON a.license_id = l.id AND a.user_id = given.user_id";

    LICENSES_OF_USERS = "
        SELECT license_id FROM assignments WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
        UNION
        SELECT license_id FROM sessions WHERE user_id IN (SELECT id FROM ROWS($1: id uuid)) AND ended_at IS NULL
        UNION
        SELECT license_id FROM tickets WHERE user_id IN (SELECT id FROM ROWS($1: id uuid)) AND ended_at IS NULL";

    // Each part uses an index on only such rows, because this runs once a second however many sessions are live. A
    // support key always has an expiry time, and is removed with it.
    LICENSES_TO_SWEEP = "
        SELECT license_id FROM sessions WHERE ended_at IS NULL AND lease_until <= $1
        UNION
        SELECT license_id FROM sessions WHERE support_key IS NOT NULL AND key_expires_at <= $1
        UNION
        SELECT license_id FROM sessions WHERE ended_at IS NULL AND ending_at <= $1
        UNION
        SELECT license_id FROM tickets WHERE ended_at IS NULL
        UNION
        SELECT id AS license_id FROM licenses l
        WHERE (ends_at <= $1 OR idle_seconds > 0)
          AND EXISTS (SELECT 1 FROM sessions WHERE license_id = l.id AND ended_at IS NULL)";

    // One statement, to save round trips. One row has the database server's time.
    OCCUPANCY = "
        SELECT 'session' AS what, id, license_id, user_id, device, state, mode, platform, remote_device, support_key,
               key_expires_at, idempotency_key, created_at, connected_at, last_seen_at, lease_until,
               COALESCE(active_at, created_at) AS active_at, warned_at, ending_at, ending_by, ending_by_name,
               ending_message, protected, borrowed_until,
               CAST(NULL AS BIGINT) AS place, CAST(NULL AS TIMESTAMPTZ) AS offer_until,
               NULL AS name, NULL AS email, NULL AS status,
               CAST(NULL AS BOOLEAN) AS assigned, CAST(NULL AS TIMESTAMPTZ) AS cool_until,
               CAST(NULL AS TIMESTAMPTZ) AS now
        FROM sessions
        WHERE ended_at IS NULL
          AND license_id AMONG($1)
        UNION ALL
        SELECT 'ticket', id, license_id, user_id, device, NULL, mode, platform, remote_device, NULL,
               NULL, NULL, created_at, NULL, last_seen_at, lease_until,
               NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL,
               place, offer_until,
               NULL, NULL, NULL, NULL, NULL, NULL
        FROM tickets
        WHERE ended_at IS NULL
          AND license_id AMONG($1)
        UNION ALL
        SELECT 'user', u.id, given.license_id, u.id, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL,
               NULL, NULL,
               u.name, u.email, u.status, a.user_id IS NOT NULL, a.cool_until, NULL
        FROM ROWS($2: license_id uuid, user_id uuid)
        JOIN users u ON u.id = given.user_id
        LEFT JOIN assignments a ON a.license_id = given.license_id AND a.user_id = given.user_id
        UNION ALL
        SELECT 'clock', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL,
               NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, CLOCK()";

    ASSIGNMENT_COUNTS = "
        SELECT license_id, COUNT(*) AS assigned
        FROM assignments
        WHERE license_id IN (SELECT id FROM ROWS($1: id uuid))
        GROUP BY license_id";

    POOL_USERS = "
        SELECT given.license_id, u.id, u.name, u.email, u.status, a.user_id IS NOT NULL AS assigned, a.cool_until
        FROM ROWS($1: license_id uuid, user_id uuid)
        JOIN users u ON u.id = given.user_id
        LEFT JOIN assignments a ON a.license_id = given.license_id AND a.user_id = given.user_id";

    GROUPS = "
        SELECT user_id, group_id
        FROM group_members
        WHERE user_id AMONG($1)
          AND group_id AMONG($2)
        ORDER BY group_id";

    LOCK_USERS = "
        SELECT id
        FROM users
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY id
        FOR UPDATE";

    REPEATED_REQUESTS = "
        SELECT s.id, s.user_id, s.idempotency_key, l.product_id
        FROM ROWS($1: user_id uuid, idempotency_key text)
        JOIN sessions s ON s.user_id = given.user_id AND s.idempotency_key = given.idempotency_key
        JOIN licenses l ON l.id = s.license_id";

    LOCK_ADMINS = "
        SELECT id FROM account FOR UPDATE";

    USER_STANDINGS = "
        SELECT id, role = 'admin' AND status = 'active' AS admin, role <> 'agent' AS elevated,
               status = 'suspended' AS suspended
        FROM users
        WHERE (role = 'admin' AND status = 'active')
           OR (id IN (SELECT id FROM ROWS($1: id uuid)) AND deleted_at IS NULL)";
}

/// The licenses of sessions. Unknown sessions are left out.
pub async fn licenses_of_sessions(tx: &mut Tx, sessions: &[SessionId]) -> Result<Vec<(SessionId, LicenseId)>, DbError> {
    let rows = tx.all(&LICENSES_OF_SESSIONS, args![ids(sessions)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("license_id")?))).collect()
}

/// The licenses of a product that are assigned to a user, for each pair.
pub async fn candidates(
    tx: &mut Tx,
    asks: &[(UserId, ProductId)],
) -> Result<Vec<(UserId, ProductId, LicenseId)>, DbError> {
    let asks = set(asks.iter().map(|(user, product)| fields! { "user_id": user, "product_id": product }));
    let rows = tx.all(&CANDIDATES, args![asks]).await?;
    rows.iter().map(|row| Ok((row.get("user_id")?, row.get("product_id")?, row.get("license_id")?))).collect()
}

/// The licenses that are assigned to these users, or on which they have live sessions or tickets.
pub async fn licenses_of_users(tx: &mut Tx, users: &[UserId]) -> Result<Vec<LicenseId>, DbError> {
    licenses(tx.all(&LICENSES_OF_USERS, args![ids(users)]).await?)
}

/// The licenses on which something may have expired.
pub async fn licenses_to_sweep(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<LicenseId>, DbError> {
    licenses(tx.all(&LICENSES_TO_SWEEP, args![now]).await?)
}

fn licenses(rows: Vec<Row>) -> Result<Vec<LicenseId>, DbError> {
    rows.iter().map(|row| row.get("license_id")).collect()
}

/// Locks licenses, in the order of their ids so that two batches never wait for each other, and reads their terms.
pub async fn lock(tx: &mut Tx, licenses: &[LicenseId]) -> Result<Vec<Terms>, DbError> {
    let rows = tx.all(&LOCK, args![ids(licenses)]).await?;
    rows.iter()
        .map(|row| {
            Ok(Terms {
                license: row.get("id")?,
                product: row.get("product_id")?,
                product_name: row.get("product_name")?,
                key_lifetime: TimeDelta::seconds(row.get("key_seconds")?),
                model: row.get("model")?,
                seats: row.get("seats")?,
                starts_at: row.opt("starts_at")?,
                ends_at: row.opt("ends_at")?,
                archived: row.get("archived")?,
                rules: super::licenses::rules(row)?,
                groups: super::licenses::group_limits(row)?,
            })
        })
        .collect()
}

/// The live sessions and the queue of a license.
#[derive(Debug, Default)]
pub struct Occupancy {
    pub sessions: Vec<ActiveSession>,
    /// In any order.
    pub tickets: Vec<Ticket>,
    /// The requested users, without groups.
    pub users: Vec<PoolUser>,
}

/// The database server's time, if it has one, and the occupancy of licenses, together with users at the license beside
/// each.
pub async fn occupancy(
    tx: &mut Tx,
    licenses: &[LicenseId],
    pairs: &BTreeSet<(LicenseId, UserId)>,
) -> Result<(Option<DateTime<Utc>>, HashMap<LicenseId, Occupancy>), DbError> {
    let rows = tx.all(&OCCUPANCY, args![ids(licenses), set(pairs.iter().map(pair))]).await?;
    let (mut now, mut occupancies) = (None, HashMap::<LicenseId, Occupancy>::new());
    for row in &rows {
        let what: String = row.get("what")?;
        if what == "clock" {
            now = row.opt("now")?;
            continue;
        }
        let occupancy = occupancies.entry(row.get("license_id")?).or_default();
        match what.as_str() {
            "session" => occupancy.sessions.push(session_of(row)?),
            "ticket" => occupancy.tickets.push(super::queue::ticket(row)?),
            _ => occupancy.users.push(user_of(row, Vec::new())?),
        }
    }
    Ok((now, occupancies))
}

fn pair((license, user): &(LicenseId, UserId)) -> Fields {
    fields! { "license_id": license, "user_id": user }
}

fn user_of(row: &Row, groups: Vec<GroupId>) -> Result<PoolUser, DbError> {
    Ok(PoolUser {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        status: row.get("status")?,
        assigned: row.get("assigned")?,
        cool_until: row.opt("cool_until")?,
        groups,
    })
}

fn session_of(row: &Row) -> Result<ActiveSession, DbError> {
    Ok(ActiveSession {
        id: row.get("id")?,
        user: row.get("user_id")?,
        device: row.get("device")?,
        state: row.get("state")?,
        mode: row.get("mode")?,
        platform: row.opt("platform")?,
        remote_device: row.opt("remote_device")?,
        support_key: row.opt("support_key")?,
        key_expires_at: row.opt("key_expires_at")?,
        idempotency_key: row.opt("idempotency_key")?,
        created_at: row.get("created_at")?,
        connected_at: row.opt("connected_at")?,
        last_seen_at: row.get("last_seen_at")?,
        lease_until: row.get("lease_until")?,
        active_at: row.get("active_at")?,
        warned_at: row.opt("warned_at")?,
        ending: scheduled_end(row)?,
        protected: row.get("protected")?,
        borrowed_until: row.opt("borrowed_until")?,
    })
}

fn scheduled_end(row: &Row) -> Result<Option<ScheduledEnd>, DbError> {
    let Some(at) = row.opt("ending_at")? else { return Ok(None) };
    let (by, by_name, message) = (row.opt("ending_by")?, row.opt("ending_by_name")?, row.opt("ending_message")?);
    Ok(Some(ScheduledEnd { at, by, by_name, message }))
}

/// How many users licenses are assigned to. Licenses without assignments are left out.
pub async fn assignment_counts(
    tx: &mut Tx,
    licenses: impl IntoIterator<Item = &LicenseId>,
) -> Result<Vec<(LicenseId, i64)>, DbError> {
    let rows = tx.all(&ASSIGNMENT_COUNTS, args![ids(licenses)]).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, row.get("assigned")?))).collect()
}

/// Users at the license beside each, with those of their groups that are in `groups`.
pub async fn pool_users(
    tx: &mut Tx,
    pairs: &BTreeSet<(LicenseId, UserId)>,
    groups: &BTreeSet<GroupId>,
) -> Result<Vec<(LicenseId, PoolUser)>, DbError> {
    let of = groups_of(tx, pairs.iter().map(|(_, user)| user), groups).await?;
    let rows = tx.all(&POOL_USERS, args![set(pairs.iter().map(pair))]).await?;
    rows.iter()
        .map(|row| {
            let groups = of.get(&row.get("id")?).cloned().unwrap_or_default();
            Ok((row.get("license_id")?, user_of(row, groups)?))
        })
        .collect()
}

async fn groups_of(
    tx: &mut Tx,
    users: impl Iterator<Item = &UserId>,
    groups: &BTreeSet<GroupId>,
) -> Result<HashMap<UserId, Vec<GroupId>>, DbError> {
    let mut of: HashMap<UserId, Vec<GroupId>> = HashMap::new();
    if !groups.is_empty() {
        for row in tx.all(&GROUPS, args![ids(users), ids(groups)]).await? {
            of.entry(row.get("user_id")?).or_default().push(row.get("group_id")?);
        }
    }
    Ok(of)
}

/// An idempotency key of a user, with the session that it created and its product.
pub type RepeatedRequest = ((UserId, String), (SessionId, ProductId));

/// The sessions that were created with these idempotency keys.
pub async fn repeated_requests(tx: &mut Tx, keys: &[(UserId, String)]) -> Result<Vec<RepeatedRequest>, DbError> {
    let keys = set(keys.iter().map(|(user, key)| fields! { "user_id": user, "idempotency_key": key }));
    let rows = tx.all(&REPEATED_REQUESTS, args![keys]).await?;
    rows.iter()
        .map(|row| Ok(((row.get("user_id")?, row.get("idempotency_key")?), (row.get("id")?, row.get("product_id")?))))
        .collect()
}

/// Locks the set of admins, so that two transactions cannot remove the last admins at once.
pub async fn lock_admins(tx: &mut Tx) -> Result<(), DbError> {
    tx.all(&LOCK_ADMINS, args![]).await.map(drop)
}

/// Locks users whose status a decision depends on: another transaction may be suspending them.
pub async fn lock_users(tx: &mut Tx, users: impl IntoIterator<Item = &UserId>) -> Result<(), DbError> {
    tx.all(&LOCK_USERS, args![ids(users)]).await.map(drop)
}

/// The role and status of a user, for decisions on suspensions.
#[derive(Clone, Copy, Debug)]
pub struct UserStanding {
    pub user: UserId,
    /// Whether the user is an active admin.
    pub admin: bool,
    /// Whether the user is an admin or a manager.
    pub elevated: bool,
    pub suspended: bool,
}

/// The existing users among these, and all active admins.
pub async fn user_standings(tx: &mut Tx, users: &[UserId]) -> Result<Vec<UserStanding>, DbError> {
    let rows = tx.all(&USER_STANDINGS, args![ids(users)]).await?;
    let standing = |row: &Row| {
        let (admin, elevated, suspended) = (row.get("admin")?, row.get("elevated")?, row.get("suspended")?);
        Ok(UserStanding { user: row.get("id")?, admin, elevated, suspended })
    };
    rows.iter().map(standing).collect()
}

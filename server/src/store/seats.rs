//! Reads the data of a seat batch, under locks taken in the order of the ids.

pub mod batch_writes;
pub mod occupancy;
pub(super) mod row_mapping;
pub mod write;

pub use occupancy::{assignment_counts, occupancy, pool_users};

use super::{ids, set};
use crate::{
    db::{DbError, Row, Tx, args, fields, statements},
    pool::Terms,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::{LicenseId, ProductId, SessionId, UserId};

/// How many assignments one sweep ends.
const MAX_ENDED_GRANTS: i64 = 1_000;

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

    ENDED_GRANTS = "
        SELECT license_id, user_id
        FROM assignments
        WHERE ends_at <= $1
        ORDER BY ends_at, license_id, user_id
        LIMIT $2";

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

/// Assignments whose end was reached, at most 1,000; the next sweep finds the others.
pub async fn ended_grants(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(LicenseId, UserId)>, DbError> {
    let rows = tx.all(&ENDED_GRANTS, args![now, MAX_ENDED_GRANTS]).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, row.get("user_id")?))).collect()
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

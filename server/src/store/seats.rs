//! What a batch of decisions reads, under locks taken in the order of the ids.

pub mod write;

use super::{ids, set};
use crate::{
    db::{DbError, Row, Tx, args, statements},
    seats::{
        facts::{Live, Person},
        pool::Terms,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::ids::{LicenseId, ProductId, SessionId, UserId};
use serde_json::json;

statements! {
    LICENSES_OF_SESSIONS = "
        SELECT id, license_id
        FROM sessions
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))";

    CANDIDATES = "
        SELECT DISTINCT a.license_id
        FROM ROWS($1: user_id uuid, product_id uuid)
        JOIN licenses l ON l.product_id = given.product_id
        JOIN assignments a ON a.license_id = l.id AND a.user_id = given.user_id";

    LICENSES_OF_USERS = "
        SELECT license_id FROM assignments WHERE user_id IN (SELECT id FROM ROWS($1: id uuid))
        UNION
        SELECT license_id FROM sessions WHERE user_id IN (SELECT id FROM ROWS($1: id uuid)) AND ended_at IS NULL";

    LICENSES_TO_SWEEP = "
        SELECT license_id FROM sessions WHERE ended_at IS NULL AND (lease_until <= $1 OR key_expires_at <= $1)
        UNION
        SELECT id AS license_id FROM licenses l
        WHERE ends_at <= $1
          AND EXISTS (SELECT 1 FROM sessions WHERE license_id = l.id AND ended_at IS NULL)";

    LOCK = "
        SELECT id, product_id, model, seats, starts_at, ends_at, seat_rule, lease_seconds,
               (SELECT name FROM products WHERE id = licenses.product_id) AS product_name,
               (SELECT key_seconds FROM products WHERE id = licenses.product_id) AS key_seconds
        FROM licenses
        WHERE id IN (SELECT id FROM ROWS($1: id uuid))
        ORDER BY id
        FOR UPDATE";

    LIVE = "
        SELECT id, license_id, user_id, device, state, mode, platform, support_key, key_expires_at, idempotency_key,
               created_at, connected_at, last_seen_at, lease_until
        FROM sessions
        WHERE ended_at IS NULL
          AND license_id IN (SELECT id FROM ROWS($1: id uuid))";

    ASSIGNED = "
        SELECT license_id, COUNT(*) AS assigned
        FROM assignments
        WHERE license_id IN (SELECT id FROM ROWS($1: id uuid))
        GROUP BY license_id";

    PEOPLE = "
        SELECT given.license_id, u.id, u.name, u.email, u.status,
               EXISTS (SELECT 1 FROM assignments a WHERE a.license_id = given.license_id AND a.user_id = u.id) AS assigned
        FROM ROWS($1: license_id uuid, user_id uuid)
        JOIN users u ON u.id = given.user_id";

    REPEATS = "
        SELECT s.id, s.user_id, s.idempotency_key, l.product_id
        FROM ROWS($1: user_id uuid, idempotency_key text)
        JOIN sessions s ON s.user_id = given.user_id AND s.idempotency_key = given.idempotency_key
        JOIN licenses l ON l.id = s.license_id";

    LOCK_ADMINS = "
        SELECT id FROM account FOR UPDATE";

    KNOWN_AND_ADMINS = "
        SELECT id, role = 'admin' AND status = 'active' AS admin
        FROM users
        WHERE (role = 'admin' AND status = 'active')
           OR id IN (SELECT id FROM ROWS($1: id uuid))";
}

/// In which license each of these sessions is; unknown ones are left out.
pub async fn licenses_of_sessions(tx: &mut Tx, sessions: &[SessionId]) -> Result<Vec<(SessionId, LicenseId)>, DbError> {
    let rows = tx.all(&LICENSES_OF_SESSIONS, args![ids(sessions)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("license_id")?))).collect()
}

/// The licenses that these users may take a seat from, for these products.
pub async fn candidates(tx: &mut Tx, asks: &[(UserId, ProductId)]) -> Result<Vec<LicenseId>, DbError> {
    let asks = set(asks.iter().map(|(user, product)| json!({ "user_id": user, "product_id": product })));
    licenses(tx.all(&CANDIDATES, args![asks]).await?)
}

/// The licenses that are assigned to these users, or on which they have live sessions.
pub async fn licenses_of_users(tx: &mut Tx, users: &[UserId]) -> Result<Vec<LicenseId>, DbError> {
    licenses(tx.all(&LICENSES_OF_USERS, args![ids(users)]).await?)
}

/// The licenses on which something is over at this time.
pub async fn licenses_to_sweep(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<LicenseId>, DbError> {
    licenses(tx.all(&LICENSES_TO_SWEEP, args![now]).await?)
}

fn licenses(rows: Vec<Row>) -> Result<Vec<LicenseId>, DbError> {
    rows.iter().map(|row| row.get("license_id")).collect()
}

/// Locks licenses, in the order of their ids so that two batches never wait for each other, and reads their terms.
pub async fn lock(tx: &mut Tx, licenses: impl IntoIterator<Item = &LicenseId>) -> Result<Vec<Terms>, DbError> {
    let rows = tx.all(&LOCK, args![ids(licenses)]).await?;
    rows.iter()
        .map(|row| {
            Ok(Terms {
                license: row.get("id")?,
                product: row.get("product_id")?,
                product_name: row.get("product_name")?,
                key_life: TimeDelta::seconds(row.get("key_seconds")?),
                model: row.get("model")?,
                seats: row.get("seats")?,
                starts_at: row.opt("starts_at")?,
                ends_at: row.opt("ends_at")?,
                seat_rule: row.get("seat_rule")?,
                lease: TimeDelta::seconds(row.get("lease_seconds")?),
            })
        })
        .collect()
}

/// The sessions of these licenses that have not ended.
pub async fn live(
    tx: &mut Tx,
    licenses: impl IntoIterator<Item = &LicenseId>,
) -> Result<Vec<(LicenseId, Live)>, DbError> {
    let rows = tx.all(&LIVE, args![ids(licenses)]).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, live_of(row)?))).collect()
}

fn live_of(row: &Row) -> Result<Live, DbError> {
    Ok(Live {
        id: row.get("id")?,
        user: row.get("user_id")?,
        device: row.get("device")?,
        state: row.get("state")?,
        mode: row.get("mode")?,
        platform: row.opt("platform")?,
        support_key: row.opt("support_key")?,
        key_expires_at: row.opt("key_expires_at")?,
        idempotency_key: row.opt("idempotency_key")?,
        created_at: row.get("created_at")?,
        connected_at: row.opt("connected_at")?,
        last_seen_at: row.get("last_seen_at")?,
        lease_until: row.get("lease_until")?,
    })
}

/// How many users these licenses are assigned to; those assigned to nobody are left out.
pub async fn assigned(
    tx: &mut Tx,
    licenses: impl IntoIterator<Item = &LicenseId>,
) -> Result<Vec<(LicenseId, i64)>, DbError> {
    let rows = tx.all(&ASSIGNED, args![ids(licenses)]).await?;
    rows.iter().map(|row| Ok((row.get("license_id")?, row.get("assigned")?))).collect()
}

/// These users, and whether the license beside each is assigned to him.
pub async fn people(
    tx: &mut Tx,
    pairs: impl IntoIterator<Item = &(LicenseId, UserId)>,
) -> Result<Vec<(LicenseId, Person, bool)>, DbError> {
    let pairs = set(pairs.into_iter().map(|(license, user)| json!({ "license_id": license, "user_id": user })));
    let rows = tx.all(&PEOPLE, args![pairs]).await?;
    rows.iter()
        .map(|row| {
            let person = Person {
                id: row.get("id")?,
                name: row.get("name")?,
                email: row.get("email")?,
                status: row.get("status")?,
            };
            Ok((row.get("license_id")?, person, row.get("assigned")?))
        })
        .collect()
}

/// A session that an idempotency key of a user belongs to.
pub type Repeat = ((UserId, String), (SessionId, ProductId));

/// The sessions that were created with these idempotency keys.
pub async fn repeats(tx: &mut Tx, keys: &[(UserId, String)]) -> Result<Vec<Repeat>, DbError> {
    let keys = set(keys.iter().map(|(user, key)| json!({ "user_id": user, "idempotency_key": key })));
    let rows = tx.all(&REPEATS, args![keys]).await?;
    rows.iter()
        .map(|row| Ok(((row.get("user_id")?, row.get("idempotency_key")?), (row.get("id")?, row.get("product_id")?))))
        .collect()
}

/// Locks the set of admins, so that two cannot take away the last ones at once.
pub async fn lock_admins(tx: &mut Tx) -> Result<(), DbError> {
    tx.all(&LOCK_ADMINS, args![]).await.map(drop)
}

/// Which of these users exist, and all active admins: each with whether he is one.
pub async fn known_and_admins(tx: &mut Tx, users: &[UserId]) -> Result<Vec<(UserId, bool)>, DbError> {
    let rows = tx.all(&KNOWN_AND_ADMINS, args![ids(users)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("admin")?))).collect()
}

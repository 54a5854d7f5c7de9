//! Requests of users for licenses.

use super::{ids, manager_scope::visible_user, set};
use crate::db::{Db, DbError, Fields, Row, Tx, args, fields, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, LicenseRequestId, UserId},
    people::Locale,
    wire::license_requests::{LicenseRequest, RequestOutcome, RequestableLicense},
};

/// How many open requests a list has.
const MAX_LISTED_REQUESTS: i64 = 500;

const COLUMNS: &str = "
    SELECT r.id, r.license_id, r.user_id, r.reason, r.created_at, r.outcome, r.decided_at, r.message,
           u.name AS user_name, u.email AS user_email, p.name AS product_name, l.model
    FROM license_requests r
    JOIN users u ON u.id = r.user_id
    JOIN licenses l ON l.id = r.license_id
    JOIN products p ON p.id = l.product_id";

statements! {
    OPEN = format!("{COLUMNS}
        WHERE r.outcome IS NULL
          AND {}
        ORDER BY r.created_at, r.id
        LIMIT $2", visible_user("r.user_id", 1));

    OF_USER = format!("{COLUMNS}
        WHERE r.user_id = $1
          AND (r.outcome IS NULL OR r.decided_at > $2)
        ORDER BY r.created_at DESC, r.id DESC");

    GET = format!("{COLUMNS}
        WHERE r.id = $1");

    COUNT_OPEN = format!("
        SELECT COUNT(*) AS requests, MIN(r.created_at) AS since
        FROM license_requests r
        WHERE r.outcome IS NULL
          AND {}", visible_user("r.user_id", 1));

    REQUESTABLE = "
        SELECT l.id, l.model, p.name
        FROM licenses l
        JOIN products p ON p.id = l.product_id
        WHERE l.archived_at IS NULL
          AND p.archived_at IS NULL
          AND (l.ends_at IS NULL OR l.ends_at > $2)
          AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.license_id = l.id AND a.user_id = $1)
          AND NOT EXISTS (
                  SELECT 1 FROM license_requests r
                  WHERE r.license_id = l.id AND r.user_id = $1 AND r.outcome IS NULL)
        ORDER BY p.name, l.model, l.id";

    LOCK_LICENSE = "
        SELECT l.id, (l.archived_at IS NOT NULL OR p.archived_at IS NOT NULL) AS archived,
               EXISTS (SELECT 1 FROM assignments a WHERE a.license_id = l.id AND a.user_id = $2) AS assigned
        FROM licenses l
        JOIN products p ON p.id = l.product_id
        WHERE l.id = $1
        FOR UPDATE OF l";

    // Replaces the last request if it was decided.
    INSERT = "
        INSERT INTO license_requests (id, user_id, license_id, reason, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (user_id, license_id) DO UPDATE
        SET id = excluded.id, reason = excluded.reason, created_at = excluded.created_at, outcome = NULL,
            decided_at = NULL, message = NULL
        WHERE license_requests.outcome IS NOT NULL";

    WITHDRAW = "
        DELETE FROM license_requests
        WHERE id = $1 AND user_id = $2 AND outcome IS NULL";

    LOCK_OPEN = "
        SELECT id, license_id, user_id
        FROM license_requests
        WHERE id AMONG($1)
          AND outcome IS NULL
        ORDER BY id
        FOR UPDATE";

    DECLINE = "
        UPDATE license_requests
        SET outcome = $2, decided_at = $3, message = $4
        WHERE id = $1 AND outcome IS NULL";

    // However users got the license, nobody needs to decide on their request any more.
    CLOSE_GRANTED = "
        UPDATE license_requests
        SET outcome = given.outcome, decided_at = given.decided_at
        FROM ROWS($1: license_id uuid, user_id uuid, outcome text, decided_at time)
        WHERE license_requests.license_id = given.license_id
          AND license_requests.user_id = given.user_id
          AND license_requests.outcome IS NULL";

    RECIPIENT = "
        SELECT u.name, u.email, COALESCE(u.locale, a.locale) AS locale, a.name AS account
        FROM users u
        JOIN account a ON a.id = 1
        WHERE u.id = $1 AND u.deleted_at IS NULL AND u.status = 'active'";
}

fn request(row: &Row) -> Result<LicenseRequest, DbError> {
    Ok(LicenseRequest {
        id: row.get("id")?,
        license_id: row.get("license_id")?,
        product_name: row.get("product_name")?,
        model: row.get("model")?,
        user_id: row.get("user_id")?,
        user_name: row.get("user_name")?,
        user_email: row.get("user_email")?,
        reason: row.get("reason")?,
        created_at: row.get("created_at")?,
        outcome: row.opt("outcome")?,
        decided_at: row.opt("decided_at")?,
        message: row.opt("message")?,
    })
}

/// The open requests of users visible to the manager, the oldest first; at most 500.
pub async fn open(db: &Db, manager: Option<UserId>) -> Result<Vec<LicenseRequest>, DbError> {
    db.all(&OPEN, args![manager, MAX_LISTED_REQUESTS]).await?.iter().map(request).collect()
}

/// The requests of a user: open ones, and those decided after this time; the newest first.
pub async fn of_user(db: &Db, user: UserId, decided_after: DateTime<Utc>) -> Result<Vec<LicenseRequest>, DbError> {
    db.all(&OF_USER, args![user, decided_after]).await?.iter().map(request).collect()
}

/// A request, open or decided.
pub async fn get(db: &Db, id: LicenseRequestId) -> Result<Option<LicenseRequest>, DbError> {
    db.one(&GET, args![id]).await?.map(|row| request(&row)).transpose()
}

/// How many requests of users visible to the manager are open, and since when the first.
pub async fn count_open(db: &Db, manager: Option<UserId>) -> Result<Option<(i64, DateTime<Utc>)>, DbError> {
    let Some(row) = db.one(&COUNT_OPEN, args![manager]).await? else { return Ok(None) };
    row.opt("since")?.map(|since| Ok((row.get("requests")?, since))).transpose()
}

/// The licenses in use that a user neither has nor has requested, by product.
pub async fn requestable(db: &Db, user: UserId, now: DateTime<Utc>) -> Result<Vec<RequestableLicense>, DbError> {
    let rows = db.all(&REQUESTABLE, args![user, now]).await?;
    rows.iter()
        .map(|row| {
            Ok(RequestableLicense {
                license_id: row.get("id")?,
                product_name: row.get("name")?,
                model: row.get("model")?,
            })
        })
        .collect()
}

/// A license that a user requests.
#[derive(Clone, Copy, Debug)]
pub struct RequestedLicense {
    pub archived: bool,
    /// Whether the user has it.
    pub assigned: bool,
}

/// Locks a license, so that it is not assigned to the user before their request is stored.
pub async fn lock_license(tx: &mut Tx, license: LicenseId, user: UserId) -> Result<Option<RequestedLicense>, DbError> {
    let row = tx.one(&LOCK_LICENSE, args![license, user]).await?;
    row.map(|row| Ok(RequestedLicense { archived: row.get("archived")?, assigned: row.get("assigned")? })).transpose()
}

/// Adds a request, in place of an earlier one that was decided. Returns false if one is open.
pub async fn insert(
    tx: &mut Tx,
    (id, user, license): (LicenseRequestId, UserId, LicenseId),
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    Ok(tx.run(&INSERT, args![id, user, license, reason, now]).await? == 1)
}

/// Deletes an open request of this user. Returns false if there is none.
pub async fn withdraw(tx: &mut Tx, id: LicenseRequestId, user: UserId) -> Result<bool, DbError> {
    Ok(tx.run(&WITHDRAW, args![id, user]).await? == 1)
}

/// An open request, with its license and user.
pub type OpenRequest = (LicenseRequestId, (LicenseId, UserId));

/// Those of these requests that are open, locked until the end of the transaction.
pub async fn lock_open(tx: &mut Tx, requests: &[LicenseRequestId]) -> Result<Vec<OpenRequest>, DbError> {
    let rows = tx.all(&LOCK_OPEN, args![ids(requests)]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, (row.get("license_id")?, row.get("user_id")?)))).collect()
}

/// Declines a request. Returns false if it is not open.
pub async fn decline(
    tx: &mut Tx,
    id: LicenseRequestId,
    message: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    Ok(tx.run(&DECLINE, args![id, RequestOutcome::Declined, now, message]).await? == 1)
}

/// Closes the open requests for licenses that users now have.
pub async fn close_granted(
    tx: &mut Tx,
    granted: impl IntoIterator<Item = (LicenseId, UserId)>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = |(license, user)| -> Fields {
        fields! { "license_id": license, "user_id": user, "outcome": RequestOutcome::Approved, "decided_at": now }
    };
    tx.write(&CLOSE_GRANTED, args![set(granted.into_iter().map(row))]).await
}

/// Who is told by e-mail what became of their request.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub name: String,
    pub email: String,
    pub locale: Locale,
    /// The name of the account.
    pub account: String,
}

/// A user who can be told; `None` if they are suspended or deleted.
pub async fn recipient(db: &Db, user: UserId) -> Result<Option<Recipient>, DbError> {
    let row = db.one(&RECIPIENT, args![user]).await?;
    row.map(|row| {
        Ok(Recipient {
            name: row.get("name")?,
            email: row.get("email")?,
            locale: row.get("locale")?,
            account: row.get("account")?,
        })
    })
    .transpose()
}

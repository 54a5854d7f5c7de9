//! Named seats that nobody uses, and the exceptions.

use crate::{
    db::{Db, DbError, Row, Tx, args, statements},
    store::manager_scope::visible_user,
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, UserId},
    license::Price,
    wire::reports::{UnusedSeat, UnusedSeatException},
};

statements! {
    UNUSED = format!("
        SELECT seat.license_id, seat.product_name, seat.user_id, u.name AS user_name, seat.created_at AS granted_at,
               seat.last_used_at, seat.price_minor, seat.currency, x.reason, x.until
        FROM (
            SELECT a.license_id, a.user_id, a.created_at, p.name AS product_name, l.price_minor, l.currency,
                   (SELECT MAX(COALESCE(s.ended_at, s.last_seen_at))
                    FROM sessions s
                    WHERE s.id IN (SELECT session_id FROM user_sessions WHERE user_id = a.user_id)
                      AND s.license_id = a.license_id) AS last_used_at
            FROM assignments a
            JOIN licenses l ON l.id = a.license_id
            JOIN products p ON p.id = l.product_id
            WHERE l.model = 'named' AND l.archived_at IS NULL AND p.archived_at IS NULL
              AND a.created_at < $1
              AND a.license_id = $4 -- if $4
              AND {}) seat
        JOIN users u ON u.id = seat.user_id
        LEFT JOIN unused_seat_exceptions x ON x.license_id = seat.license_id AND x.user_id = seat.user_id
                                          AND (x.until IS NULL OR x.until > $2)
        WHERE seat.last_used_at IS NULL OR seat.last_used_at < $1
        ORDER BY COALESCE(seat.last_used_at, seat.created_at), seat.license_id, seat.user_id",
        visible_user("a.user_id", 3));

    LOCK_ASSIGNMENT = "
        SELECT a.license_id
        FROM assignments a
        JOIN licenses l ON l.id = a.license_id
        WHERE a.license_id = $1 AND a.user_id = $2 AND l.model = 'named'
        FOR UPDATE OF a";

    SET = "
        INSERT INTO unused_seat_exceptions (license_id, user_id, reason, until)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (license_id, user_id) DO UPDATE SET reason = EXCLUDED.reason, until = EXCLUDED.until";

    REMOVE = "
        DELETE FROM unused_seat_exceptions WHERE license_id = $1 AND user_id = $2";
}

/// The named seats that were assigned before this time and not used since, the longest unused first; of users whom the
/// manager sees. Exceptions that have ended are left out.
pub async fn unused(
    db: &Db,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    manager: Option<UserId>,
    license: Option<LicenseId>,
) -> Result<Vec<UnusedSeat>, DbError> {
    db.all(&UNUSED, args![since, now, manager, license]).await?.iter().map(unused_seat).collect()
}

fn unused_seat(row: &Row) -> Result<UnusedSeat, DbError> {
    let price = row.opt("price_minor")?.zip(row.opt("currency")?);
    let until = row.opt("until")?;
    Ok(UnusedSeat {
        license_id: row.get("license_id")?,
        product_name: row.get("product_name")?,
        user_id: row.get("user_id")?,
        user_name: row.get("user_name")?,
        granted_at: row.get("granted_at")?,
        last_used_at: row.opt("last_used_at")?,
        price_per_seat: price.map(|(minor, currency)| Price { minor, currency }),
        exception: row.opt("reason")?.map(|reason| UnusedSeatException { reason, until }),
    })
}

/// Whether the user has a named seat of this license, which is locked until the end of the transaction.
pub async fn lock_named_seat(tx: &mut Tx, license: LicenseId, user: UserId) -> Result<bool, DbError> {
    Ok(tx.one(&LOCK_ASSIGNMENT, args![license, user]).await?.is_some())
}

/// Sets the exception of a named seat, which replaces an earlier one.
pub async fn set_exception(
    tx: &mut Tx,
    license: LicenseId,
    user: UserId,
    exception: &UnusedSeatException,
) -> Result<(), DbError> {
    tx.run(&SET, args![license, user, &exception.reason, exception.until]).await.map(drop)
}

/// Removes the exception of a named seat. Returns whether there was one.
pub async fn remove_exception(tx: &mut Tx, license: LicenseId, user: UserId) -> Result<bool, DbError> {
    Ok(tx.run(&REMOVE, args![license, user]).await? > 0)
}

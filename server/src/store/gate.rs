//! What the gate asks: the last session of somebody at a device, and where a product sends people back to.

use crate::{
    db::{Db, DbError, Row, args, statements},
    gate::seated::Place,
};
use seatkeeper_shared::{
    ids::{ProductId, SessionId},
    problem::End,
};

statements! {
    LAST = "
        SELECT s.id, s.ended_at, s.end_reason, s.ended_by_name, s.end_message
        FROM sessions s
        JOIN licenses l ON l.id = s.license_id
        WHERE s.user_id = $1 AND l.product_id = $2 AND s.device = $3 AND s.mode = 'application'
        ORDER BY s.created_at DESC, s.id DESC
        LIMIT 1";

    THIS = "
        SELECT id, ended_at, end_reason, ended_by_name, end_message FROM sessions WHERE id = $1";

    WAY_BACK = "
        SELECT name, gate_origins FROM products WHERE id = $1";
}

/// The last session of somebody at the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// Which.
    pub id: SessionId,
    /// How it ended, if it has.
    pub ended: Option<End>,
}

/// The last session at a place.
pub async fn last(db: &Db, place: &Place) -> Result<Option<Last>, DbError> {
    let row = db.one(&LAST, args![place.user, place.product, place.device.as_str()]).await?;
    row.as_ref().map(read).transpose()
}

/// This session.
pub async fn this(db: &Db, id: SessionId) -> Result<Option<Last>, DbError> {
    db.one(&THIS, args![id]).await?.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Last, DbError> {
    let ended = match row.opt("ended_at")? {
        None => None,
        Some(at) => Some(End {
            reason: row.get("end_reason")?,
            at,
            by: row.opt("ended_by_name")?,
            message: row.opt("end_message")?,
        }),
    };
    Ok(Last { id: row.get("id")?, ended })
}

/// The name of a product, and the origins of the applications behind its gate.
pub async fn way_back(db: &Db, product: ProductId) -> Result<Option<(String, Vec<String>)>, DbError> {
    let Some(row) = db.one(&WAY_BACK, args![product]).await? else { return Ok(None) };
    Ok(Some((row.get("name")?, super::contracts::origins(&row)?)))
}

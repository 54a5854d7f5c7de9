//! Queries of the gate (forward authentication): the last session of a user on a device, and where to redirect users.

use super::{
    seats::row_mapping::{SESSION_END, session_end},
    sessions::{UNLIMITED, sessions_of_users},
};
use crate::db::{Db, DbError, Row, args, statements};
use seatkeeper_shared::{
    ids::{ProductId, SessionId, UserId},
    problem::SessionEnd,
};

/// A user, a product and a device: they share one session at the gate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey {
    pub user: UserId,
    pub product: ProductId,
    pub device: String,
}

statements! {
    LAST_SESSION = format!("
        SELECT s.id, {}
        FROM {}
        CROSS JOIN sessions s
        JOIN licenses l ON l.id = s.license_id
        WHERE s.id = own.session_id AND l.product_id = $2 AND s.device = $3 AND s.mode = 'application'
        ORDER BY own.created_at DESC, own.session_id DESC
        LIMIT 1", SESSION_END.select("s"), sessions_of_users("= $1", true, UNLIMITED));

    SESSION = format!("
        SELECT s.id, {} FROM sessions s WHERE s.id = $1", SESSION_END.select("s"));

    ORIGINS = "
        SELECT name, gate_origins FROM products WHERE id = $1";
}

/// A session at the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSession {
    pub id: SessionId,
    pub ended: Option<SessionEnd>,
}

/// The last session of a user on a device with a product.
pub async fn last_session(db: &Db, key: &CacheKey) -> Result<Option<LastSession>, DbError> {
    let row = db.one(&LAST_SESSION, args![key.user, key.product, key.device.as_str()]).await?;
    row.as_ref().map(read).transpose()
}

pub async fn session(db: &Db, id: SessionId) -> Result<Option<LastSession>, DbError> {
    db.one(&SESSION, args![id]).await?.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<LastSession, DbError> {
    Ok(LastSession { id: row.get("id")?, ended: session_end(row)? })
}

/// The name of a product, and the origins of the applications behind its gate.
pub async fn product_origins(db: &Db, product: ProductId) -> Result<Option<(String, Vec<String>)>, DbError> {
    let Some(row) = db.one(&ORIGINS, args![product]).await? else { return Ok(None) };
    Ok(Some((row.get("name")?, super::contracts::origins(&row)?)))
}

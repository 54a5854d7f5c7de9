//! The same rules in the conventional way: one transaction per request, which locks the license, counts, writes and
//! commits.
//!
//! It uses the same tables and the same database layer as the server, so that the two differ only in how they take a
//! seat. It reads no more than it needs, and sends no unnecessary statement.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::{
    auth::secret,
    clock::{Clock, Random},
    db::{Db, DbError, Sql, Tx},
    http::listen::listen,
    monotonic::MonotonicClock,
};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    wire::sessions::NewSession,
};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

static CALLER: Sql = Sql::new(|| {
    "SELECT u.id, u.name
     FROM api_tokens t
     JOIN users u ON u.id = t.user_id
     WHERE t.secret_hash = $1 AND t.expires_at > $2 AND u.status = 'active'"
        .into()
});
static LOCK: Sql = Sql::new(|| {
    "SELECT id, seats, lease_seconds
     FROM licenses
     WHERE product_id = (SELECT id FROM products WHERE slug = $1)
       AND EXISTS (SELECT 1 FROM assignments WHERE license_id = licenses.id AND user_id = $2)
     ORDER BY id
     LIMIT 1
     FOR UPDATE"
        .into()
});
static LOCK_OF_SESSION: Sql = Sql::new(|| {
    "SELECT id, seats
     FROM licenses
     WHERE id = (SELECT license_id FROM sessions WHERE id = $1 AND user_id = $2)
     FOR UPDATE"
        .into()
});
static OCCUPIED: Sql = Sql::new(|| {
    "SELECT COUNT(DISTINCT user_id) AS occupied, COUNT(CASE WHEN user_id = $2 THEN 1 END) AS own
     FROM sessions
     WHERE license_id = $1 AND ended_at IS NULL AND lease_until > $3"
        .into()
});
static INSERT: Sql = Sql::new(|| {
    "INSERT INTO sessions (id, license_id, user_id, device, state, mode, created_at, connected_at, last_seen_at,
                           lease_until)
     VALUES ($1, $2, $3, $4, 'connected', $5, $6, $6, $6, $7)"
        .into()
});
static END: Sql = Sql::new(|| {
    "UPDATE sessions
     SET state = 'ended', ended_at = $2, end_reason = 'finished', ended_by = $3, ended_by_name = $4
     WHERE id = $1 AND ended_at IS NULL"
        .into()
});
static NUMBER: Sql = Sql::new(|| "UPDATE event_head SET position = position + 1 RETURNING position".into());
static EVENT: Sql = Sql::new(|| {
    "INSERT INTO events (position, at, kind, door, actor_id, actor_name, license_id, user_id, session_id, occupied,
                         seats, facts)
     VALUES ($1, $2, $3, 'api', $4, $5, $6, $4, $7, $8, $9, $10)"
        .into()
});

#[derive(Clone)]
struct Reference {
    db: Db,
    /// Serializes transactions on SQLite until they are on disk. The database layer lets the next one begin before,
    /// which is part of what is compared.
    write_lock: Option<Arc<Mutex<()>>>,
    clock: Clock,
    random: Random,
}

struct Caller {
    id: UserId,
    name: String,
}

struct Event<'a> {
    kind: &'static str,
    caller: &'a Caller,
    license: LicenseId,
    session: SessionId,
    occupied: i64,
    seats: i64,
    facts: serde_json::Value,
}

/// A refusal, or a database error.
enum ReferenceError {
    Code(StatusCode),
    Db(DbError),
}

impl From<DbError> for ReferenceError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl IntoResponse for ReferenceError {
    fn into_response(self) -> Response {
        match self {
            Self::Code(code) => (code, Json(json!({}))).into_response(),
            Self::Db(error) => {
                (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "detail": error.to_string() }))).into_response()
            }
        }
    }
}

/// Serves forever.
pub async fn serve(port: u16, database: String) -> anyhow::Result<()> {
    let db = Db::open(&database, &MonotonicClock::default()).await?;
    let write_lock = (!db.has_other_writers()).then(Arc::default);
    let state = Reference { db, write_lock, clock: Clock::default(), random: Random::default() };
    let routes = Router::new()
        .route("/readyz", routing::get(async || "ok\n"))
        .route("/api/v1/sessions", routing::post(create))
        .route("/api/v1/sessions/{id}/end", routing::post(end))
        .with_state(state);
    let listener = listen(([127, 0, 0, 1], port).into())?;
    Ok(axum::serve(listener, routes).await?)
}

async fn create(
    State(state): State<Reference>,
    headers: HeaderMap,
    Json(request): Json<NewSession>,
) -> Result<Response, ReferenceError> {
    let caller = state.caller(&headers).await?;
    let _write_lock = state.lock_writes().await;
    let mut tx = state.db.begin().await?;
    let Some(license) = tx.one(&LOCK, vec![request.product.as_str().into(), caller.id.into()]).await? else {
        return Err(ReferenceError::Code(StatusCode::CONFLICT));
    };
    let (id, seats, lease): (LicenseId, i64, i64) =
        (license.get("id")?, license.get("seats")?, license.get("lease_seconds")?);
    // In a statement after the lock, so that it sees what the previous holder of the lock committed.
    let now = state.clock.now();
    let (occupied, own) = occupied(&mut tx, id, caller.id, now).await?;
    if own == 0 && occupied >= seats {
        return Err(ReferenceError::Code(StatusCode::CONFLICT));
    }
    let session = SessionId(state.random.id(now));
    let until = now + TimeDelta::seconds(lease);
    let args = vec![
        session.into(),
        id.into(),
        caller.id.into(),
        request.device.as_str().into(),
        request.mode.into(),
        now.into(),
        until.into(),
    ];
    tx.run(&INSERT, args).await?;
    let occupied = if own == 0 { occupied + 1 } else { occupied };
    let facts = json!({ "device": request.device, "mode": request.mode });
    let event = Event { kind: "session_created", caller: &caller, license: id, session, occupied, seats, facts };
    append(&mut tx, now, event).await?;
    tx.commit().await?;
    let body = json!({
        "id": session, "license_id": id, "user_id": caller.id, "user_name": caller.name, "device": request.device,
        "state": "connected", "mode": request.mode, "created_at": now, "connected_at": now, "last_seen_at": now,
        "lease_until": until,
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

async fn end(
    State(state): State<Reference>,
    headers: HeaderMap,
    Path(session): Path<SessionId>,
) -> Result<Response, ReferenceError> {
    let caller = state.caller(&headers).await?;
    let _write_lock = state.lock_writes().await;
    let mut tx = state.db.begin().await?;
    let Some(license) = tx.one(&LOCK_OF_SESSION, vec![session.into(), caller.id.into()]).await? else {
        return Err(ReferenceError::Code(StatusCode::NOT_FOUND));
    };
    let (id, seats): (LicenseId, i64) = (license.get("id")?, license.get("seats")?);
    let now = state.clock.now();
    let args = vec![session.into(), now.into(), caller.id.into(), caller.name.as_str().into()];
    if tx.run(&END, args).await? == 1 {
        let (occupied, _) = occupied(&mut tx, id, caller.id, now).await?;
        let facts = json!({ "reason": "finished" });
        let event = Event { kind: "session_ended", caller: &caller, license: id, session, occupied, seats, facts };
        append(&mut tx, now, event).await?;
        tx.commit().await?;
    }
    Ok(Json(json!({ "id": session, "ended": { "reason": "finished", "at": now, "by": caller.name } })).into_response())
}

impl Reference {
    async fn lock_writes(&self) -> Option<OwnedMutexGuard<()>> {
        match &self.write_lock {
            Some(lock) => Some(lock.clone().lock_owned().await),
            None => None,
        }
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, ReferenceError> {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let token = header.ok_or(ReferenceError::Code(StatusCode::UNAUTHORIZED))?;
        let found = self.db.one(&CALLER, vec![secret::hash(token).into(), self.clock.now().into()]).await?;
        let row = found.ok_or(ReferenceError::Code(StatusCode::UNAUTHORIZED))?;
        Ok(Caller { id: row.get("id")?, name: row.get("name")? })
    }
}

/// The number of occupied seats, and of the caller's own sessions.
async fn occupied(tx: &mut Tx, license: LicenseId, user: UserId, now: DateTime<Utc>) -> Result<(i64, i64), DbError> {
    let counted = tx.one(&OCCUPIED, vec![license.into(), user.into(), now.into()]).await?.ok_or(DbError::Retry)?;
    Ok((counted.get("occupied")?, counted.get("own")?))
}

async fn append(tx: &mut Tx, now: DateTime<Utc>, event: Event<'_>) -> Result<(), DbError> {
    let position: i64 = tx.one(&NUMBER, vec![]).await?.ok_or(DbError::Retry)?.get("position")?;
    let args = vec![
        position.into(),
        now.into(),
        event.kind.into(),
        event.caller.id.into(),
        event.caller.name.as_str().into(),
        event.license.into(),
        event.session.into(),
        event.occupied.into(),
        event.seats.into(),
        event.facts.to_string().into(),
    ];
    tx.run(&EVENT, args).await.map(drop)
}

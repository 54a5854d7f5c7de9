//! Borrowing seats for offline work, and the public keys that verify the signed leases.

use super::sessions::explain_error;
use crate::{
    app::App,
    auth::Caller,
    http::{
        extract::{PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
    },
    lease_signing::{self, LeaseSigner},
    store,
};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::SessionId,
    problem::Code,
    validate,
    wire::{
        borrow::BorrowKeys,
        sessions::{Borrow, SessionView},
    },
};

/// Borrows the seat of a live session.
///
/// The seat is kept for this time without heartbeats, and the response has the signed `lease`. Borrowing again can only
/// extend the time.
#[utoipa::path(
    post, path = "/sessions/{id}/borrow", tag = "sessions",
    params(("id" = SessionId, Path)),
    request_body = Borrow,
    responses((status = 200, body = SessionView)),
)]
pub async fn borrow(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
    ValidJson(wanted): ValidJson<Borrow>,
) -> Result<Json<SessionView>, ApiError> {
    let mut fields = FieldErrors::default();
    let seconds = fields.check("borrow_seconds", validate::borrow_seconds(wanted.borrow_seconds));
    let length = TimeDelta::seconds(fields.finish(seconds)?);
    // Without a signing key, nothing can be borrowed.
    let signer = require_signer(&app).await?;
    match app.seats.borrow(&caller.actor(), caller.id, id, length).await {
        Ok(session) => Ok(Json(attach_lease(&app, &signer, session).await?)),
        Err(error) => Err(explain_error(&app, &caller, id, error).await),
    }
}

/// The public keys that verify leases offline. The current key comes first.
#[utoipa::path(
    get, path = "/borrow/keys", tag = "sessions", security(()),
    responses((status = 200, body = BorrowKeys)),
)]
pub async fn keys(State(app): State<App>) -> Result<Response, ApiError> {
    let keys = lease_signing::keys(&app.lease_keys).await?;
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], Json(keys)).into_response())
}

/// The signer, which exists once the account is set up.
pub(super) async fn require_signer(app: &App) -> Result<LeaseSigner, ApiError> {
    LeaseSigner::load(&app.lease_keys).await?.ok_or_else(|| ApiError::new(Code::Unavailable))
}

/// Adds the lease to a borrowed session if it is the caller's own.
pub(super) async fn attach_own_lease(
    app: &App,
    caller: &Caller,
    session: SessionView,
) -> Result<SessionView, ApiError> {
    if session.borrowed_until.is_none() || session.ended.is_some() || session.user_id != caller.id {
        return Ok(session);
    }
    attach_lease(app, &require_signer(app).await?, session).await
}

/// Adds the signed lease to a session.
pub(super) async fn attach_lease(
    app: &App,
    signer: &LeaseSigner,
    mut session: SessionView,
) -> Result<SessionView, ApiError> {
    let slug = store::lease_keys::product_slug(&app.db, session.product_id).await?.unwrap_or_default();
    session.lease = signer.lease(&session, &slug, app.clock.now());
    Ok(session)
}

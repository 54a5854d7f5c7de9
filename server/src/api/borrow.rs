//! Borrowing seats for work offline, and the keys to check the signed leases with.

use super::sessions::why_not;
use crate::{
    app::App,
    auth::Caller,
    borrow::{self, Signer},
    http::{
        extract::{Body, Named},
        problem::{Fail, Fields},
    },
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

/// Borrows the seat of a live session: it is kept until the end of that time without heartbeats, and the answer has the signed `lease`. Done
/// again it is prolonged, never shortened.
#[utoipa::path(post, path = "/sessions/{id}/borrow", tag = "sessions", params(("id" = SessionId, Path)), request_body = Borrow, responses((status = 200, body = SessionView)))]
pub async fn borrow(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SessionId>,
    Body(wanted): Body<Borrow>,
) -> Result<Json<SessionView>, Fail> {
    let mut fields = Fields::default();
    let seconds = fields.check("borrow_seconds", validate::borrow_seconds(wanted.borrow_seconds));
    let length = TimeDelta::seconds(fields.all(seconds)?);
    // What cannot be signed is not borrowed.
    let signer = signer(&app).await?;
    match app.seats.borrow(&caller.actor(), caller.id, id, length).await {
        Ok(session) => Ok(Json(signed(&app, &signer, session).await?)),
        Err(error) => Err(why_not(&app, &caller, id, error).await),
    }
}

/// The public keys that leases are signed with, for programs that check them offline. The one that signs now comes first.
#[utoipa::path(get, path = "/borrow/keys", tag = "sessions", security(()), responses((status = 200, body = BorrowKeys)))]
pub async fn keys(State(app): State<App>) -> Result<Response, Fail> {
    let keys = borrow::keys(&app).await?;
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], Json(keys)).into_response())
}

/// The signer; there is one as soon as the account is set up.
pub(super) async fn signer(app: &App) -> Result<Signer, Fail> {
    Signer::of(app).await?.ok_or_else(|| Fail::code(Code::Unavailable))
}

/// The session, to its own agent with its lease if it is borrowed.
pub(super) async fn with_lease(app: &App, caller: &Caller, session: SessionView) -> Result<SessionView, Fail> {
    if session.borrowed_until.is_none() || session.ended.is_some() || session.user_id != caller.id {
        return Ok(session);
    }
    signed(app, &signer(app).await?, session).await
}

/// The session with its lease.
pub(super) async fn signed(app: &App, signer: &Signer, mut session: SessionView) -> Result<SessionView, Fail> {
    let slug = store::borrow::slug(&app.db, session.product_id).await?.unwrap_or_default();
    session.lease = signer.lease(&session, &slug, app.clock.now());
    Ok(session)
}

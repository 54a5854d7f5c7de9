//! Ending sessions, immediately or with a countdown, cancelling a countdown, and protecting sessions.

use super::sessions::{hide_support_key, visible};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{
        extract::{OptionalJson, PathParam, ValidJson},
        problem::{ApiError, FieldErrors},
    },
    seats::{
        SeatsError,
        command::{EndOptions, OwnerFilter},
    },
    store,
};
use axum::{Json, extract::State};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::SessionId,
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::sessions::{EndResult, EndResults, EndSession, EndSessions, Protect, SessionView},
};
use std::collections::HashMap;

/// Ends a session. Agents may end their own; others need `manage_sessions`. Idempotent.
#[utoipa::path(
    post, path = "/sessions/{id}/end", tag = "sessions",
    params(("id" = SessionId, Path)),
    request_body = Option<EndSession>,
    responses((status = 200, body = EndResult)),
)]
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
    OptionalJson(with): OptionalJson<EndSession>,
) -> Result<Json<EndResult>, ApiError> {
    let request = EndSessions {
        ids: vec![id],
        message: with.message,
        in_seconds: with.in_seconds,
        protected_too: with.protected_too,
    };
    let mut results = end_all(&app, &caller, request).await?;
    let result = results.pop().ok_or_else(|| ApiError::new(Code::NotFound))?;
    success(result).map(Json)
}

/// The result of ending one session, or why it is an error. That the session had ended before is none.
pub(super) fn success(result: EndResult) -> Result<EndResult, ApiError> {
    match result.refused {
        Some(code @ (Code::NotFound | Code::Forbidden | Code::Protected | Code::Borrowed)) => Err(ApiError::new(code)),
        _ => Ok(result),
    }
}

/// Ends several sessions, with a result for each.
#[utoipa::path(
    post, path = "/sessions/end", tag = "sessions",
    request_body = EndSessions,
    responses((status = 200, body = EndResults)),
)]
pub async fn end_many(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<EndSessions>,
) -> Result<Json<EndResults>, ApiError> {
    Ok(Json(EndResults { results: end_all(&app, &caller, wanted).await? }))
}

async fn end_all(app: &App, caller: &Caller, wanted: EndSessions) -> Result<Vec<EndResult>, ApiError> {
    let mut fields = FieldErrors::default();
    let range = FieldError::OutOfRange { min: 1, max: 1_000 };
    let ids = (1..=validate::MAX_BULK_ITEMS).contains(&wanted.ids.len()).then_some(wanted.ids).ok_or(range);
    let ids = fields.check("ids", ids);
    let how =
        EndSession { message: wanted.message, in_seconds: wanted.in_seconds, protected_too: wanted.protected_too };
    let options = end_options(&mut fields, &how);
    let (ids, options) = fields.finish(ids.zip(options))?;
    let (ids, hidden) = partition_visible(app, caller, ids).await?;
    let mut results = app.seats.end(&caller.actor(), ids, owner_filter(caller), options).await?;
    explain_refusals(app, caller, results.iter_mut().collect()).await?;
    for (index, id) in hidden {
        let not_found = EndResult { id, ended: None, refused: Some(Code::NotFound), ending: None };
        results.insert(index, not_found);
    }
    Ok(results)
}

/// Validates how sessions are ended.
pub(super) fn end_options(fields: &mut FieldErrors, how: &EndSession) -> Option<EndOptions> {
    let message = fields.check("message", validate::message(how.message.as_deref()));
    let seconds = fields.check("in_seconds", validate::in_range(how.in_seconds.unwrap_or(0), 0, 3_600));
    let (message, seconds) = message.zip(seconds)?;
    let after = (seconds > 0).then(|| TimeDelta::seconds(seconds));
    Some(EndOptions { message, after, protected_too: how.protected_too })
}

/// Whose sessions the caller may end, of those they see.
pub(super) fn owner_filter(caller: &Caller) -> OwnerFilter {
    if caller.may(Action::EndSessions) { OwnerFilter::All } else { OwnerFilter::Own(caller.id) }
}

/// Splits the sessions into those that the caller sees, and the others with their indexes.
pub(super) async fn partition_visible(
    app: &App,
    caller: &Caller,
    ids: Vec<SessionId>,
) -> Result<(Vec<SessionId>, Vec<(usize, SessionId)>), ApiError> {
    let Scope::Groups(manager) = Scope::of(caller) else { return Ok((ids, Vec::new())) };
    if ids.is_empty() {
        return Ok((ids, Vec::new()));
    }
    let visible_ids = store::manager_scope::sessions_among(&app.db, manager, &ids).await?;
    let hidden = ids.iter().copied().enumerate().filter(|(_, id)| !visible_ids.contains(id)).collect();
    Ok((ids.into_iter().filter(|id| visible_ids.contains(id)).collect(), hidden))
}

/// Cancels the scheduled end of a session.
#[utoipa::path(
    post, path = "/sessions/{id}/cancel-end", tag = "sessions",
    params(("id" = SessionId, Path)),
    responses((status = 200, body = SessionView)),
)]
pub async fn cancel_end(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
) -> Result<Json<SessionView>, ApiError> {
    caller.require(Action::EndSessions)?;
    visible(&app, &caller, id).await?;
    let result = app.seats.cancel_scheduled_end(&caller.actor(), id).await;
    manager_response(&app, &caller, id, result).await
}

/// Sets whether a session is protected from idle timeouts and bulk ends.
#[utoipa::path(
    post, path = "/sessions/{id}/protect", tag = "sessions",
    params(("id" = SessionId, Path)),
    request_body = Protect,
    responses((status = 200, body = SessionView)),
)]
pub async fn protect(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
    ValidJson(with): ValidJson<Protect>,
) -> Result<Json<SessionView>, ApiError> {
    caller.require(Action::EndSessions)?;
    visible(&app, &caller, id).await?;
    let result = app.seats.protect(&caller.actor(), id, with.protected).await;
    manager_response(&app, &caller, id, result).await
}

/// The response for a session that an admin or manager changed.
async fn manager_response(
    app: &App,
    caller: &Caller,
    id: SessionId,
    changed: Result<SessionView, SeatsError>,
) -> Result<Json<SessionView>, ApiError> {
    match changed {
        Ok(mut session) => {
            hide_support_key(&mut session, caller);
            Ok(Json(session))
        }
        Err(SeatsError::Failed(Code::NotFound)) => match visible(app, caller, id).await?.ended {
            Some(end) => Err(ApiError::ended(Code::SessionEnded, end)),
            None => Err(ApiError::new(Code::WrongState)),
        },
        Err(error) => Err(error.into()),
    }
}

/// Replaces `not_found` with the actual reason for sessions that the caller may see.
pub(super) async fn explain_refusals(app: &App, caller: &Caller, results: Vec<&mut EndResult>) -> Result<(), ApiError> {
    let open: Vec<_> = results.iter().filter(|r| r.refused == Some(Code::NotFound)).map(|r| r.id).collect();
    if open.is_empty() {
        return Ok(());
    }
    let known: HashMap<_, _> =
        store::sessions::some(&app.db, open).await?.into_iter().map(|session| (session.id, session)).collect();
    for result in results.into_iter().filter(|r| r.refused == Some(Code::NotFound)) {
        let Some(session) = known.get(&result.id) else { continue };
        if session.user_id != caller.id && !caller.may(Action::ViewSessions) {
            continue;
        }
        result.ended = session.ended.clone();
        result.refused = Some(if session.ended.is_some() { Code::SessionEnded } else { Code::Forbidden });
    }
    Ok(())
}

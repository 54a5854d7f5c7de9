//! How sessions end: by their agents or by whoever manages sessions, at once or announced, one or many; and what protects them
//! from it.

use super::sessions::{hide_key, visible};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{
        extract::{Body, MaybeBody, Named},
        problem::{Fail, Fields},
    },
    seats::{
        SeatsError,
        command::{HowToEnd, Reach},
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

/// Ends a session: the agent his own, whoever may manage sessions any. Ending what is over does no harm.
#[utoipa::path(post, path = "/sessions/{id}/end", tag = "sessions", params(("id" = SessionId, Path)), request_body = Option<EndSession>, responses((status = 200, body = EndResult)))]
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SessionId>,
    MaybeBody(with): MaybeBody<EndSession>,
) -> Result<Json<EndResult>, Fail> {
    let asked = EndSessions {
        ids: vec![id],
        message: with.message,
        in_seconds: with.in_seconds,
        protected_too: with.protected_too,
    };
    let mut results = end_all(&app, &caller, asked).await?;
    match results.pop() {
        Some(EndResult {
            refused: Some(code @ (Code::NotFound | Code::Forbidden | Code::Protected | Code::Borrowed)),
            ..
        }) => Err(Fail::code(code)),
        Some(result) => Ok(Json(result)),
        None => Err(Fail::code(Code::NotFound)),
    }
}

/// Ends many sessions, with a result for each.
#[utoipa::path(post, path = "/sessions/end", tag = "sessions", request_body = EndSessions, responses((status = 200, body = EndResults)))]
pub async fn end_many(
    State(app): State<App>,
    caller: Caller,
    Body(wanted): Body<EndSessions>,
) -> Result<Json<EndResults>, Fail> {
    Ok(Json(EndResults { results: end_all(&app, &caller, wanted).await? }))
}

async fn end_all(app: &App, caller: &Caller, wanted: EndSessions) -> Result<Vec<EndResult>, Fail> {
    let mut fields = Fields::default();
    let range = FieldError::OutOfRange { min: 1, max: 1_000 };
    let ids = (1..=validate::MAX_BULK).contains(&wanted.ids.len()).then_some(wanted.ids).ok_or(range);
    let ids = fields.check("ids", ids);
    let message = fields.check("message", validate::message(wanted.message.as_deref()));
    let seconds = fields.check("in_seconds", validate::within(wanted.in_seconds.unwrap_or(0), 0, 3_600));
    let ((ids, message), seconds) = fields.all(ids.zip(message).zip(seconds))?;
    let after = (seconds > 0).then(|| TimeDelta::seconds(seconds));
    let how = HowToEnd { message, after, protected_too: wanted.protected_too };
    let reach = if caller.may(Action::EndSessions) { Reach::All } else { Reach::Own(caller.id) };
    let (ids, strange) = seen(app, caller, ids).await?;
    let mut results = app.seats.end(&caller.actor(), ids, reach, how).await?;
    explain(app, caller, &mut results).await?;
    for (place, id) in strange {
        let nothing = EndResult { id, ended: None, refused: Some(Code::NotFound), ending: None };
        results.insert(place, nothing);
    }
    Ok(results)
}

/// Those of the sessions that a manager who is limited to groups may know of, and the others with their places.
async fn seen(
    app: &App,
    caller: &Caller,
    ids: Vec<SessionId>,
) -> Result<(Vec<SessionId>, Vec<(usize, SessionId)>), Fail> {
    let Scope::Groups(manager) = Scope::of(caller) else { return Ok((ids, Vec::new())) };
    let his = store::scope::sessions_among(&app.db, manager, &ids).await?;
    let strange = ids.iter().copied().enumerate().filter(|(_, id)| !his.contains(id)).collect();
    Ok((ids.into_iter().filter(|id| his.contains(id)).collect(), strange))
}

/// Calls off an end that was announced.
#[utoipa::path(post, path = "/sessions/{id}/keep", tag = "sessions", params(("id" = SessionId, Path)), responses((status = 200, body = SessionView)))]
pub async fn keep(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SessionId>,
) -> Result<Json<SessionView>, Fail> {
    caller.must(Action::EndSessions)?;
    visible(&app, &caller, id).await?;
    let kept = app.seats.call_off(&caller.actor(), id).await;
    managed(&app, &caller, id, kept).await
}

/// Marks a session as protected from idleness and from ends of many at once, or no longer.
#[utoipa::path(post, path = "/sessions/{id}/protect", tag = "sessions", params(("id" = SessionId, Path)), request_body = Protect, responses((status = 200, body = SessionView)))]
pub async fn protect(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SessionId>,
    Body(with): Body<Protect>,
) -> Result<Json<SessionView>, Fail> {
    caller.must(Action::EndSessions)?;
    visible(&app, &caller, id).await?;
    let marked = app.seats.protect(&caller.actor(), id, with.protected).await;
    managed(&app, &caller, id, marked).await
}

/// What an admin or manager is told of a session that he changed.
async fn managed(
    app: &App,
    caller: &Caller,
    id: SessionId,
    changed: Result<SessionView, SeatsError>,
) -> Result<Json<SessionView>, Fail> {
    match changed {
        Ok(mut session) => {
            hide_key(&mut session, caller);
            Ok(Json(session))
        }
        Err(SeatsError::Failed(Code::NotFound)) => match visible(app, caller, id).await?.ended {
            Some(end) => Err(Fail::ended(Code::SessionEnded, end)),
            None => Err(Fail::code(Code::WrongState)),
        },
        Err(error) => Err(error.into()),
    }
}

/// Says of the sessions that were not ended why not, as far as the caller may know.
async fn explain(app: &App, caller: &Caller, results: &mut [EndResult]) -> Result<(), Fail> {
    let open: Vec<_> = results.iter().filter(|r| r.refused == Some(Code::NotFound)).map(|r| r.id).collect();
    if open.is_empty() {
        return Ok(());
    }
    let known: HashMap<_, _> =
        store::sessions::some(&app.db, open).await?.into_iter().map(|session| (session.id, session)).collect();
    for result in results.iter_mut().filter(|r| r.refused == Some(Code::NotFound)) {
        let Some(session) = known.get(&result.id) else { continue };
        if session.user_id != caller.id && !caller.may(Action::ViewSessions) {
            continue;
        }
        result.ended = session.ended.clone();
        result.refused = Some(if session.ended.is_some() { Code::SessionEnded } else { Code::Forbidden });
    }
    Ok(())
}

//! Ending all live sessions that match a filter, as of the time of the request.

use super::{
    pagination::non_blank,
    session_end::{end_options, explain_refusals, owner_filter},
};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{
        extract::ValidJson,
        problem::{ApiError, FieldErrors},
    },
    seats::command::EndOptions,
    store::{self, pagination::Cursor, sessions::SessionFilter},
};
use axum::{Json, extract::State};
use seatkeeper_shared::{
    permissions::Action,
    problem::Code,
    validate::{self, FieldError},
    wire::sessions::{
        EndMatching, EndResult, EndSession, LiveSessionFilter, MatchedEnd, MatchedEnds, SessionSort, SessionView,
        StateFilter,
    },
};

/// Ends all live sessions that match a filter, with a result for each; with `dry_run`, says what would be ended.
///
/// A request handles up to 1,000 sessions, the oldest first. If more match, the response has a `next` for the `after`
/// of the next request. Which sessions match is decided when the request arrives: those that began since a dry run are
/// ended, too.
#[utoipa::path(
    post, path = "/sessions/end-matching", tag = "sessions",
    request_body = EndMatching,
    responses((status = 200, body = MatchedEnds)),
)]
pub async fn end_matching(
    State(app): State<App>,
    caller: Caller,
    ValidJson(wanted): ValidJson<EndMatching>,
) -> Result<Json<MatchedEnds>, ApiError> {
    caller.require(Action::EndSessions)?;
    let EndMatching { filter, dry_run, after, message, in_seconds, protected_too } = wanted;
    let mut fields = FieldErrors::default();
    let options = end_options(&mut fields, &EndSession { message, in_seconds, protected_too });
    let filter = fields.check("filter.state", session_filter(&caller, filter));
    let after = fields.check("after", cursor(after.as_deref()));
    let ((options, filter), after) = fields.finish(options.zip(filter).zip(after))?;
    let oldest_first = (SessionSort::Created, false);
    let found = store::sessions::page(&app.db, &filter, oldest_first, after.as_ref(), validate::MAX_BULK_ITEMS).await?;
    let results = match dry_run {
        true => found.items.iter().map(|session| would_end(&caller, session, &options)).collect(),
        false => end(&app, &caller, &found.items, options).await?,
    };
    let matched = |(session, result): (SessionView, EndResult)| MatchedEnd { user_name: session.user_name, result };
    let results = found.items.into_iter().zip(results).map(matched).collect();
    Ok(Json(MatchedEnds { dry_run, results, total: found.total, next: found.next }))
}

/// The filter, limited to the sessions that the caller may see.
fn session_filter(caller: &Caller, filter: LiveSessionFilter) -> Result<SessionFilter, FieldError> {
    let LiveSessionFilter { license, product, model, user, state, platform, q } = filter;
    let state = state.unwrap_or(StateFilter::Live);
    if state == StateFilter::Ended {
        return Err(FieldError::Unknown);
    }
    let (within, q) = (Scope::of(caller).manager(), non_blank(q));
    Ok(SessionFilter { license, product, model, user, within, state: Some(state), platform, q })
}

fn cursor(after: Option<&str>) -> Result<Option<Cursor>, FieldError> {
    let Some(text) = after.filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_of_time = store::sessions::of_time(SessionSort::Created);
    let cursor = Cursor::decode(text).filter(|cursor| store::pagination::fits(cursor, is_of_time));
    cursor.map(Some).ok_or(FieldError::Unknown)
}

async fn end(
    app: &App,
    caller: &Caller,
    sessions: &[SessionView],
    options: EndOptions,
) -> Result<Vec<EndResult>, ApiError> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let ids = sessions.iter().map(|session| session.id).collect();
    let mut results = app.seats.end(&caller.actor(), ids, owner_filter(caller), options).await?;
    explain_refusals(app, caller, results.iter_mut().collect()).await?;
    Ok(results)
}

/// What the request would do, by the rules of the seats: agents end their own sessions whatever protects them.
fn would_end(caller: &Caller, session: &SessionView, options: &EndOptions) -> EndResult {
    let refused = match session.user_id == caller.id {
        true => None,
        false if session.protected && !options.protected_too => Some(Code::Protected),
        false => session.borrowed_until.map(|_| Code::Borrowed),
    };
    EndResult { id: session.id, ended: None, refused, ending: None }
}

//! The queue: watching tickets, accepting and passing on offers, and reordering by admins.

use crate::{
    app::App,
    auth::{Caller, Scope, StreamGuard, admission::Admission, stream_guard::OnRevocation},
    http::{
        extract::{PathParam, ValidJson, ValidQuery},
        problem::{ApiError, FieldErrors},
    },
    live::ticket,
    pool::NewSession,
    seats::{SeatsError, command::OwnerFilter},
    store,
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use seatkeeper_shared::{
    ids::{SessionId, TicketId},
    permissions::Action,
    problem::Code,
    ticket::TicketEnd,
    validate::in_range,
    wire::{
        queue::{MoveTicket, QueueView, TicketView},
        sessions::SessionView,
    },
};
use serde::Deserialize;
use std::time::Duration;

/// Lists the queues with waiters, in order. Agents see their own tickets with their positions.
#[utoipa::path(get, path = "/queues", tag = "queue", responses((status = 200, body = Vec<QueueView>)))]
pub async fn queues(State(app): State<App>, caller: Caller) -> Result<Json<Vec<QueueView>>, ApiError> {
    let mut queues = match Scope::of(&caller) {
        Scope::All => store::queue::all(&app.db).await?,
        Scope::Groups(manager) => store::queue::visible_to(&app.db, manager).await?,
        Scope::Own(user) => store::queue::of_user(&app.db, user).await?,
    };
    app.wait_estimates.estimate_queues(&mut queues, app.clock.now()).await?;
    Ok(Json(queues))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TicketQuery {
    /// Respond only when the ticket changes, or after this many seconds, 0 to 30.
    wait: Option<i64>,
    /// The position known to the client. If it has changed, the response is immediate.
    position: Option<i64>,
}

/// Returns a ticket, with `wait` as a long poll. A request by its own agent keeps the ticket alive.
#[utoipa::path(
    get, path = "/tickets/{id}", tag = "queue",
    params(("id" = TicketId, Path), TicketQuery),
    responses((status = 200, body = TicketView)),
)]
pub async fn ticket(
    State(app): State<App>,
    caller: Caller,
    admission: Admission,
    PathParam(id): PathParam<TicketId>,
    ValidQuery(query): ValidQuery<TicketQuery>,
) -> Result<Json<TicketView>, ApiError> {
    let mut fields = FieldErrors::default();
    let wait = fields.check("wait", in_range(query.wait.unwrap_or(0), 0, 30));
    let wait = Duration::from_secs(fields.finish(wait)?.unsigned_abs());
    let mut seen = visible_ticket(&app, &caller, id).await?;
    if seen.user_id == caller.id && seen.over.is_none() {
        match app.seats.renew_ticket(&caller.actor(), caller.id, id).await {
            Ok(()) | Err(SeatsError::Failed(Code::NotFound)) => {}
            Err(error) => return Err(error.into()),
        }
        // The renewal ends a ticket that had expired, but was not found by the sweep yet.
        seen = visible_ticket(&app, &caller, id).await?;
    }
    if wait.is_zero() {
        return Ok(Json(app.wait_estimates.estimate_ticket(seen, app.clock.now()).await?));
    }
    let mut guard = StreamGuard::open((&app.streams, &app.db), &app.last_used, admission, None).await?;
    let subscriber = (guard.caller().id, app.feed.subscribe(&guard));
    let next = guard.run(ticket::poll(&app.live, subscriber, id, query.position, wait)).await.transpose()?.flatten();
    // The caller's visibility may have changed while waiting.
    let seen = visible_ticket(&app, &guard.current_caller()?, id).await?;
    match next {
        Some(next) => Ok(Json(next)),
        None => Ok(Json(app.wait_estimates.estimate_ticket(seen, app.clock.now()).await?)),
    }
}

/// Streams a ticket as server-sent events named `ticket`, each with its current state, until it is over. The ticket
/// stays alive while its own agent is connected.
#[utoipa::path(
    get, path = "/tickets/{id}/events", tag = "queue",
    params(("id" = TicketId, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String)),
)]
pub async fn ticket_events(
    State(app): State<App>,
    guard: StreamGuard,
    PathParam(id): PathParam<TicketId>,
) -> Result<Response, ApiError> {
    visible_ticket(&app, guard.caller(), id).await?;
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    let stream = ticket::watch(app.live.clone(), &guard, id);
    Ok((headers, guard.body(stream, OnRevocation::Close)).into_response())
}

/// A ticket that the caller may see.
async fn visible_ticket(app: &App, caller: &Caller, id: TicketId) -> Result<TicketView, ApiError> {
    let found = store::queue::get(&app.db, id).await?;
    let ticket = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let is_visible = Scope::of(caller).shows_work_of(&app.db, ticket.user_id).await?;
    if is_visible { Ok(ticket) } else { Err(ApiError::new(Code::NotFound)) }
}

/// Accepts an offer and takes the seat. Repeating the request returns the same session.
#[utoipa::path(
    post, path = "/tickets/{id}/accept", tag = "queue",
    params(("id" = TicketId, Path)),
    responses((status = 201, body = SessionView), (status = 200, body = SessionView)),
)]
pub async fn accept(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<TicketId>,
) -> Result<(StatusCode, Json<SessionView>), ApiError> {
    let now = app.clock.now();
    let new = NewSession { id: SessionId(app.random.id(now)), support_key: app.random.support_key() };
    match app.seats.accept_offer(&caller.actor(), caller.id, id, new).await {
        Ok(session) => Ok((StatusCode::CREATED, Json(session))),
        Err(SeatsError::Refused(refusal)) => Err(app.wait_estimates.estimate_refusal(refusal, now).await.into()),
        Err(error) => accepted_session(&app, &caller, id, error).await,
    }
}

/// The session that was already started with this ticket, or the error.
async fn accepted_session(
    app: &App,
    caller: &Caller,
    id: TicketId,
    error: SeatsError,
) -> Result<(StatusCode, Json<SessionView>), ApiError> {
    let error = explain_error(app, caller, id, error).await;
    let over = store::queue::get(&app.db, id).await?.filter(|ticket| ticket.user_id == caller.id);
    let seated = over.and_then(|ticket| ticket.over).filter(|over| over.reason == TicketEnd::Seated);
    let Some(session) = seated.and_then(|over| over.session_id) else { return Err(error) };
    match store::sessions::get(&app.db, session).await? {
        Some(session) if session.ended.is_none() => Ok((StatusCode::OK, Json(session))),
        _ => Err(error),
    }
}

/// Replaces `not_found` with how the ticket ended, if the caller sees it.
async fn explain_error(app: &App, caller: &Caller, id: TicketId, error: SeatsError) -> ApiError {
    if !matches!(error, SeatsError::Failed(Code::NotFound)) {
        return error.into();
    }
    match visible_ticket(app, caller, id).await {
        Err(error) => error,
        Ok(TicketView { over: Some(over), .. }) => ApiError::ticket_over(over),
        Ok(_) => ApiError::new(Code::Forbidden),
    }
}

/// Passes an offer on to the next ticket, and moves this one behind it. Without another waiter, the offer stays.
#[utoipa::path(
    post, path = "/tickets/{id}/pass", tag = "queue",
    params(("id" = TicketId, Path)),
    responses((status = 200, body = TicketView)),
)]
pub async fn pass(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<TicketId>,
) -> Result<Json<TicketView>, ApiError> {
    match app.seats.pass_offer(&caller.actor(), caller.id, id).await {
        Ok(ticket) => Ok(Json(app.wait_estimates.estimate_ticket(ticket, app.clock.now()).await?)),
        Err(error) => Err(explain_error(&app, &caller, id, error).await),
    }
}

/// Leaves the queue, which also declines an offer. With `manage_sessions`, also removes other users' tickets.
#[utoipa::path(
    delete, path = "/tickets/{id}", tag = "queue",
    params(("id" = TicketId, Path)),
    responses((status = 204)),
)]
pub async fn leave(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<TicketId>,
) -> Result<StatusCode, ApiError> {
    if caller.may(Action::EndSessions) {
        visible_ticket(&app, &caller, id).await?;
    }
    let owner_filter = if caller.may(Action::EndSessions) { OwnerFilter::All } else { OwnerFilter::Own(caller.id) };
    match app.seats.leave_queue(&caller.actor(), id, owner_filter).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(explain_error(&app, &caller, id, error).await),
    }
}

/// Moves a ticket to another position in the queue.
#[utoipa::path(
    post, path = "/tickets/{id}/move", tag = "queue",
    params(("id" = TicketId, Path)),
    request_body = MoveTicket,
    responses((status = 200, body = TicketView)),
)]
pub async fn move_ticket(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<TicketId>,
    ValidJson(to): ValidJson<MoveTicket>,
) -> Result<Json<TicketView>, ApiError> {
    caller.require(Action::EndSessions)?;
    let mut fields = FieldErrors::default();
    let position = fields.check("position", in_range(to.position, 1, 1_000_000));
    visible_ticket(&app, &caller, id).await?;
    match app.seats.move_ticket(&caller.actor(), id, fields.finish(position)?).await {
        Ok(ticket) => Ok(Json(app.wait_estimates.estimate_ticket(ticket, app.clock.now()).await?)),
        Err(error) => Err(explain_error(&app, &caller, id, error).await),
    }
}

//! The queue: watching one's place, taking the seat that is offered, and what admins do with the line.

use crate::{
    app::App,
    auth::{Caller, Scope, StreamGuard, caller::Admission, stream_guard::Ending},
    http::{
        extract::{Asked, Body, Named},
        problem::{Fail, Fields},
    },
    live::ticket,
    seats::{SeatsError, command::Reach, pool::Ask},
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
    session::Mode,
    ticket::TicketEnd,
    validate::within,
    wire::{
        queue::{MoveTicket, QueueView, TicketView},
        sessions::SessionView,
    },
};
use serde::Deserialize;
use std::time::Duration;

/// The lines in which somebody waits, the heads first; an agent sees his own tickets, with their positions.
#[utoipa::path(get, path = "/queues", tag = "queue", responses((status = 200, body = Vec<QueueView>)))]
pub async fn queues(State(app): State<App>, caller: Caller) -> Result<Json<Vec<QueueView>>, Fail> {
    let mut queues = match Scope::of(&caller) {
        Scope::All => store::queue::all(&app.db).await?,
        Scope::Groups(manager) => store::queue::within(&app.db, manager).await?,
        Scope::Own(user) => store::queue::of_user(&app.db, user).await?,
    };
    app.prospects.tell_all(&mut queues, app.clock.now()).await?;
    Ok(Json(queues))
}

/// How a ticket is looked at.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TicketAsked {
    /// Answer only when something changes, or after so many seconds, 0 to 30.
    wait: Option<i64>,
    /// The position that the client knows of: if it is another now, the answer comes at once.
    position: Option<i64>,
}

/// One ticket. With `wait` the answer comes when something changes. To its own agent's client it is a sign of life.
#[utoipa::path(get, path = "/tickets/{id}", tag = "queue", params(("id" = TicketId, Path), TicketAsked), responses((status = 200, body = TicketView)))]
pub async fn ticket(
    State(app): State<App>,
    caller: Caller,
    admission: Admission,
    Named(id): Named<TicketId>,
    Asked(asked): Asked<TicketAsked>,
) -> Result<Json<TicketView>, Fail> {
    let mut fields = Fields::default();
    let wait = fields.check("wait", within(asked.wait.unwrap_or(0), 0, 30));
    let wait = Duration::from_secs(fields.all(wait)?.unsigned_abs());
    let mut seen = visible(&app, &caller, id).await?;
    if seen.user_id == caller.id && seen.over.is_none() {
        match app.seats.keep(&caller.actor(), caller.id, id).await {
            Ok(()) | Err(SeatsError::Failed(Code::NotFound)) => {}
            Err(error) => return Err(error.into()),
        }
        // A ticket that had expired, but that no sweep had found yet, is over by this.
        seen = visible(&app, &caller, id).await?;
    }
    if wait.is_zero() {
        return Ok(Json(app.prospects.tell(seen, app.clock.now()).await?));
    }
    let mut guard = StreamGuard::open(&app, admission).await?;
    let told = (guard.caller().id, app.feed.subscribe(&guard));
    let next = guard.run(ticket::next(&app, told, id, asked.position, wait)).await.transpose()?.flatten();
    // What they may see can have changed while they waited.
    let seen = visible(&app, &guard.caller_now()?, id).await?;
    match next {
        Some(next) => Ok(Json(next)),
        None => Ok(Json(app.prospects.tell(seen, app.clock.now()).await?)),
    }
}

/// One ticket as a stream of server-sent events named `ticket`, each with its present state, until it is over. While its own
/// agent's client listens, the ticket stays alive.
#[utoipa::path(get, path = "/tickets/{id}/events", tag = "queue", params(("id" = TicketId, Path)), responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn ticket_events(
    State(app): State<App>,
    guard: StreamGuard,
    Named(id): Named<TicketId>,
) -> Result<Response, Fail> {
    visible(&app, guard.caller(), id).await?;
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    let stream = ticket::watch(app, &guard, id);
    Ok((headers, guard.body(stream, Ending::Quiet)).into_response())
}

/// A ticket that the caller may see.
async fn visible(app: &App, caller: &Caller, id: TicketId) -> Result<TicketView, Fail> {
    let found = store::queue::get(&app.db, id).await?;
    let ticket = found.ok_or_else(|| Fail::code(Code::NotFound))?;
    let shown = Scope::of(caller).shows_work_of(&app.db, ticket.user_id).await?;
    if shown { Ok(ticket) } else { Err(Fail::code(Code::NotFound)) }
}

/// Takes the seat that is offered. Doing it again gives the same session.
#[utoipa::path(post, path = "/tickets/{id}/accept", tag = "queue", params(("id" = TicketId, Path)), responses((status = 201, body = SessionView), (status = 200, body = SessionView)))]
pub async fn accept(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<TicketId>,
) -> Result<(StatusCode, Json<SessionView>), Fail> {
    let now = app.clock.now();
    // Device, kind and platform are those of the ticket.
    let ask = Ask {
        session: SessionId(app.dice.id(now)),
        device: String::new(),
        mode: Mode::Attended,
        platform: None,
        remote_device: None,
        support_key: app.dice.support_key(),
        idempotency_key: None,
        ticket: None,
        borrow: None,
    };
    match app.seats.accept(&caller.actor(), caller.id, id, ask).await {
        Ok(session) => Ok((StatusCode::CREATED, Json(session))),
        Err(SeatsError::Refused(refusal)) => Err(app.prospects.refused(refusal, now).await.into()),
        Err(error) => again(&app, &caller, id, error).await,
    }
}

/// The session that the ticket has already become, or why it has not.
async fn again(
    app: &App,
    caller: &Caller,
    id: TicketId,
    error: SeatsError,
) -> Result<(StatusCode, Json<SessionView>), Fail> {
    let fail = why_not(app, caller, id, error).await;
    let over = store::queue::get(&app.db, id).await?.filter(|ticket| ticket.user_id == caller.id);
    let seated = over.and_then(|ticket| ticket.over).filter(|over| over.reason == TicketEnd::Seated);
    let Some(session) = seated.and_then(|over| over.session_id) else { return Err(fail) };
    match store::sessions::get(&app.db, session).await? {
        Some(session) if session.ended.is_none() => Ok((StatusCode::OK, Json(session))),
        _ => Err(fail),
    }
}

/// Says of a ticket that is over how it ended, to whoever may see it.
async fn why_not(app: &App, caller: &Caller, id: TicketId, error: SeatsError) -> Fail {
    if !matches!(error, SeatsError::Failed(Code::NotFound)) {
        return error.into();
    }
    match visible(app, caller, id).await {
        Err(fail) => fail,
        Ok(TicketView { over: Some(over), .. }) => Fail::ticket_over(over),
        Ok(_) => Fail::code(Code::Forbidden),
    }
}

/// Lets the next one in the line go first, and comes right after. If nobody else waits, the offer stays.
#[utoipa::path(post, path = "/tickets/{id}/pass", tag = "queue", params(("id" = TicketId, Path)), responses((status = 200, body = TicketView)))]
pub async fn pass(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<TicketId>,
) -> Result<Json<TicketView>, Fail> {
    match app.seats.pass(&caller.actor(), caller.id, id).await {
        Ok(ticket) => Ok(Json(app.prospects.tell(ticket, app.clock.now()).await?)),
        Err(error) => Err(why_not(&app, &caller, id, error).await),
    }
}

/// Leaves the line, or declines the offer; whoever may manage sessions can take anybody out.
#[utoipa::path(delete, path = "/tickets/{id}", tag = "queue", params(("id" = TicketId, Path)), responses((status = 204)))]
pub async fn leave(State(app): State<App>, caller: Caller, Named(id): Named<TicketId>) -> Result<StatusCode, Fail> {
    if caller.may(Action::EndSessions) {
        visible(&app, &caller, id).await?;
    }
    let reach = if caller.may(Action::EndSessions) { Reach::All } else { Reach::Own(caller.id) };
    match app.seats.leave(&caller.actor(), id, reach).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(why_not(&app, &caller, id, error).await),
    }
}

/// Gives a ticket another place in the line.
#[utoipa::path(post, path = "/tickets/{id}/move", tag = "queue", params(("id" = TicketId, Path)), request_body = MoveTicket, responses((status = 200, body = TicketView)))]
pub async fn move_ticket(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<TicketId>,
    Body(to): Body<MoveTicket>,
) -> Result<Json<TicketView>, Fail> {
    caller.must(Action::EndSessions)?;
    let mut fields = Fields::default();
    let position = fields.check("position", within(to.position, 1, 1_000_000));
    visible(&app, &caller, id).await?;
    match app.seats.place(&caller.actor(), id, fields.all(position)?).await {
        Ok(ticket) => Ok(Json(app.prospects.tell(ticket, app.clock.now()).await?)),
        Err(error) => Err(why_not(&app, &caller, id, error).await),
    }
}

//! Sessions: asking for a seat, keeping it, giving it back, and lists of them.

use super::{
    borrow::{signed, signer, with_lease},
    lists::{Paging, given, paging},
};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{
        extract::{Asked, Body, MaybeBody, Named},
        problem::{Fail, Fields},
    },
    seats::{
        SeatsError, Taken,
        command::{HowToEnd, Reach},
        pool::Ask,
    },
    store,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, TicketId, UserId},
    license::Model,
    permissions::Action,
    problem::Code,
    session::{EndReason, Mode, Platform},
    validate::{self, FieldError},
    wire::{
        Page,
        queue::TicketView,
        sessions::{
            Connect, Continue, EndResult, EndResults, EndSession, EndSessions, Heartbeat, NewSession, Protect, Renewed,
            SessionSort, SessionView, StateFilter,
        },
    },
};
use serde::Deserialize;
use std::collections::HashMap;

/// Which sessions a list shows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionsAsked {
    /// On this license.
    license: Option<LicenseId>,
    /// With this product.
    product: Option<ProductId>,
    /// On licenses of this model.
    model: Option<Model>,
    /// Of this agent.
    user: Option<UserId>,
    /// In this state.
    state: Option<StateFilter>,
    /// With this platform on the other side.
    platform: Option<Platform>,
    /// With this in the agent's name or e-mail, whatever case and accents.
    q: Option<String>,
    /// `created_at`, `user_name`, `state`, `last_seen_at`; with a minus falling. `-created_at` if absent.
    sort: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many rows, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// Sessions; an agent sees his own.
#[utoipa::path(get, path = "/sessions", tag = "sessions", params(SessionsAsked), responses((status = 200, body = Page<SessionView>)))]
pub async fn sessions(
    State(app): State<App>,
    caller: Caller,
    Asked(asked): Asked<SessionsAsked>,
) -> Result<Json<Page<SessionView>>, Fail> {
    let (filter, page) = wanted(&caller, asked)?;
    let mut found = store::sessions::page(&app.db, &filter, page.order, page.after.as_ref(), page.limit).await?;
    found.items.iter_mut().for_each(|session| hide_key(session, &caller));
    Ok(Json(found))
}

/// Which sessions this caller is shown of those he asks for, and in what order.
pub(super) fn wanted(
    caller: &Caller,
    asked: SessionsAsked,
) -> Result<(store::sessions::Filter, Paging<SessionSort>), Fail> {
    let usual = (SessionSort::Created, true);
    let page = paging(asked.sort.as_deref(), asked.after.as_deref(), asked.limit, usual, store::sessions::of_time)?;
    let user = match Scope::of(caller) {
        Scope::All | Scope::Groups(_) => asked.user,
        Scope::Own(own) if asked.user.is_some_and(|user| user != own) => return Err(Fail::code(Code::Forbidden)),
        Scope::Own(own) => Some(own),
    };
    let filter = store::sessions::Filter {
        license: asked.license,
        product: asked.product,
        model: asked.model,
        user,
        within: Scope::of(caller).manager(),
        state: asked.state,
        platform: asked.platform,
        q: given(asked.q),
    };
    Ok((filter, page))
}

/// A support key is for the session's own agent.
pub(super) fn hide_key(session: &mut SessionView, caller: &Caller) {
    if session.user_id != caller.id {
        session.support_key = None;
    }
}

/// A session that the caller may see.
async fn visible(app: &App, caller: &Caller, id: SessionId) -> Result<SessionView, Fail> {
    let found = store::sessions::get(&app.db, id).await?;
    let mut session = found.ok_or_else(|| Fail::code(Code::NotFound))?;
    if !Scope::of(caller).shows_work_of(&app.db, session.user_id).await? {
        return Err(Fail::code(Code::NotFound));
    }
    hide_key(&mut session, caller);
    Ok(session)
}

/// The devices at the other end of my sessions, the last 50, the newest first: to choose from.
#[utoipa::path(get, path = "/me/remote-devices", tag = "sessions", responses((status = 200, body = Vec<String>)))]
pub async fn remote_devices(State(app): State<App>, caller: Caller) -> Result<Json<Vec<String>>, Fail> {
    Ok(Json(store::sessions::remote_devices(&app.db, caller.id, 50).await?))
}

/// One session; while it is borrowed, to its own agent with its `lease`.
#[utoipa::path(get, path = "/sessions/{id}", tag = "sessions", params(("id" = SessionId, Path)), responses((status = 200, body = SessionView)))]
pub async fn session(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SessionId>,
) -> Result<Json<SessionView>, Fail> {
    let session = visible(&app, &caller, id).await?;
    Ok(Json(with_lease(&app, &caller, session).await?))
}

/// Asks for a seat. 201 with a new session, 200 with the one that the same idempotency key got before, 202 with a ticket if
/// there is none now and the agent wants to wait.
#[utoipa::path(
    post, path = "/sessions", tag = "sessions", request_body = NewSession,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters; the same key gets the same session")),
    responses((status = 201, body = SessionView), (status = 200, body = SessionView), (status = 202, body = TicketView))
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Body(wanted): Body<NewSession>,
) -> Result<Response, Fail> {
    let mut fields = Fields::default();
    let device = fields.check("device", validate::name(&wanted.device));
    let remote = given(wanted.remote_device).map(|name| validate::name(&name)).transpose();
    let remote = fields.check("remote_device", remote);
    let key = fields.check("Idempotency-Key", idempotency_key(&headers));
    let product = app.bell.catalog.find(&app.db, &wanted.product).await?;
    let product = fields.check("product", product.ok_or(FieldError::Unknown));
    let borrow = fields.check("borrow_seconds", wanted.borrow_seconds.map(validate::borrow_seconds).transpose());
    let values = device.zip(remote).zip(key).zip(product).zip(borrow);
    let ((((device, remote_device), idempotency_key), product), borrow) = fields.all(values)?;
    if borrow.is_some() && wanted.mode == Mode::Attended {
        return Err(Fail::detail(
            Code::WrongState,
            "A customer joins through the server: attended sessions stay online.",
        ));
    }
    // What cannot be signed is not borrowed.
    let signer = if borrow.is_some() { Some(signer(&app).await?) } else { None };
    let now = app.clock.now();
    let ask = Ask {
        session: SessionId(app.dice.id(now)),
        ticket: wanted.wait.then(|| TicketId(app.dice.id(now))),
        device,
        mode: wanted.mode,
        platform: wanted.platform,
        remote_device,
        support_key: app.dice.support_key(),
        idempotency_key,
        borrow: borrow.map(TimeDelta::seconds),
    };
    match app.seats.create(&caller.actor(), caller.id, product, ask).await {
        Ok(Taken::New(session)) => {
            let session = match &signer {
                Some(signer) => signed(&app, signer, *session).await?,
                None => *session,
            };
            Ok((StatusCode::CREATED, Json(session)).into_response())
        }
        Ok(Taken::Repeated(id)) => {
            let session = visible(&app, &caller, id).await?;
            Ok(Json(with_lease(&app, &caller, session).await?).into_response())
        }
        Ok(Taken::Ticket(ticket)) => {
            let ticket = app.prospects.tell(*ticket, now).await?;
            Ok((StatusCode::ACCEPTED, Json(ticket)).into_response())
        }
        Err(SeatsError::Refused(refusal)) => Err(app.prospects.refused(refusal, now).await.into()),
        Err(error) => Err(error.into()),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, FieldError> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str().map(str::trim) {
        Ok("") => Err(FieldError::Required),
        Ok(key) if key.len() <= validate::MAX_KEY => Ok(Some(key.to_owned())),
        Ok(_) => Err(FieldError::TooLong { max: validate::MAX_KEY }),
        Err(_) => Err(FieldError::ControlCharacters),
    }
}

/// A customer connected.
#[utoipa::path(post, path = "/sessions/{id}/connect", tag = "sessions", params(("id" = SessionId, Path)), request_body = Connect, responses((status = 200, body = SessionView)))]
pub async fn connect(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SessionId>,
    Body(with): Body<Connect>,
) -> Result<Json<SessionView>, Fail> {
    match app.seats.connect(&caller.actor(), caller.id, id, with.platform).await {
        Ok(session) => Ok(Json(session)),
        Err(error) => Err(why_not(&app, &caller, id, error).await),
    }
}

/// Goes on at another device with a session, and with my others at the same license and device. The other device is told by the live
/// feed; no seat is free in between.
#[utoipa::path(post, path = "/sessions/{id}/continue", tag = "sessions", params(("id" = SessionId, Path)), request_body = Continue, responses((status = 200, body = SessionView)))]
pub async fn go_on(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SessionId>,
    Body(with): Body<Continue>,
) -> Result<Json<SessionView>, Fail> {
    let mut fields = Fields::default();
    let device = fields.check("device", validate::name(&with.device));
    let device = fields.all(device)?;
    match app.seats.go_on(&caller.actor(), caller.id, id, device).await {
        Ok(session) => Ok(Json(session)),
        Err(error) => Err(why_not(&app, &caller, id, error).await),
    }
}

/// A heartbeat: the lease starts anew.
#[utoipa::path(post, path = "/sessions/{id}/heartbeat", tag = "sessions", params(("id" = SessionId, Path)), request_body = Option<Heartbeat>, responses((status = 200, body = Renewed)))]
pub async fn heartbeat(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<SessionId>,
    MaybeBody(beat): MaybeBody<Heartbeat>,
) -> Result<Json<Renewed>, Fail> {
    match app.seats.renew(&caller.actor(), caller.id, id, beat.active).await {
        Ok(renewed) => Ok(Json(renewed)),
        Err(error) => Err(why_not(&app, &caller, id, error).await),
    }
}

/// Says of a session that is over how it ended, to its own agent.
pub(super) async fn why_not(app: &App, caller: &Caller, id: SessionId, error: SeatsError) -> Fail {
    if !matches!(error, SeatsError::Failed(Code::NotFound)) {
        return error.into();
    }
    match visible(app, caller, id).await {
        Err(fail) => fail,
        Ok(session) if session.user_id != caller.id => Fail::code(Code::Forbidden),
        Ok(session) => match session.ended {
            Some(end) if end.reason == EndReason::LeaseExpired => Fail::ended(Code::LeaseExpired, end),
            Some(end) => Fail::ended(Code::SessionEnded, end),
            None => Fail::code(Code::WrongState),
        },
    }
}

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

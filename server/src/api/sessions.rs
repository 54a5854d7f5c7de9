//! Sessions: asking for a seat and keeping it, and lists of them. How they end is in `ends`.

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
    seats::{SeatsError, Taken, pool::Ask},
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
    problem::Code,
    session::{EndReason, Mode, Platform},
    validate::{self, FieldError},
    wire::{
        Page,
        queue::TicketView,
        sessions::{Connect, Continue, Heartbeat, NewSession, Renewed, SessionSort, SessionView, StateFilter},
    },
};
use serde::Deserialize;

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
pub(super) async fn visible(app: &App, caller: &Caller, id: SessionId) -> Result<SessionView, Fail> {
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

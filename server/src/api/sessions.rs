//! Sessions: requesting seats, heartbeats and lists. Ending sessions is in `session_end`.

use super::{
    borrow::{attach_lease, attach_own_lease, require_signer},
    pagination::{Paging, non_blank, parse_paging},
};
use crate::{
    app::App,
    auth::{Caller, Scope},
    http::{
        extract::{OptionalJson, PathParam, ValidJson, ValidQuery},
        problem::{ApiError, FieldErrors},
    },
    lease_signing::LeaseSigner,
    pool::SeatRequest,
    seats::{CreateOutcome, SeatsError, command::WantedSeat},
    store,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, TicketId, UserId},
    license::Model,
    problem::Code,
    session::{EndReason, Mode, Platform},
    validate::{self, FieldError},
    wire::{
        Page,
        queue::TicketView,
        sessions::{Connect, Continue, Heartbeat, HeartbeatReply, NewSession, SessionSort, SessionView, StateFilter},
    },
};
use serde::Deserialize;

/// The filter and page of sessions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// Only sessions on this license.
    license: Option<LicenseId>,
    /// Only sessions with this product.
    product: Option<ProductId>,
    /// Only sessions on licenses of this model.
    model: Option<Model>,
    /// Only sessions of this agent.
    user: Option<UserId>,
    /// Only sessions in this state.
    state: Option<StateFilter>,
    /// Only sessions with this customer platform.
    platform: Option<Platform>,
    /// Only sessions with this text in the agent's name or e-mail address, ignoring case and accents.
    q: Option<String>,
    /// `created_at`, `user_name`, `state` or `last_seen_at`; descending with a leading minus. `-created_at` if absent.
    sort: Option<String>,
    /// The `next` of the previous page.
    after: Option<String>,
    /// The number of rows, 1 to 500; 100 if absent.
    limit: Option<i64>,
}

/// Lists sessions. Agents see their own.
#[utoipa::path(
    get, path = "/sessions", tag = "sessions",
    params(SessionsQuery),
    responses((status = 200, body = Page<SessionView>)),
)]
pub async fn sessions(
    State(app): State<App>,
    caller: Caller,
    ValidQuery(query): ValidQuery<SessionsQuery>,
) -> Result<Json<Page<SessionView>>, ApiError> {
    let (filter, page) = parse_query(&caller, query)?;
    let mut found = store::sessions::page(&app.db, &filter, page.order, page.after.as_ref(), page.limit).await?;
    found.items.iter_mut().for_each(|session| hide_support_key(session, &caller));
    Ok(Json(found))
}

/// Validates the query and limits it to the sessions that the caller may see.
pub(super) fn parse_query(
    caller: &Caller,
    query: SessionsQuery,
) -> Result<(store::sessions::SessionFilter, Paging<SessionSort>), ApiError> {
    let default_order = (SessionSort::Created, true);
    let page = parse_paging(
        query.sort.as_deref(),
        query.after.as_deref(),
        query.limit,
        default_order,
        store::sessions::of_time,
    )?;
    let user = match Scope::of(caller) {
        Scope::All | Scope::Groups(_) => query.user,
        Scope::Own(own) if query.user.is_some_and(|user| user != own) => return Err(ApiError::new(Code::Forbidden)),
        Scope::Own(own) => Some(own),
    };
    let filter = store::sessions::SessionFilter {
        license: query.license,
        product: query.product,
        model: query.model,
        user,
        within: Scope::of(caller).manager(),
        state: query.state,
        platform: query.platform,
        q: non_blank(query.q),
    };
    Ok((filter, page))
}

/// Hides the support key from everyone but the session's own agent.
pub(super) fn hide_support_key(session: &mut SessionView, caller: &Caller) {
    if session.user_id != caller.id {
        session.support_key = None;
    }
}

/// A session that the caller may see.
pub(super) async fn visible(app: &App, caller: &Caller, id: SessionId) -> Result<SessionView, ApiError> {
    let found = store::sessions::get(&app.db, id).await?;
    let mut session = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    if !Scope::of(caller).shows_work_of(&app.db, session.user_id).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    hide_support_key(&mut session, caller);
    Ok(session)
}

/// Lists the remote devices of the caller's sessions, the last 50, newest first.
#[utoipa::path(get, path = "/me/remote-devices", tag = "sessions", responses((status = 200, body = Vec<String>)))]
pub async fn remote_devices(State(app): State<App>, caller: Caller) -> Result<Json<Vec<String>>, ApiError> {
    Ok(Json(store::sessions::remote_devices(&app.db, caller.id, 50).await?))
}

/// Returns a session. If it is borrowed, its own agent also gets the `lease`.
#[utoipa::path(
    get, path = "/sessions/{id}", tag = "sessions",
    params(("id" = SessionId, Path)),
    responses((status = 200, body = SessionView)),
)]
pub async fn session(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
) -> Result<Json<SessionView>, ApiError> {
    let session = visible(&app, &caller, id).await?;
    Ok(Json(attach_own_lease(&app, &caller, session).await?))
}

/// Requests a seat.
///
/// Returns 201 with a new session, 200 with the session that the same idempotency key created before, or 202 with a
/// ticket if no seat is free and `wait` is set.
#[utoipa::path(
    post, path = "/sessions", tag = "sessions",
    request_body = NewSession,
    params(
        (
            "Idempotency-Key" = Option<String>,
            Header,
            description = "1 to 100 characters; the same key returns the same session",
        ),
    ),
    responses(
        (status = 201, body = SessionView),
        (status = 200, body = SessionView),
        (status = 202, body = TicketView),
    ),
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    ValidJson(wanted): ValidJson<NewSession>,
) -> Result<Response, ApiError> {
    let key = ("Idempotency-Key", header_key(&headers));
    let SeatWish { wanted, signer } = SeatWish::validate(&app, &caller, wanted, key).await?;
    let now = app.clock.now();
    let created = app.seats.create(&caller.actor(), wanted).await;
    Ok(match seat_answer(&app, &caller, signer.as_ref(), created, now).await? {
        SeatAnswer::Created(session) => (StatusCode::CREATED, Json(session)).into_response(),
        SeatAnswer::Repeated(session) => Json(session).into_response(),
        SeatAnswer::Queued(ticket) => (StatusCode::ACCEPTED, Json(ticket)).into_response(),
    })
}

/// A valid request for a seat.
pub(super) struct SeatWish {
    pub wanted: WantedSeat,
    /// Signs the lease, if the seat is to be borrowed.
    pub signer: Option<LeaseSigner>,
}

impl SeatWish {
    /// Validates a request of the caller. `key` is the name and the value of its idempotency key.
    pub async fn validate(
        app: &App,
        caller: &Caller,
        wanted: NewSession,
        key: (&str, Result<Option<String>, FieldError>),
    ) -> Result<Self, ApiError> {
        let mut fields = FieldErrors::default();
        let device = fields.check("device", validate::name(&wanted.device));
        let remote = non_blank(wanted.remote_device).map(|name| validate::name(&name)).transpose();
        let remote = fields.check("remote_device", remote);
        let key = fields.check(key.0, key.1);
        let product = app.product_cache.find(&app.db, &wanted.product).await?;
        let product = fields.check("product", product.ok_or(FieldError::Unknown));
        let borrow = fields.check("borrow_seconds", wanted.borrow_seconds.map(validate::borrow_seconds).transpose());
        let values = device.zip(remote).zip(key).zip(product).zip(borrow);
        let ((((device, remote_device), idempotency_key), product), borrow) = fields.finish(values)?;
        if borrow.is_some() && wanted.mode == Mode::Attended {
            return Err(ApiError::with_detail(
                Code::WrongState,
                "Attended sessions cannot be borrowed, because customers join through the server.",
            ));
        }
        // Without a signing key, nothing can be borrowed.
        let signer = if borrow.is_some() { Some(require_signer(app).await?) } else { None };
        let now = app.clock.now();
        let request = SeatRequest {
            session: SessionId(app.random.id(now)),
            ticket: wanted.wait.then(|| TicketId(app.random.id(now))),
            device,
            mode: wanted.mode,
            platform: wanted.platform,
            remote_device,
            support_key: app.random.support_key(),
            idempotency_key,
            borrow: borrow.map(TimeDelta::seconds),
            in_place_of: wanted.in_place_of,
        };
        Ok(Self { wanted: WantedSeat { user: caller.id, product, request }, signer })
    }
}

/// The answer to a request for a seat.
pub(super) enum SeatAnswer {
    Created(SessionView),
    /// The session that the same idempotency key created before.
    Repeated(SessionView),
    Queued(TicketView),
}

/// Answers a request for a seat that the caller made at this time.
pub(super) async fn seat_answer(
    app: &App,
    caller: &Caller,
    signer: Option<&LeaseSigner>,
    created: Result<CreateOutcome, SeatsError>,
    now: DateTime<Utc>,
) -> Result<SeatAnswer, ApiError> {
    match created {
        Ok(CreateOutcome::New(session)) => Ok(SeatAnswer::Created(match signer {
            Some(signer) => attach_lease(app, signer, *session).await?,
            None => *session,
        })),
        Ok(CreateOutcome::Repeated(id)) => {
            let session = visible(app, caller, id).await?;
            Ok(SeatAnswer::Repeated(attach_own_lease(app, caller, session).await?))
        }
        Ok(CreateOutcome::Ticket(ticket)) => {
            Ok(SeatAnswer::Queued(app.wait_estimates.estimate_ticket(*ticket, now).await?))
        }
        Err(SeatsError::Refused(refusal)) => Err(app.wait_estimates.estimate_refusal(refusal, now).await.into()),
        Err(error) => Err(error.into()),
    }
}

fn header_key(headers: &HeaderMap) -> Result<Option<String>, FieldError> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    idempotency_key(key.to_str().map_err(|_| FieldError::ControlCharacters)?).map(Some)
}

/// Validates an idempotency key, which has the characters of a header wherever it is sent.
pub(super) fn idempotency_key(text: &str) -> Result<String, FieldError> {
    match text.trim() {
        "" => Err(FieldError::Required),
        key if !key.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) => Err(FieldError::ControlCharacters),
        key if key.len() > validate::MAX_IDEMPOTENCY_KEY_CHARS => {
            Err(FieldError::TooLong { max: validate::MAX_IDEMPOTENCY_KEY_CHARS })
        }
        key => Ok(key.to_owned()),
    }
}

/// Reports that a customer connected.
#[utoipa::path(
    post, path = "/sessions/{id}/connect", tag = "sessions",
    params(("id" = SessionId, Path)),
    request_body = Connect,
    responses((status = 200, body = SessionView)),
)]
pub async fn connect(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
    ValidJson(with): ValidJson<Connect>,
) -> Result<Json<SessionView>, ApiError> {
    match app.seats.connect(&caller.actor(), caller.id, id, with.platform).await {
        Ok(session) => Ok(Json(session)),
        Err(error) => Err(explain_error(&app, &caller, id, error).await),
    }
}

/// Continues a session on another device, with the caller's other sessions on the same license and device.
///
/// The previous device is notified by the live feed. The seat stays occupied throughout.
#[utoipa::path(
    post, path = "/sessions/{id}/continue", tag = "sessions",
    params(("id" = SessionId, Path)),
    request_body = Continue,
    responses((status = 200, body = SessionView)),
)]
pub async fn continue_session(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
    ValidJson(with): ValidJson<Continue>,
) -> Result<Json<SessionView>, ApiError> {
    let mut fields = FieldErrors::default();
    let device = fields.check("device", validate::name(&with.device));
    let device = fields.finish(device)?;
    match app.seats.continue_on_device(&caller.actor(), caller.id, id, device).await {
        Ok(session) => Ok(Json(session)),
        Err(error) => Err(explain_error(&app, &caller, id, error).await),
    }
}

/// Renews the lease of a session.
#[utoipa::path(
    post, path = "/sessions/{id}/heartbeat", tag = "sessions",
    params(("id" = SessionId, Path)),
    request_body = Option<Heartbeat>,
    responses((status = 200, body = HeartbeatReply)),
)]
pub async fn heartbeat(
    State(app): State<App>,
    caller: Caller,
    PathParam(id): PathParam<SessionId>,
    OptionalJson(beat): OptionalJson<Heartbeat>,
) -> Result<Json<HeartbeatReply>, ApiError> {
    match app.seats.renew(&caller.actor(), caller.id, id, beat.active).await {
        Ok(renewed) => Ok(Json(renewed)),
        Err(error) => Err(explain_error(&app, &caller, id, error).await),
    }
}

/// Replaces `not_found` with how the session ended, for its own agent.
pub(super) async fn explain_error(app: &App, caller: &Caller, id: SessionId, error: SeatsError) -> ApiError {
    if !matches!(error, SeatsError::Failed(Code::NotFound)) {
        return error.into();
    }
    match visible(app, caller, id).await {
        Err(error) => error,
        Ok(session) if session.user_id != caller.id => ApiError::new(Code::Forbidden),
        Ok(session) => match session.ended {
            Some(end) if end.reason == EndReason::LeaseExpired => ApiError::ended(Code::LeaseExpired, end),
            Some(end) => ApiError::ended(Code::SessionEnded, end),
            None => ApiError::new(Code::WrongState),
        },
    }
}

//! Forward authentication for other web applications (the gate): the first request takes a seat, later requests renew
//! its lease. A session that a person ended is not started again by the next request of an open window.

pub mod credentials;
pub mod request;
pub mod session_cache;

use crate::{
    auth::Caller,
    clock::{Clock, Random},
    db::Db,
    pool::SeatRequest,
    problem::ApiError,
    seats::{CreateOutcome, Seats, SeatsError, wait_estimate::WaitEstimates},
    store::{
        self,
        forward_auth::{CacheKey, LastSession},
    },
    tasks::Tasks,
};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{SessionId, TicketId},
    problem::{Code, SessionEnd},
    session::{EndReason, Mode},
    wire::queue::TicketView,
};
use session_cache::{CachedDecision, SessionCache};
use sha2::{Digest as _, Sha256};

/// How long requests are refused after a person ended the session.
const REENTRY_BLOCK: TimeDelta = TimeDelta::minutes(10);
/// How long requests are refused after another device took over: that device may be in use all day.
const REENTRY_BLOCK_AFTER_TAKEOVER: TimeDelta = TimeDelta::hours(12);
/// How long a waiter's requests are answered from the cache, however many their windows send.
const QUEUED_CACHE_TIME: TimeDelta = TimeDelta::seconds(2);
/// How long a refusal is answered from the cache: each new one is written to the event log.
const REFUSAL_CACHE_TIME: TimeDelta = TimeDelta::seconds(15);
/// Attempts to enter while sessions keep ending during the attempt.
const MAX_ENTRY_ATTEMPTS: usize = 3;

/// The result of an attempt to enter.
#[derive(Debug)]
pub enum EntryOutcome {
    /// The user has a seat, with this session.
    Seat(SessionId),
    /// The user waits in the queue.
    Queued(Box<TicketView>),
}

/// What admits requests. Clones share all.
#[derive(Clone)]
pub struct Gate {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub seats: Seats,
    pub wait_estimates: WaitEstimates,
    pub tasks: Tasks,
    /// The sessions of recent requests.
    pub session_cache: SessionCache,
}

/// Admits a request: returns the user's session, and starts one if there is a free seat.
///
/// # Errors
/// Returns `pool_full` if the user waits in the queue now, `session_ended` if a person ended the session and the
/// user has not confirmed to continue, or the refusal.
pub async fn admit(gate: &Gate, caller: &Caller, key: &CacheKey) -> Result<SessionId, ApiError> {
    let cache = &gate.session_cache;
    if let Some(decision) = cached_decision(gate, caller, key, true) {
        return decision;
    }
    let (error, cache_time) = match enter(gate, caller, key, false).await {
        Ok(EntryOutcome::Seat(session)) => return Ok(session),
        Ok(EntryOutcome::Queued(_)) => (ApiError::new(Code::PoolFull), QUEUED_CACHE_TIME),
        Err(error) if error.is_server_error() => return Err(error),
        Err(error) => (error, REFUSAL_CACHE_TIME),
    };
    cache.turn_away(key, error.clone(), gate.clock.now() + cache_time);
    Err(error)
}

/// Renews a seat without taking one, for requests that do not justify a seat: prefetches, and the keep-alive of an open
/// page. `active` says whether the agent was active.
///
/// # Errors
/// Returns `no_seat` if there is none, and `session_ended` as [`admit`] does.
pub async fn renew_only(gate: &Gate, caller: &Caller, key: &CacheKey, active: bool) -> Result<SessionId, ApiError> {
    if let Some(decision) = cached_decision(gate, caller, key, active) {
        return decision;
    }
    match store::forward_auth::last_session(&gate.db, key).await? {
        Some(LastSession { id, ended: None })
            if renew_lease(gate, caller, key, id, Heartbeat { active, cached: false }).await? =>
        {
            Ok(id)
        }
        Some(LastSession { ended: Some(end), .. }) if blocks_reentry(&end, gate.clock.now()) => {
            Err(ApiError::ended(Code::SessionEnded, end))
        }
        _ => Err(ApiError::new(Code::NoSeat)),
    }
}

/// The cached answer. Sends a heartbeat in the background if one is due.
fn cached_decision(gate: &Gate, caller: &Caller, key: &CacheKey, active: bool) -> Option<Result<SessionId, ApiError>> {
    match gate.session_cache.get(key, active, gate.clock.now()) {
        CachedDecision::Session { id: session, sends_heartbeat } => {
            if sends_heartbeat {
                let (gate, caller, key) = (gate.clone(), caller.clone(), key.clone());
                let heartbeat = Heartbeat { active, cached: true };
                // The request does not wait for the heartbeat: the seat is valid until the lease expires.
                let tasks = gate.tasks.clone();
                tasks.spawn_to_end(async move { drop(renew_lease(&gate, &caller, &key, session, heartbeat).await) });
            }
            Some(Ok(session))
        }
        CachedDecision::TurnedAway(error) => Some(Err(error)),
        CachedDecision::Nothing => None,
    }
}

/// Takes a seat or joins the queue. `again` means the user confirmed to continue after a person ended the session.
///
/// # Errors
/// Returns the same errors as [`admit`].
pub async fn enter(gate: &Gate, caller: &Caller, key: &CacheKey, again: bool) -> Result<EntryOutcome, ApiError> {
    // If the repeated request belongs to a session that has ended, that session is the last one, whatever the clocks
    // say.
    let mut ended_session = None;
    for _ in 0..MAX_ENTRY_ATTEMPTS {
        let last = match ended_session {
            Some(id) => store::forward_auth::session(&gate.db, id).await?,
            None => store::forward_auth::last_session(&gate.db, key).await?,
        };
        let (alive, ended) = match &last {
            Some(LastSession { id, ended: None }) => (Some(*id), None),
            Some(LastSession { ended, .. }) => (None, ended.as_ref()),
            None => (None, None),
        };
        if let Some(id) = alive
            && renew_lease(gate, caller, key, id, Heartbeat::REQUEST).await?
        {
            return Ok(EntryOutcome::Seat(id));
        }
        if let Some(end) = ended.filter(|end| !again && blocks_reentry(end, gate.clock.now())) {
            return Err(ApiError::ended(Code::SessionEnded, end.clone()));
        }
        match request_seat(gate, caller, key, last.map(|last| last.id)).await? {
            Ok(outcome) => return Ok(outcome),
            Err(id) => ended_session = Some(id),
        }
    }
    Err(ApiError::new(Code::Unavailable))
}

/// Whether this end still keeps requests from starting a new session: a person or another device caused it recently.
fn blocks_reentry(end: &SessionEnd, now: DateTime<Utc>) -> bool {
    match end.reason {
        EndReason::Idle | EndReason::LeaseExpired | EndReason::KeyExpired => false,
        EndReason::ReplacedByOtherDevice => now < end.at + REENTRY_BLOCK_AFTER_TAKEOVER,
        _ => now < end.at + REENTRY_BLOCK,
    }
}

#[derive(Clone, Copy)]
struct Heartbeat {
    /// The agent was active.
    active: bool,
    /// The session is in the cache already.
    cached: bool,
}

impl Heartbeat {
    const REQUEST: Self = Self { active: true, cached: false };
}

/// Renews the lease of a session; returns false if the session has ended.
async fn renew_lease(
    gate: &Gate,
    caller: &Caller,
    key: &CacheKey,
    session: SessionId,
    heartbeat: Heartbeat,
) -> Result<bool, ApiError> {
    let now = gate.clock.now();
    if !heartbeat.cached {
        gate.session_cache.expect(key, session, now);
    }
    match gate.seats.renew(&caller.actor(), caller.id, session, heartbeat.active).await {
        Ok(renewed) => {
            let next = TimeDelta::seconds(renewed.next_in_seconds);
            gate.session_cache.confirm(session, heartbeat.active, renewed.lease_until, (now, next));
            Ok(true)
        }
        Err(SeatsError::Failed(Code::NotFound)) => {
            gate.session_cache.forget(session);
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Requests a seat; the inner error is a session that has ended already. All requests that follow the same session use
/// the same idempotency key, on every server: of fifty that a page sends at once, one creates the session and the
/// others get it.
async fn request_seat(
    gate: &Gate,
    caller: &Caller,
    key: &CacheKey,
    last: Option<SessionId>,
) -> Result<Result<EntryOutcome, SessionId>, ApiError> {
    let now = gate.clock.now();
    let session = SessionId(gate.random.id(now));
    gate.session_cache.expect(key, session, now);
    let (ticket, support_key) = (TicketId(gate.random.id(now)), gate.random.support_key());
    let ask = SeatRequest {
        ticket: Some(ticket),
        idempotency_key: Some(idempotency_key(key, last)),
        ..SeatRequest::new(session, key.device.clone(), Mode::Application, support_key)
    };
    let taken = gate.seats.create(&caller.actor(), caller.id, key.product, ask).await;
    if !matches!(taken, Ok(CreateOutcome::New(_))) {
        gate.session_cache.forget(session);
    }
    match taken {
        Ok(CreateOutcome::New(session)) => {
            let lease = session.lease_until - session.created_at;
            gate.session_cache.confirm(session.id, true, session.lease_until, (now, lease / 4));
            Ok(Ok(EntryOutcome::Seat(session.id)))
        }
        Ok(CreateOutcome::Repeated(id)) => Ok(renew_lease(gate, caller, key, id, Heartbeat::REQUEST)
            .await?
            .then_some(EntryOutcome::Seat(id))
            .ok_or(id)),
        Ok(CreateOutcome::Ticket(ticket)) => {
            Ok(Ok(EntryOutcome::Queued(Box::new(gate.wait_estimates.estimate_ticket(*ticket, now).await?))))
        }
        Err(SeatsError::Refused(refusal)) => Err(gate.wait_estimates.estimate_refusal(refusal, now).await.into()),
        Err(error) => Err(error.into()),
    }
}

fn idempotency_key(key: &CacheKey, last: Option<SessionId>) -> String {
    let device = Sha256::digest(&key.device);
    let device: String = device.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let last = last.map(|last| last.0).unwrap_or_default();
    format!("gate/{}/{device}/{}", key.product.0.simple(), last.simple())
}

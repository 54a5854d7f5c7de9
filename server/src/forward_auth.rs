//! Forward authentication for other web applications (the gate): the first request takes a seat, later requests renew
//! its lease. A session that a person ended is not started again by the next request of an open window.

pub mod credentials;
pub mod error;
pub mod request;
pub mod session_cache;

use crate::{
    auth::Caller,
    clock::{Clock, Random},
    db::Db,
    pool::SeatRequest,
    seats::{CreateOutcome, Seats, SeatsError, command::WantedSeat, wait_estimate::WaitEstimates},
    store::{
        self,
        forward_auth::{CacheKey, LastSession},
    },
    tasks::Tasks,
};
use chrono::{DateTime, TimeDelta, Utc};
use error::{GateError, TurnedAway};
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
/// Returns an error if the user waits in the queue now, if a person ended the session and the user has not confirmed to
/// continue, or if a seat was refused.
pub async fn admit(gate: &Gate, caller: &Caller, key: &CacheKey) -> Result<SessionId, GateError> {
    let cache = &gate.session_cache;
    if let Some(decision) = cached_decision(gate, caller, key, true) {
        return Ok(decision?);
    }
    let (refusal, cache_time) = match enter(gate, caller, key, false).await {
        Ok(EntryOutcome::Seat(session)) => return Ok(session),
        Ok(EntryOutcome::Queued(_)) => (TurnedAway::Queued, QUEUED_CACHE_TIME),
        Err(GateError::TurnedAway(refusal)) => (refusal, REFUSAL_CACHE_TIME),
        Err(error) => return Err(error),
    };
    cache.turn_away(key, refusal.clone(), gate.clock.now() + cache_time);
    Err(refusal.into())
}

/// Renews a seat without taking one, for requests that do not justify a seat: prefetches, and the keep-alive of an open
/// page. `active` says whether the agent was active.
///
/// # Errors
/// Returns an error if there is none, or if a person ended the session.
pub async fn renew_only(gate: &Gate, caller: &Caller, key: &CacheKey, active: bool) -> Result<SessionId, GateError> {
    if let Some(decision) = cached_decision(gate, caller, key, active) {
        return Ok(decision?);
    }
    match store::forward_auth::last_session(&gate.db, key).await? {
        Some(LastSession { id, ended: None })
            if renew_lease(gate, caller, key, id, Heartbeat { active, cached: false }).await? == Renewal::Renewed =>
        {
            Ok(id)
        }
        Some(LastSession { ended: Some(end), .. }) if blocks_reentry(&end, gate.clock.now()) => {
            Err(TurnedAway::Ended(end).into())
        }
        _ => Err(TurnedAway::NoSeat.into()),
    }
}

/// The cached answer. Sends a heartbeat in the background if one is due.
fn cached_decision(
    gate: &Gate,
    caller: &Caller,
    key: &CacheKey,
    active: bool,
) -> Option<Result<SessionId, TurnedAway>> {
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
        CachedDecision::TurnedAway(refusal) => Some(Err(refusal)),
        CachedDecision::Nothing => None,
    }
}

/// Takes a seat or joins the queue. `again` means the user confirmed to continue after a person ended the session.
///
/// # Errors
/// Returns the same errors as [`admit`].
pub async fn enter(gate: &Gate, caller: &Caller, key: &CacheKey, again: bool) -> Result<EntryOutcome, GateError> {
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
            && renew_lease(gate, caller, key, id, Heartbeat::REQUEST).await? == Renewal::Renewed
        {
            return Ok(EntryOutcome::Seat(id));
        }
        if let Some(end) = ended.filter(|end| !again && blocks_reentry(end, gate.clock.now())) {
            return Err(TurnedAway::Ended(end.clone()).into());
        }
        match request_seat(gate, caller, key, last.map(|last| last.id)).await? {
            SeatAnswer::Outcome(outcome) => return Ok(outcome),
            SeatAnswer::HasEnded(id) => ended_session = Some(id),
        }
    }
    Err(GateError::Unsettled)
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

/// What became of the lease of a session that was thought to be alive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Renewal {
    Renewed,
    HasEnded,
}

/// Renews the lease of a session.
async fn renew_lease(
    gate: &Gate,
    caller: &Caller,
    key: &CacheKey,
    session: SessionId,
    heartbeat: Heartbeat,
) -> Result<Renewal, SeatsError> {
    let now = gate.clock.now();
    if !heartbeat.cached {
        gate.session_cache.expect(key, session, now);
    }
    match gate.seats.renew(&caller.actor(), caller.id, session, heartbeat.active).await {
        Ok(renewed) => {
            let next = TimeDelta::seconds(renewed.next_in_seconds);
            gate.session_cache.confirm(session, heartbeat.active, renewed.lease_until, (now, next));
            Ok(Renewal::Renewed)
        }
        Err(SeatsError::Failed(Code::NotFound)) => {
            gate.session_cache.forget(session);
            Ok(Renewal::HasEnded)
        }
        Err(error) => Err(error),
    }
}

/// What became of the request for a seat.
enum SeatAnswer {
    Outcome(EntryOutcome),
    /// The request repeated the one of a session that has ended.
    HasEnded(SessionId),
}

/// Requests a seat. All requests that follow the same session use the same idempotency key, on every server: of fifty
/// that a page sends at once, one creates the session and the others get it.
async fn request_seat(
    gate: &Gate,
    caller: &Caller,
    key: &CacheKey,
    last: Option<SessionId>,
) -> Result<SeatAnswer, GateError> {
    let now = gate.clock.now();
    let session = SessionId(gate.random.id(now));
    gate.session_cache.expect(key, session, now);
    let (ticket, support_key) = (TicketId(gate.random.id(now)), gate.random.support_key());
    let ask = SeatRequest {
        ticket: Some(ticket),
        idempotency_key: Some(idempotency_key(key, last)),
        ..SeatRequest::new(session, key.device.clone(), Mode::Application, support_key)
    };
    let wanted = WantedSeat { user: caller.id, product: key.product, request: ask };
    let taken = gate.seats.create(&caller.actor(), wanted).await;
    if !matches!(taken, Ok(CreateOutcome::New(_))) {
        gate.session_cache.forget(session);
    }
    match taken {
        Ok(CreateOutcome::New(session)) => {
            let lease = session.lease_until - session.created_at;
            gate.session_cache.confirm(session.id, true, session.lease_until, (now, lease / 4));
            Ok(SeatAnswer::Outcome(EntryOutcome::Seat(session.id)))
        }
        Ok(CreateOutcome::Repeated(id)) => match renew_lease(gate, caller, key, id, Heartbeat::REQUEST).await? {
            Renewal::Renewed => Ok(SeatAnswer::Outcome(EntryOutcome::Seat(id))),
            Renewal::HasEnded => Ok(SeatAnswer::HasEnded(id)),
        },
        Ok(CreateOutcome::Ticket(ticket)) => {
            let ticket = gate.wait_estimates.estimate_ticket(*ticket, now).await?;
            Ok(SeatAnswer::Outcome(EntryOutcome::Queued(Box::new(ticket))))
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

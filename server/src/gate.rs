//! The gate in front of other web applications: a request takes a seat, further requests keep it, and an end that somebody
//! decided is not undone by the next request of an open window.

pub mod credentials;
pub mod request;
pub mod seated;

use crate::{
    app::App,
    auth::Caller,
    http::problem::Fail,
    seats::{SeatsError, Taken, pool::Ask},
    store::{self, gate::Last},
};
use chrono::{DateTime, TimeDelta, Utc};
use seated::{Known, Place};
use seatkeeper_shared::{
    ids::{SessionId, TicketId},
    problem::{Code, End},
    session::{EndReason, Mode},
    wire::queue::TicketView,
};
use sha2::{Digest as _, Sha256};

/// For how long an end that somebody decided is kept from being undone by a request.
const DECIDED: TimeDelta = TimeDelta::minutes(10);
/// The same for an end by another device, which may be in use all day.
const REPLACED: TimeDelta = TimeDelta::hours(12);
/// For how long somebody in the line is not looked after, however many requests his windows send.
const IN_LINE: TimeDelta = TimeDelta::seconds(2);
/// The same for a refusal, each of which stands in the log.
const REFUSED: TimeDelta = TimeDelta::seconds(15);
/// How often it is tried where sessions end in the very moment.
const TRIES: usize = 3;

/// What became of somebody at the gate.
#[derive(Debug)]
pub enum Entered {
    /// He has a seat.
    Seat(SessionId),
    /// He has a place in the line.
    Line(Box<TicketView>),
}

/// A request: his session if he has a seat or gets one.
///
/// # Errors
/// `pool_full` if he is in the line now, `session_ended` if somebody ended his session and he has not said that he goes on,
/// or the refusal.
pub async fn pass(app: &App, caller: &Caller, place: &Place) -> Result<SessionId, Fail> {
    let seated = &app.bell.seated;
    if let Some(known) = known(app, caller, place, true) {
        return known;
    }
    let (fail, lasts) = match enter(app, caller, place, false).await {
        Ok(Entered::Seat(session)) => return Ok(session),
        Ok(Entered::Line(_)) => (Fail::code(Code::PoolFull), IN_LINE),
        Err(fail) if fail.is_ours() => return Err(fail),
        Err(fail) => (fail, REFUSED),
    };
    seated.turn_away(place, fail.clone(), app.clock.now() + lasts);
    Err(fail)
}

/// A request that is not worth a seat, but keeps one: nobody looks at what it brings, or an open page only says that it is
/// still there, and whether the agent was active.
///
/// # Errors
/// `no_seat` if there is none, `session_ended` as for [`pass`].
pub async fn stay(app: &App, caller: &Caller, place: &Place, active: bool) -> Result<SessionId, Fail> {
    if let Some(known) = known(app, caller, place, active) {
        return known;
    }
    match store::gate::last(&app.db, place).await? {
        Some(Last { id, ended: None }) if keep(app, caller, place, id, Heard { active, cached: false }).await? => {
            Ok(id)
        }
        Some(Last { ended: Some(end), .. }) if stands(&end, app.clock.now()) => {
            Err(Fail::ended(Code::SessionEnded, end))
        }
        _ => Err(Fail::code(Code::NoSeat)),
    }
}

/// What is in memory, and the heartbeat if it is due.
fn known(app: &App, caller: &Caller, place: &Place, active: bool) -> Option<Result<SessionId, Fail>> {
    match app.bell.seated.get(place, active, app.clock.now()) {
        Known::Seat(session, tells) => {
            if tells {
                let (app, caller, place) = (app.clone(), caller.clone(), place.clone());
                let heard = Heard { active, cached: true };
                // Nobody waits for it: the seat is his until the lease is over.
                tokio::spawn(async move { drop(keep(&app, &caller, &place, session, heard).await) });
            }
            Some(Ok(session))
        }
        Known::TurnedAway(fail) => Some(Err(fail)),
        Known::Nothing => None,
    }
}

/// Takes a seat, or a place in the line; `again` if he says that he goes on after somebody ended his session.
///
/// # Errors
/// As for [`pass`].
pub async fn enter(app: &App, caller: &Caller, place: &Place, again: bool) -> Result<Entered, Fail> {
    // One that was over when its repetition was answered is the last one, whatever the clocks say.
    let mut over = None;
    for _ in 0..TRIES {
        let last = match over {
            Some(id) => store::gate::this(&app.db, id).await?,
            None => store::gate::last(&app.db, place).await?,
        };
        let (alive, ended) = match &last {
            Some(Last { id, ended: None }) => (Some(*id), None),
            Some(Last { ended, .. }) => (None, ended.as_ref()),
            None => (None, None),
        };
        if let Some(id) = alive
            && keep(app, caller, place, id, Heard::REQUEST).await?
        {
            return Ok(Entered::Seat(id));
        }
        if let Some(end) = ended.filter(|end| !again && stands(end, app.clock.now())) {
            return Err(Fail::ended(Code::SessionEnded, end.clone()));
        }
        match take(app, caller, place, last.map(|last| last.id)).await? {
            Ok(entered) => return Ok(entered),
            Err(id) => over = Some(id),
        }
    }
    Err(Fail::code(Code::Unavailable))
}

/// Whether a request does not undo this end: somebody decided it, and not long ago.
fn stands(end: &End, now: DateTime<Utc>) -> bool {
    match end.reason {
        EndReason::Idle | EndReason::LeaseExpired | EndReason::KeyExpired => false,
        EndReason::ReplacedByOtherDevice => now < end.at + REPLACED,
        _ => now < end.at + DECIDED,
    }
}

/// What was heard of somebody who has a seat.
#[derive(Clone, Copy)]
struct Heard {
    /// It shows that the agent is active.
    active: bool,
    /// His seat is in memory already.
    cached: bool,
}

impl Heard {
    const REQUEST: Self = Self { active: true, cached: false };
}

/// Keeps a session for another lease; false if it is over.
async fn keep(app: &App, caller: &Caller, place: &Place, session: SessionId, heard: Heard) -> Result<bool, Fail> {
    let now = app.clock.now();
    if !heard.cached {
        app.bell.seated.expect(place, session, now);
    }
    match app.seats.renew(&caller.actor(), caller.id, session, heard.active).await {
        Ok(renewed) => {
            let next = TimeDelta::seconds(renewed.next_in_seconds);
            app.bell.seated.confirm(session, heard.active, renewed.lease_until, (now, next));
            Ok(true)
        }
        Err(SeatsError::Failed(Code::NotFound)) => {
            app.bell.seated.forget(session);
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks for a seat; the session if it is over already. All requests that come after the same session ask with the same
/// key, at whichever server: of fifty that a page sends at once, one creates the session and the others get it, too.
async fn take(
    app: &App,
    caller: &Caller,
    place: &Place,
    last: Option<SessionId>,
) -> Result<Result<Entered, SessionId>, Fail> {
    let now = app.clock.now();
    let session = SessionId(app.dice.id(now));
    app.bell.seated.expect(place, session, now);
    let ask = Ask {
        session,
        ticket: Some(TicketId(app.dice.id(now))),
        device: place.device.clone(),
        mode: Mode::Application,
        platform: None,
        remote_device: None,
        support_key: app.dice.support_key(),
        idempotency_key: Some(key(place, last)),
        borrow: None,
    };
    let taken = app.seats.create(&caller.actor(), caller.id, place.product, ask).await;
    if !matches!(taken, Ok(Taken::New(_))) {
        app.bell.seated.forget(session);
    }
    match taken {
        Ok(Taken::New(session)) => {
            let lease = session.lease_until - session.created_at;
            app.bell.seated.confirm(session.id, true, session.lease_until, (now, lease / 4));
            Ok(Ok(Entered::Seat(session.id)))
        }
        Ok(Taken::Repeated(id)) => {
            Ok(keep(app, caller, place, id, Heard::REQUEST).await?.then_some(Entered::Seat(id)).ok_or(id))
        }
        Ok(Taken::Ticket(ticket)) => Ok(Ok(Entered::Line(Box::new(app.prospects.tell(*ticket, now).await?)))),
        Err(SeatsError::Refused(refusal)) => Err(app.prospects.refused(refusal, now).await.into()),
        Err(error) => Err(error.into()),
    }
}

fn key(place: &Place, last: Option<SessionId>) -> String {
    let device = Sha256::digest(&place.device);
    let device: String = device.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let last = last.map(|last| last.0).unwrap_or_default();
    format!("gate/{}/{device}/{}", place.product.0.simple(), last.simple())
}

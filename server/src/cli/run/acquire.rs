//! Acquires a seat: at once, or by waiting in the queue.

use super::{
    reporter::{Reporter, RunEvent},
    signals::Signals,
};
use crate::{
    cli::{
        duration,
        failure::{Exit, Failure},
    },
    clock::Random,
    monotonic::MonotonicClock,
};
use nix::sys::signal::Signal;
use seatkeeper_client::{Client, ClientError, SeatResponse};
use seatkeeper_shared::{
    problem::Code,
    ticket::{TicketEnd, TicketState},
    wire::{
        queue::TicketView,
        sessions::{EndSession, NewSession, SessionView},
    },
};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// How long an unreachable server is retried at least, even without `--wait`.
const MIN_RETRY_TIME: Duration = Duration::from_secs(5);
/// After a signal: how long to wait for the response to the pending request, so that what it grants can be given back.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the client repeats a request by itself before the server is reported as unreachable.
const SILENT_RETRY_TIME: Duration = Duration::from_secs(1);
/// How long the server may hold one long poll of the ticket.
const LONG_POLL_TIMEOUT: Duration = Duration::from_secs(25);

/// The outcome of acquiring a seat.
pub enum Acquired {
    Seat(Box<SessionView>),
    /// A signal arrived first; neither seat nor ticket is left.
    Interrupted(Signal),
}

/// What ended the wait for the server's answer to a request.
enum RequestEnd {
    Seat(Box<SessionView>),
    Queued(Box<TicketView>),
    Interrupted(Signal),
}

/// What to do after a request.
enum NextStep {
    Finish(Acquired),
    RequestAgain,
}

/// A request for a seat, repeated until a seat is acquired, refused or no longer waited for.
pub struct SeatAcquisition {
    client: Client,
    request: NewSession,
    max_wait: Duration,
    started: Instant,
    monotonic: MonotonicClock,
    reporter: Reporter,
    /// The queue position last reported, and whether it came with an estimate.
    reported: Option<(i64, bool)>,
    is_unreachable: bool,
}

impl SeatAcquisition {
    /// `wait` is the longest time in the queue; `None` does not queue.
    pub fn new(
        client: &Client,
        request: NewSession,
        wait: Option<Duration>,
        reporter: Reporter,
        monotonic: MonotonicClock,
    ) -> Self {
        let client = client.clone().with_retry_timeout(SILENT_RETRY_TIME);
        let request = NewSession { wait: wait.is_some(), ..request };
        Self {
            client,
            request,
            max_wait: wait.unwrap_or_default(),
            started: monotonic.now(),
            monotonic,
            reporter,
            reported: None,
            is_unreachable: false,
        }
    }

    fn remaining_wait(&self) -> Duration {
        self.max_wait.saturating_sub(self.monotonic.since(self.started))
    }

    /// Acquires a seat.
    ///
    /// # Errors
    /// Returns an error if the seat is refused, none becomes free in time, or the server stays unreachable.
    pub async fn run(mut self, signals: &mut Signals) -> Result<Acquired, Failure> {
        loop {
            // A new idempotency key for each request, but the same one for its repetitions, so that a lost response
            // never costs a second seat.
            let key = Random::default().secret();
            let next = match self.request_seat(&key, signals).await? {
                RequestEnd::Seat(session) if session.ended.is_none() => NextStep::Finish(Acquired::Seat(session)),
                RequestEnd::Seat(_) => NextStep::RequestAgain,
                RequestEnd::Queued(ticket) => self.wait_in_queue(*ticket, signals).await?,
                RequestEnd::Interrupted(signal) => NextStep::Finish(Acquired::Interrupted(signal)),
            };
            if let NextStep::Finish(acquired) = next {
                return Ok(acquired);
            }
        }
    }

    /// Repeats the request until the server answers or a signal arrives.
    async fn request_seat(&mut self, key: &str, signals: &mut Signals) -> Result<RequestEnd, Failure> {
        loop {
            let client = self.client.clone();
            let request = self.request.clone();
            let call = client.request_seat(&request, key);
            tokio::pin!(call);
            let response = tokio::select! {
                response = &mut call => response,
                caught = signals.next() => {
                    if let Ok(Ok(granted)) = timeout(INTERRUPT_TIMEOUT, call).await {
                        self.give_back(granted).await;
                    }
                    return Ok(RequestEnd::Interrupted(caught.signal));
                }
            };
            match response {
                Ok(SeatResponse::Seat(session)) => return Ok(RequestEnd::Seat(Box::new(session))),
                Ok(SeatResponse::Queued(ticket)) => return Ok(RequestEnd::Queued(Box::new(ticket))),
                Err(error) => self.tolerate(error)?,
            }
        }
    }

    /// Gives back a seat or ticket that is no longer wanted.
    async fn give_back(&self, granted: SeatResponse) {
        let release = async {
            match granted {
                SeatResponse::Seat(session) => self.client.end(session.id, &EndSession::default()).await.map(drop),
                SeatResponse::Queued(ticket) => self.client.leave_queue(ticket.id).await,
            }
        };
        // If this fails, the lease expires anyway.
        let _ = timeout(INTERRUPT_TIMEOUT, release).await;
    }

    /// Reports that the server is unreachable; fails if the error is permanent or there is no time left.
    fn tolerate(&mut self, error: ClientError) -> Result<(), Failure> {
        if !error.is_transient() || self.monotonic.since(self.started) > self.max_wait.max(MIN_RETRY_TIME) {
            return Err(error.into());
        }
        if !self.is_unreachable {
            self.reporter.report(&RunEvent::Unreachable { error: error.to_string(), lease_left_seconds: None });
        }
        self.is_unreachable = true;
        Ok(())
    }

    /// Waits until the ticket is offered a seat and accepts it, or until the ticket is over.
    async fn wait_in_queue(&mut self, mut ticket: TicketView, signals: &mut Signals) -> Result<NextStep, Failure> {
        loop {
            self.report_position(&ticket);
            match ticket.state {
                TicketState::Over => return after_ticket(&ticket),
                TicketState::Offered => {
                    if let Some(next) = self.accept(&ticket).await? {
                        return Ok(next);
                    }
                }
                TicketState::Waiting if self.remaining_wait().is_zero() => {
                    self.give_back(SeatResponse::Queued(ticket)).await;
                    let wait = duration::format(self.max_wait);
                    let message = format!("no seat became free within {wait}; nothing was started");
                    return Err(Failure::new(Exit::NoSeat, message));
                }
                TicketState::Waiting => {}
            }
            // The server waits whole seconds, so round up.
            let poll_time = LONG_POLL_TIMEOUT.min(self.remaining_wait() + Duration::from_secs(1));
            let client = self.client.clone();
            let polled = tokio::select! {
                polled = client.watch_ticket(&ticket, poll_time) => polled,
                caught = signals.next() => {
                    self.give_back(SeatResponse::Queued(ticket)).await;
                    return Ok(NextStep::Finish(Acquired::Interrupted(caught.signal)));
                }
            };
            match polled {
                Ok(current) => (ticket, self.is_unreachable) = (current, false),
                Err(error) => self.tolerate(error)?,
            }
        }
    }

    /// Reports the queue position if it has changed.
    fn report_position(&mut self, ticket: &TicketView) {
        // Relative to the server's time in the ticket, because the local clock may be wrong.
        let expected = ticket.expected_at.map(|at| (at - ticket.last_seen_at).to_std().unwrap_or_default());
        let current = (ticket.position, expected.is_some());
        if ticket.state == TicketState::Waiting && self.reported != Some(current) {
            let expected_in_seconds = expected.map(|duration| duration.as_secs());
            self.reporter.report(&RunEvent::Waiting { position: ticket.position, expected_in_seconds });
            self.reported = Some(current);
        }
    }

    /// Accepts the offered seat; `None` if the offer is gone and the ticket still waits.
    async fn accept(&mut self, ticket: &TicketView) -> Result<Option<NextStep>, Failure> {
        match self.client.accept_offer(ticket.id).await {
            Ok(accepted) if accepted.by_this_call => {
                Ok(Some(NextStep::Finish(Acquired::Seat(Box::new(accepted.session)))))
            }
            // Another program of the same agent shares the ticket and has accepted the offer.
            Ok(_) => Ok(Some(NextStep::RequestAgain)),
            Err(error) if matches!(error.code(), Some(Code::NoOffer | Code::TicketOver)) => {
                sleep(Duration::from_millis(200)).await;
                Ok(None)
            }
            Err(error) => self.tolerate(error).map(|()| None),
        }
    }
}

/// What follows from the end of a ticket.
fn after_ticket(ticket: &TicketView) -> Result<NextStep, Failure> {
    let fail = |exit, message| Err(Failure::new(exit, message));
    match ticket.over.as_ref().map(|over| over.reason) {
        Some(TicketEnd::Dropped) => fail(Exit::NoSeat, "an administrator removed you from the queue"),
        Some(TicketEnd::LicenseEnded) => fail(Exit::NoSeat, "the license has ended"),
        Some(TicketEnd::UserDeactivated) => fail(Exit::NotPermitted, "your user was suspended or deleted"),
        Some(TicketEnd::AssignmentRevoked) => fail(Exit::NotPermitted, "the license is no longer assigned to you"),
        _ => Ok(NextStep::RequestAgain),
    }
}

//! Keeps the seat while the program runs: sends heartbeats, handles their responses, and requests a new seat after a
//! loss.

use super::reporter::RunEvent;
use crate::{cli::failure::describe, clock::Random, monotonic::MonotonicClock};
use seatkeeper_client::{Client, ClientError, SeatResponse};
use seatkeeper_shared::{
    ids::SessionId,
    problem::{Code, SessionEnd},
    wire::sessions::{Heartbeat, HeartbeatReply, NewSession, PendingEnd, SessionView},
};
use std::time::{Duration, Instant};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

/// A change that concerns the seat.
pub enum SeatUpdate {
    /// An event to report.
    Report(RunEvent),
    /// The seat is lost: the server could not be reached until the lease expired.
    Lost,
    /// The session was ended on the server.
    Ended(SessionEnd),
}

/// Keeps the seat of a session.
pub struct SeatKeeper {
    client: Client,
    request: NewSession,
    updates: mpsc::UnboundedSender<SeatUpdate>,
    /// The current session, which is given back at the end.
    current_session: watch::Sender<SessionId>,
    random: Random,
    monotonic: MonotonicClock,
    /// When the last answered heartbeat was sent; by the local clock, the lease runs from then.
    last_contact: Instant,
    lease: Duration,
    is_unreachable: bool,
    is_lost: bool,
    is_refused: bool,
    /// The idempotency key of the request for a new seat, while the seat is lost.
    new_seat_key: Option<String>,
    ending: Option<PendingEnd>,
    is_idle: bool,
}

impl SeatKeeper {
    pub fn new(
        client: Client,
        request: NewSession,
        session: SessionView,
        (updates, current_session): (mpsc::UnboundedSender<SeatUpdate>, watch::Sender<SessionId>),
        (random, monotonic): (Random, MonotonicClock),
    ) -> Self {
        let lease = (session.lease_until - session.last_seen_at).to_std().unwrap_or_default();
        let lease = lease.max(Duration::from_secs(1));
        // A response must not take so long that the next heartbeat is late.
        let response_timeout = (lease / 4).clamp(Duration::from_secs(1), Duration::from_secs(10));
        Self {
            client: client.with_retry_timeout(Duration::ZERO).with_response_timeout(response_timeout),
            request,
            updates,
            current_session,
            random,
            last_contact: monotonic.now(),
            monotonic,
            lease,
            is_unreachable: false,
            is_lost: false,
            is_refused: false,
            new_seat_key: None,
            ending: None,
            is_idle: false,
        }
    }

    /// Keeps the seat until the session is ended on the server, or the task is aborted.
    pub async fn run(mut self) {
        let mut pause = self.lease / 4;
        loop {
            sleep(pause).await;
            let sent = self.monotonic.now();
            let result = match self.new_seat_key.clone() {
                Some(key) => self.request_new_seat(&key).await,
                None => self.send_heartbeat().await,
            };
            match result {
                Ok(Some(next)) => {
                    (self.last_contact, pause) = (sent, next);
                    self.mark_reachable();
                }
                Ok(None) => pause = self.lease / 4,
                Err(HeartbeatError::SessionEnded(end)) => return drop(self.updates.send(SeatUpdate::Ended(end))),
                Err(HeartbeatError::Client(error)) => pause = self.handle_failure(&error),
            }
        }
    }

    fn report(&self, event: RunEvent) {
        // The receiver is gone once the program has exited.
        let _ = self.updates.send(SeatUpdate::Report(event));
    }

    /// Sends a heartbeat; returns the time until the next one.
    async fn send_heartbeat(&mut self) -> Result<Option<Duration>, HeartbeatError> {
        // A running program counts as activity, since nothing else is known about it.
        let session = *self.current_session.borrow();
        match self.client.heartbeat(session, Heartbeat { active: true }).await {
            Ok(renewed) => Ok(Some(self.apply_renewal(renewed))),
            Err(ClientError::Problem(problem)) if problem.code == Code::SessionEnded => match problem.ended {
                Some(end) => Err(HeartbeatError::SessionEnded(end)),
                None => Err(HeartbeatError::Client(ClientError::Problem(problem))),
            },
            // After a long outage, or a suspend of this machine, another agent may have the seat.
            Err(error) if error.code() == Some(Code::LeaseExpired) => {
                let key = self.random.secret();
                self.new_seat_key = Some(key.clone());
                self.request_new_seat(&key).await
            }
            Err(error) => Err(HeartbeatError::Client(error)),
        }
    }

    /// Reports what has changed with a renewed lease; returns the time until the next heartbeat.
    fn apply_renewal(&mut self, renewed: HeartbeatReply) -> Duration {
        let next = Duration::from_secs(renewed.next_in_seconds.unsigned_abs().clamp(1, 86_400));
        // The server asks for a quarter of the lease, rounded down. If it differs, the license's lease was changed.
        if self.lease.as_secs() / 4 != next.as_secs() {
            self.lease = next * 4;
        }
        if renewed.ending != self.ending {
            // The lease was renewed at this moment of the server's time.
            let now = renewed.lease_until - self.lease;
            self.report(match &renewed.ending {
                Some(ending) => {
                    let in_seconds = (ending.at - now).num_seconds().max(0).unsigned_abs();
                    RunEvent::Ending { ending: ending.clone(), in_seconds }
                }
                None => RunEvent::EndCancelled,
            });
            self.ending = renewed.ending;
        }
        if renewed.idle_ends_at.is_some() && !self.is_idle {
            self.report(RunEvent::IdleSoon);
        }
        self.is_idle = renewed.idle_ends_at.is_some();
        next
    }

    /// Requests a seat in place of the lost one.
    async fn request_new_seat(&mut self, key: &str) -> Result<Option<Duration>, HeartbeatError> {
        match self.client.request_seat(&self.request, key).await {
            Ok(SeatResponse::Seat(session)) if session.ended.is_none() => {
                self.new_seat_key = None;
                (self.is_refused, self.is_lost, self.is_unreachable) = (false, false, false);
                self.current_session.send_replace(session.id);
                self.report(RunEvent::Regained { session: session.id });
                Ok(Some(self.lease / 4))
            }
            // This key belongs to a session that has already ended (or, though not asked for, to a ticket).
            Ok(_) => {
                self.new_seat_key = Some(self.random.secret());
                Ok(None)
            }
            Err(error) if error.is_transient() => Err(HeartbeatError::Client(error)),
            Err(error) => {
                if !self.is_refused {
                    let message = error.problem().map_or_else(|| error.to_string(), describe);
                    self.report(RunEvent::NoSeat { message });
                }
                self.is_refused = true;
                self.mark_lost();
                Ok(None)
            }
        }
    }

    /// Reports a failed request; returns the time until the next attempt.
    fn handle_failure(&mut self, error: &ClientError) -> Duration {
        let left = self.lease.saturating_sub(self.monotonic.since(self.last_contact));
        if !self.is_unreachable {
            let message = error.problem().map_or_else(|| error.to_string(), describe);
            self.report(RunEvent::Unreachable { error: message, lease_left_seconds: Some(left.as_secs()) });
        }
        self.is_unreachable = true;
        if left.is_zero() {
            self.mark_lost();
        }
        // With jitter, so that clients do not retry in step; and no later than the end of the lease.
        let pause = (self.lease / 8).clamp(Duration::from_millis(500), Duration::from_secs(10));
        let pause = pause.mul_f64(self.random.jitter());
        if left.is_zero() { pause } else { pause.min(left) }
    }

    fn mark_lost(&mut self) {
        if !self.is_lost {
            let _ = self.updates.send(SeatUpdate::Lost);
        }
        self.is_lost = true;
    }

    fn mark_reachable(&mut self) {
        if self.is_unreachable {
            self.report(RunEvent::Reachable);
        }
        (self.is_unreachable, self.is_lost) = (false, false);
    }
}

/// Why a heartbeat did not renew the lease.
enum HeartbeatError {
    SessionEnded(SessionEnd),
    Client(ClientError),
}

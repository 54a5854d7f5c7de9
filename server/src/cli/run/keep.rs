//! Keeping the seat while the program runs: heartbeats, what the server says in answer to them, and what is done when it does not.

use super::voice::Event;
use crate::{cli::failure::words, clock::Dice};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use seatkeeper_client::{Asked, Client, ClientError};
use seatkeeper_shared::{
    ids::SessionId,
    problem::{Code, End},
    wire::sessions::{Ending, Heartbeat, NewSession, Renewed, SessionView},
};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep},
};

/// What is new with the seat.
pub enum News {
    /// Something to tell.
    Told(Event),
    /// The seat is lost: nothing was heard of the server until the lease ended.
    Lost,
    /// The session was ended at the server.
    Over(End),
}

/// Keeps a seat.
pub struct Keeper {
    client: Client,
    wanted: NewSession,
    tell: mpsc::UnboundedSender<News>,
    /// The present session, for whoever gives it back at the end.
    own: watch::Sender<SessionId>,
    chance: StdRng,
    /// When the last heartbeat that was answered was sent: from then on the lease runs, by our own clock.
    heard: Instant,
    lease: Duration,
    away: bool,
    lost: bool,
    refused: bool,
    /// The key with which a seat is asked for anew.
    key: Option<String>,
    ending: Option<Ending>,
    idle: bool,
}

impl Keeper {
    /// Keeps the seat of this session.
    pub fn new(
        client: Client,
        wanted: NewSession,
        session: SessionView,
        tell: mpsc::UnboundedSender<News>,
        own: watch::Sender<SessionId>,
    ) -> Self {
        let lease = (session.lease_until - session.last_seen_at).to_std().unwrap_or_default();
        let lease = lease.max(Duration::from_secs(1));
        // No answer may take so long that the next heartbeat comes too late.
        let answer = (lease / 4).clamp(Duration::from_secs(1), Duration::from_secs(10));
        Self {
            client: client.with_patience(Duration::ZERO).answered_within(answer),
            wanted,
            tell,
            own,
            chance: StdRng::from_os_rng(),
            heard: Instant::now(),
            lease,
            away: false,
            lost: false,
            refused: false,
            key: None,
            ending: None,
            idle: false,
        }
    }

    /// Keeps it until the session is ended at the server; whoever started this stops it otherwise.
    pub async fn keep(mut self) {
        let mut pause = self.lease / 4;
        loop {
            sleep(pause).await;
            let sent = Instant::now();
            let answer = match self.key.clone() {
                Some(key) => self.ask_anew(&key).await,
                None => self.beat().await,
            };
            match answer {
                Ok(Some(next)) => {
                    (self.heard, pause) = (sent, next);
                    self.is_back();
                }
                Ok(None) => pause = self.lease / 4,
                Err(Stopped::Over(end)) => return drop(self.tell.send(News::Over(end))),
                Err(Stopped::Failed(error)) => pause = self.fail(&error),
            }
        }
    }

    fn say(&self, event: Event) {
        // Nobody listens once the program is over.
        let _ = self.tell.send(News::Told(event));
    }

    /// One heartbeat; when the next should come.
    async fn beat(&mut self) -> Result<Option<Duration>, Stopped> {
        // That the program runs is all that is known of it: it counts as activity.
        let session = *self.own.borrow();
        match self.client.heartbeat(session, Heartbeat { active: true }).await {
            Ok(renewed) => Ok(Some(self.renewed(renewed))),
            Err(ClientError::Problem(problem)) if problem.code == Code::SessionEnded => match problem.ended {
                Some(end) => Err(Stopped::Over(end)),
                None => Err(Stopped::Failed(ClientError::Problem(problem))),
            },
            // We were away for too long, or slept: the seat may be somebody else's by now.
            Err(error) if error.code() == Some(Code::LeaseExpired) => {
                let key = Dice::default().secret();
                self.key = Some(key.clone());
                self.ask_anew(&key).await
            }
            Err(error) => Err(Stopped::Failed(error)),
        }
    }

    fn renewed(&mut self, renewed: Renewed) -> Duration {
        let next = Duration::from_secs(renewed.next_in_seconds.unsigned_abs().clamp(1, 86_400));
        // A quarter of the lease, rounded down. Another one: the lease of the license was changed.
        if self.lease.as_secs() / 4 != next.as_secs() {
            self.lease = next * 4;
        }
        if renewed.ending != self.ending {
            // The lease started anew at this moment of the server's time.
            let now = renewed.lease_until - self.lease;
            self.say(match &renewed.ending {
                Some(ending) => {
                    let in_seconds = (ending.at - now).num_seconds().max(0).unsigned_abs();
                    Event::Ending { ending: ending.clone(), in_seconds }
                }
                None => Event::Kept,
            });
            self.ending = renewed.ending;
        }
        if renewed.idle_ends_at.is_some() && !self.idle {
            self.say(Event::IdleSoon);
        }
        self.idle = renewed.idle_ends_at.is_some();
        next
    }

    /// Asks for a seat in place of the lost one.
    async fn ask_anew(&mut self, key: &str) -> Result<Option<Duration>, Stopped> {
        match self.client.ask(&self.wanted, key).await {
            Ok(Asked::Seat(session)) if session.ended.is_none() => {
                (self.key, self.refused, self.lost, self.away) = (None, false, false, false);
                self.own.send_replace(session.id);
                self.say(Event::Regained { session: session.id });
                Ok(Some(self.lease / 4))
            }
            // With this key there was one that is over already; or, without having asked to wait, a ticket.
            Ok(_) => {
                self.key = Some(Dice::default().secret());
                Ok(None)
            }
            Err(error) if error.passes() => Err(Stopped::Failed(error)),
            Err(error) => {
                if !self.refused {
                    let message = error.problem().map_or_else(|| error.to_string(), words);
                    self.say(Event::NoSeat { message });
                }
                self.refused = true;
                self.lose();
                Ok(None)
            }
        }
    }

    /// The server did not answer as it should; when to try again.
    fn fail(&mut self, error: &ClientError) -> Duration {
        let left = self.lease.saturating_sub(self.heard.elapsed());
        if !self.away {
            let message = error.problem().map_or_else(|| error.to_string(), words);
            self.say(Event::Away { error: message, lease_left_seconds: Some(left.as_secs()) });
        }
        self.away = true;
        if left.is_zero() {
            self.lose();
        }
        // Soon, but not all clients at the same moment; and not later than the end of the lease.
        let pause = (self.lease / 8).clamp(Duration::from_millis(500), Duration::from_secs(10));
        let pause = pause.mul_f64(self.chance.random_range(0.5..=1.0));
        if left.is_zero() { pause } else { pause.min(left) }
    }

    fn lose(&mut self) {
        if !self.lost {
            let _ = self.tell.send(News::Lost);
        }
        self.lost = true;
    }

    fn is_back(&mut self) {
        if self.away {
            self.say(Event::Back);
        }
        (self.away, self.lost) = (false, false);
    }
}

/// Why there was no answer to keep the seat by.
enum Stopped {
    Over(End),
    Failed(ClientError),
}

//! Getting a seat: at once, or by waiting in the line for it.

use super::{
    signals::Signals,
    voice::{Event, Voice},
};
use crate::{
    cli::{
        failure::{Exit, Failure},
        span,
    },
    clock::Dice,
};
use nix::sys::signal::Signal;
use seatkeeper_client::{Asked, Client, ClientError};
use seatkeeper_shared::{
    problem::Code,
    ticket::{TicketEnd, TicketState},
    wire::{
        queue::TicketView,
        sessions::{EndSession, NewSession, SessionView},
    },
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// For how long a server that is away is looked for at least.
const LOOK: Duration = Duration::from_secs(5);
/// After a signal: for how long the answer that is under way is waited for, so that what it grants can be given back.
const LAST_ANSWER: Duration = Duration::from_secs(2);
/// For how long the client itself repeats a call before we say that the server is away.
const QUIETLY: Duration = Duration::from_secs(1);
/// How long one look at the line may take.
const GLANCE: Duration = Duration::from_secs(25);

/// What came of it.
pub enum Taken {
    /// A seat.
    Seat(Box<SessionView>),
    /// A signal came first; nothing is left behind.
    Interrupted(Signal),
}

/// What comes after a place in the line.
enum Then {
    Done(Taken),
    AskAgain,
}

/// Somebody who wants a seat.
pub struct Taking {
    client: Client,
    wanted: NewSession,
    wait: Duration,
    since: Instant,
    voice: Voice,
    said: Option<(i64, bool)>,
    away: bool,
}

impl Taking {
    /// Who waits so long for it, if at all.
    pub fn new(client: &Client, wanted: NewSession, wait: Option<Duration>, voice: Voice) -> Self {
        let client = client.clone().with_patience(QUIETLY);
        let wanted = NewSession { wait: wait.is_some(), ..wanted };
        Self { client, wanted, wait: wait.unwrap_or_default(), since: Instant::now(), voice, said: None, away: false }
    }

    fn left(&self) -> Duration {
        self.wait.saturating_sub(self.since.elapsed())
    }

    /// Gets a seat.
    ///
    /// # Errors
    /// It is refused, or none became free in time.
    pub async fn take(mut self, signals: &mut Signals) -> Result<Taken, Failure> {
        loop {
            // Another key for each new wish, the same for each repetition of one: a lost answer never costs a second seat.
            let key = Dice::default().secret();
            let then = match self.ask(&key, signals).await? {
                Ok(Asked::Seat(session)) if session.ended.is_none() => Then::Done(Taken::Seat(Box::new(session))),
                Ok(Asked::Seat(_)) => Then::AskAgain,
                Ok(Asked::Line(ticket)) => self.stand(ticket, signals).await?,
                Err(signal) => Then::Done(Taken::Interrupted(signal)),
            };
            if let Then::Done(taken) = then {
                return Ok(taken);
            }
        }
    }

    /// Asks until the server answers; inside: the signal that came first.
    async fn ask(&mut self, key: &str, signals: &mut Signals) -> Result<Result<Asked, Signal>, Failure> {
        loop {
            let client = self.client.clone();
            let wanted = self.wanted.clone();
            let call = client.ask(&wanted, key);
            tokio::pin!(call);
            let answer = tokio::select! {
                answer = &mut call => answer,
                caught = signals.next() => {
                    if let Ok(Ok(granted)) = timeout(LAST_ANSWER, call).await {
                        self.undo(granted).await;
                    }
                    return Ok(Err(caught.signal));
                }
            };
            match answer {
                Ok(asked) => return Ok(Ok(asked)),
                Err(error) => self.bear(error)?,
            }
        }
    }

    /// Gives back what is not wanted any more.
    async fn undo(&self, granted: Asked) {
        let undone = async {
            match granted {
                Asked::Seat(session) => self.client.end(session.id, &EndSession::default()).await.map(drop),
                Asked::Line(ticket) => self.client.leave(ticket.id).await,
            }
        };
        // Otherwise the end of the lease does it.
        let _ = timeout(LAST_ANSWER, undone).await;
    }

    /// Says that the server is away, and bears it as long as there is time.
    fn bear(&mut self, error: ClientError) -> Result<(), Failure> {
        if !error.passes() || self.since.elapsed() > self.wait.max(LOOK) {
            return Err(error.into());
        }
        if !self.away {
            self.voice.say(&Event::Away { error: error.to_string(), lease_left_seconds: None });
        }
        self.away = true;
        Ok(())
    }

    /// Stands in the line.
    async fn stand(&mut self, mut ticket: TicketView, signals: &mut Signals) -> Result<Then, Failure> {
        loop {
            self.tell(&ticket);
            match ticket.state {
                TicketState::Over => return over(&ticket),
                TicketState::Offered => {
                    if let Some(then) = self.accept(&ticket).await? {
                        return Ok(then);
                    }
                }
                TicketState::Waiting if self.left().is_zero() => {
                    self.undo(Asked::Line(ticket)).await;
                    let says = format!("no seat became free within {}; nothing was started", span::words(self.wait));
                    return Err(Failure::new(Exit::NoSeat, says));
                }
                TicketState::Waiting => {}
            }
            // Whole seconds: the last one is not cut short.
            let glance = GLANCE.min(self.left() + Duration::from_secs(1));
            let client = self.client.clone();
            let seen = tokio::select! {
                seen = client.watch_ticket(&ticket, glance) => seen,
                caught = signals.next() => {
                    self.undo(Asked::Line(ticket)).await;
                    return Ok(Then::Done(Taken::Interrupted(caught.signal)));
                }
            };
            match seen {
                Ok(seen) => (ticket, self.away) = (seen, false),
                Err(error) => self.bear(error)?,
            }
        }
    }

    fn tell(&mut self, ticket: &TicketView) {
        // The server's own time, as far as the ticket tells it: ours may be wrong.
        let expected = ticket.expected_at.map(|at| (at - ticket.last_seen_at).to_std().unwrap_or_default());
        let now = (ticket.position, expected.is_some());
        if ticket.state == TicketState::Waiting && self.said != Some(now) {
            let expected_in_seconds = expected.map(|span| span.as_secs());
            self.voice.say(&Event::Waiting { position: ticket.position, expected_in_seconds });
            self.said = Some(now);
        }
    }

    /// Takes the seat that is offered; nothing if it is still to be waited for.
    async fn accept(&mut self, ticket: &TicketView) -> Result<Option<Then>, Failure> {
        match self.client.accept(ticket.id).await {
            Ok((session, true)) => Ok(Some(Then::Done(Taken::Seat(Box::new(session))))),
            // Another program of the same agent waited with the same ticket, and was faster.
            Ok((_, false)) => Ok(Some(Then::AskAgain)),
            Err(error) if matches!(error.code(), Some(Code::NoOffer | Code::TicketOver)) => {
                sleep(Duration::from_millis(200)).await;
                Ok(None)
            }
            Err(error) => self.bear(error).map(|()| None),
        }
    }
}

/// What the end of a ticket means for whoever held it.
fn over(ticket: &TicketView) -> Result<Then, Failure> {
    let no = |exit, says| Err(Failure::new(exit, says));
    match ticket.over.as_ref().map(|over| over.reason) {
        Some(TicketEnd::Dropped) => no(Exit::NoSeat, "an administrator took you out of the line"),
        Some(TicketEnd::LicenseEnded) => no(Exit::NoSeat, "the license has ended"),
        Some(TicketEnd::UserDeactivated) => no(Exit::NotPermitted, "your user was suspended or deleted"),
        Some(TicketEnd::AssignmentRevoked) => no(Exit::NotPermitted, "the license is no longer assigned to you"),
        _ => Ok(Then::AskAgain),
    }
}

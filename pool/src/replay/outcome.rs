//! What a replay leads to: the fate of each request, and totals.

use super::demand::{Micros, PersonIndex};
use seatkeeper_shared::{problem::Code, ticket::TicketEnd};
use serde::{Deserialize, Serialize};

/// What becomes of a request in a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It gets a seat at once.
    Seated,
    /// It waits this long for its seat.
    SeatedAfter(Micros),
    /// A rule refuses, and its person does not wait.
    Refused(Code),
    /// Its person leaves the queue after this long, or lets an offer expire.
    GaveUp(Micros),
    /// It is taken out of the queue after this long: its person may not have a seat any more.
    Removed(TicketEnd, Micros),
    /// It still waits at the end of the period, since this long.
    Waiting(Micros),
    /// An earlier request of the same attempt got a seat or a ticket.
    SameAttempt,
}

/// A request and its fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestOutcome {
    pub at: Micros,
    pub person: PersonIndex,
    pub fate: Fate,
    /// Whether the next request belongs to the same attempt, so that this fate is not the attempt's.
    pub is_retried: bool,
}

/// What a replay leads to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub requests: Vec<RequestOutcome>,
    pub totals: Totals,
}

/// What a replay leads to as a whole. Each attempt is counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub attempts: u64,
    pub seated_at_once: u64,
    /// Seated after waiting in the queue.
    pub seated_later: u64,
    pub refused: u64,
    pub gave_up: u64,
    pub removed: u64,
    pub still_waiting: u64,
    /// The longest wait of anybody in the queue, whatever came of it.
    pub longest_wait: Micros,
    /// The waits of all, added up.
    pub total_wait: Micros,
    /// The most seats that were occupied at once.
    pub peak: usize,
    /// How long 0, 1, 2, … seats were occupied.
    pub occupied: Vec<Micros>,
}

impl Totals {
    /// How many attempts had to wait, whether they got a seat or not.
    pub fn waited(&self) -> u64 {
        self.seated_later + self.gave_up + self.removed + self.still_waiting
    }

    /// How many attempts did not get a seat at once.
    pub fn delayed_or_lost(&self) -> u64 {
        self.waited() + self.refused
    }

    /// How long seats were occupied, added up.
    pub fn seat_time(&self) -> Micros {
        let sum = |total: i64, (seats, time): (i64, &Micros)| total.saturating_add(seats.saturating_mul(time.0));
        Micros((0..).zip(&self.occupied).fold(0, sum))
    }

    /// How long at least this many seats were occupied.
    pub fn time_at_least(&self, seats: usize) -> Micros {
        Micros(self.occupied.iter().skip(seats).map(|time| time.0).sum())
    }

    pub(crate) fn count(&mut self, request: &RequestOutcome) {
        let wait = match request.fate {
            Fate::SeatedAfter(wait) | Fate::GaveUp(wait) | Fate::Removed(_, wait) | Fate::Waiting(wait) => wait,
            Fate::Seated | Fate::Refused(_) | Fate::SameAttempt => Micros(0),
        };
        self.longest_wait = self.longest_wait.max(wait);
        self.total_wait = self.total_wait.plus(wait);
        if request.fate == Fate::SameAttempt || request.is_retried {
            return;
        }
        self.attempts += 1;
        let counter = match request.fate {
            Fate::Seated | Fate::SameAttempt => &mut self.seated_at_once,
            Fate::SeatedAfter(_) => &mut self.seated_later,
            Fate::Refused(_) => &mut self.refused,
            Fate::GaveUp(_) => &mut self.gave_up,
            Fate::Removed(..) => &mut self.removed,
            Fate::Waiting(_) => &mut self.still_waiting,
        };
        *counter += 1;
    }

    /// Adds a time during which this many seats were occupied.
    pub(super) fn add_occupied(&mut self, seats: usize, time: Micros) {
        if self.occupied.len() <= seats {
            self.occupied.resize(seats + 1, Micros(0));
        }
        self.occupied[seats] = self.occupied[seats].plus(time);
    }
}

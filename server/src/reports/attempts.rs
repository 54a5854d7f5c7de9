//! Folds refused requests into attempts: clients repeat a refused request, sometimes many times a second.
//!
//! Requests of the same user at the same device for the same license (or product, if no license was concerned), each
//! within the window after the one before, are one attempt. An attempt after which the user got a seat within the
//! window does not count.

use super::record::{RefusedRequest, UsageRecord};
use seatkeeper_shared::{
    ids::{LicenseId, Position, ProductId, UserId},
    problem::Code,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What a user was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Target {
    License(LicenseId),
    Product(ProductId),
    /// Unknown: a record without either.
    Nothing,
}

/// What the requests of an attempt have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AttemptKey {
    pub user: UserId,
    pub device: Option<String>,
    pub target: Target,
}

/// An attempt to get a seat that was refused. Times are in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatAttempt {
    pub key: AttemptKey,
    /// The rule that refused the first request.
    pub code: Code,
    pub first_at: i64,
    pub last_at: i64,
    /// Where the first and the last request stand in the log.
    pub first_position: Position,
    pub last_position: Position,
    pub requests: i64,
    /// The seats that the first request would have needed, if it was refused for lack of seats.
    pub needed_seats: Option<i64>,
    pub outcome: AttemptOutcome,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttemptOutcome {
    /// Later requests may still belong to it.
    Open,
    /// The user got a seat within the window.
    SoonSeated,
    /// The user was turned away.
    Refused,
}

/// A user got a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatedUser {
    pub user: UserId,
    pub at: i64,
    pub position: Position,
}

/// A refused request; `None` without a user.
pub fn request(
    record: &UsageRecord,
    refused: &RefusedRequest,
    at: i64,
    needed_seats: Option<i64>,
) -> Option<SeatAttempt> {
    let target = match (record.license, refused.product) {
        (Some(license), _) => Target::License(license),
        (None, Some(product)) => Target::Product(product),
        (None, None) => Target::Nothing,
    };
    Some(SeatAttempt {
        key: AttemptKey { user: record.user?, device: refused.device.clone(), target },
        code: refused.code,
        first_at: at,
        last_at: at,
        first_position: record.position,
        last_position: record.position,
        requests: 1,
        needed_seats,
        outcome: AttemptOutcome::Open,
    })
}

impl SeatAttempt {
    /// Adds what followed within the window.
    fn extend(&mut self, next: &Self) {
        self.last_at = next.last_at;
        self.last_position = next.last_position;
        self.requests += next.requests;
        self.outcome = next.outcome;
    }
}

/// Folds requests in the order of the log.
#[derive(Clone, Debug)]
pub struct AttemptFolder {
    window: i64,
    /// All attempts, in the order in which they began.
    attempts: Vec<SeatAttempt>,
    open: HashMap<AttemptKey, usize>,
    /// The open attempts of each user.
    of_user: HashMap<UserId, Vec<usize>>,
}

impl AttemptFolder {
    /// Folds with this window, in microseconds.
    pub fn new(window: i64) -> Self {
        Self { window, attempts: Vec::new(), open: HashMap::new(), of_user: HashMap::new() }
    }

    pub fn refuse(&mut self, request: SeatAttempt) {
        if let Some(attempt) = self.open.get(&request.key).and_then(|index| self.attempts.get_mut(*index)) {
            if request.first_at - attempt.last_at <= self.window {
                attempt.extend(&request);
                return;
            }
            attempt.outcome = AttemptOutcome::Refused;
        }
        let index = self.attempts.len();
        self.open.insert(request.key.clone(), index);
        self.of_user.entry(request.key.user).or_default().push(index);
        self.attempts.push(request);
    }

    pub fn seat(&mut self, user: UserId, at: i64) {
        for index in self.of_user.remove(&user).unwrap_or_default() {
            let Some(attempt) = self.attempts.get_mut(index).filter(|attempt| attempt.outcome == AttemptOutcome::Open)
            else {
                continue;
            };
            let is_soon = at - attempt.last_at <= self.window;
            attempt.outcome = if is_soon { AttemptOutcome::SoonSeated } else { AttemptOutcome::Refused };
            self.open.remove(&attempt.key);
        }
    }

    /// All attempts, of which those are open that had no outcome until then and may still be continued.
    pub fn finish(mut self, to: i64) -> Vec<SeatAttempt> {
        for attempt in &mut self.attempts {
            if attempt.outcome == AttemptOutcome::Open && to - attempt.last_at > self.window {
                attempt.outcome = AttemptOutcome::Refused;
            }
        }
        self.attempts
    }
}

/// The attempts of a piece that may begin before it or continue after it, and who got a seat soon after it began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptEdges {
    /// In the order in which they began.
    pub attempts: Vec<SeatAttempt>,
    pub seats: Vec<SeatedUser>,
}

/// Joins attempts across pieces, which are added in order of time.
#[derive(Clone, Debug)]
pub struct AttemptJoiner {
    window: i64,
    open: Vec<SeatAttempt>,
    refused: Vec<SeatAttempt>,
}

impl AttemptJoiner {
    /// Joins with this window, in microseconds.
    pub fn new(window: i64) -> Self {
        Self { window, open: Vec::new(), refused: Vec::new() }
    }

    /// Adds the next piece.
    pub fn add(&mut self, edges: &AttemptEdges) {
        let mut next: Vec<_> = edges.attempts.iter().map(|attempt| Some(attempt.clone())).collect();
        for mut attempt in std::mem::take(&mut self.open) {
            let follows = |at: i64| at - attempt.last_at <= self.window;
            let seat = edges.seats.iter().find(|seat| seat.user == attempt.key.user).filter(|seat| follows(seat.at));
            let same = |next: &&mut Option<SeatAttempt>| next.as_ref().is_some_and(|next| next.key == attempt.key);
            let following = next.iter_mut().find(same).filter(|next| {
                next.as_ref().is_some_and(|next| {
                    follows(next.first_at) && seat.is_none_or(|seat| next.first_position < seat.position)
                })
            });
            match (following.and_then(Option::take), seat) {
                (Some(following), _) => {
                    attempt.extend(&following);
                    self.settle(attempt);
                }
                (None, Some(_)) => {}
                (None, None) => self.refused.push(SeatAttempt { outcome: AttemptOutcome::Refused, ..attempt }),
            }
        }
        next.into_iter().flatten().for_each(|attempt| self.settle(attempt));
    }

    fn settle(&mut self, attempt: SeatAttempt) {
        match attempt.outcome {
            AttemptOutcome::Open => self.open.push(attempt),
            AttemptOutcome::Refused => self.refused.push(attempt),
            AttemptOutcome::SoonSeated => {}
        }
    }

    /// The attempts that count; those that are still open do.
    pub fn finish(mut self) -> Vec<SeatAttempt> {
        self.refused.append(&mut self.open);
        self.refused
    }
}

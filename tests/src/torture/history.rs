//! What clients asked and what they were told, with the time of both: all that the checker believes.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper::clock::Clock;
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    problem::Code,
};
use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

/// A time, counted from the beginning of the run.
pub type Moment = Duration;

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// A session, with an idempotency key.
    Create {
        /// By whom.
        user: UserId,
        /// On the only license of the product that was asked for.
        license: LicenseId,
        /// The key; unique for each wish of the user, the same for its repetitions.
        key: String,
    },
    /// A customer connects.
    Connect(SessionId),
    /// The lease starts anew.
    Heartbeat(SessionId),
    /// The session ends, by its agent or by an admin.
    End(SessionId),
    /// Another number of seats.
    Resize(LicenseId, i64),
    /// The license is assigned to a user.
    Assign(LicenseId, UserId),
    /// The license is taken from a user, and his sessions end.
    Revoke(LicenseId, UserId),
}

/// Until when a session was promised to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Unless there is another heartbeat.
    pub until: Moment,
    /// Unless a customer connects.
    pub key_until: Option<Moment>,
}

/// What a client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// This session, and the promise if it still lives.
    Session(SessionId, Option<Lease>),
    /// The lease goes on until then.
    Renewed(Moment),
    /// The session is over: now or before.
    Over,
    /// There is no such session.
    NotThere,
    /// It is so now; whether it was otherwise before.
    Changed(bool),
    /// A rule refused.
    Refused(Code),
    /// Nothing: the connection broke, or the server said that it could not save. It may have been done or not, and it
    /// may still be done.
    Unknown,
    /// What must never be answered.
    Nonsense(String),
}

/// One question and its answer.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What was asked.
    pub asked: Asked,
    /// Before this nothing of it can have happened.
    pub invoked: Moment,
    /// Unless nothing is known, all of it has happened by then.
    pub completed: Moment,
    /// The answer.
    pub told: Told,
}

/// Where clients write down what happened to them.
pub struct History {
    began: Instant,
    began_at: DateTime<Utc>,
    operations: Mutex<Vec<Operation>>,
}

impl History {
    /// A run begins.
    pub fn begin() -> Self {
        Self { began: Instant::now(), began_at: Clock::default().now(), operations: Mutex::default() }
    }

    /// Now.
    pub fn now(&self) -> Moment {
        self.began.elapsed()
    }

    /// A time that a server told, in the time of this run.
    pub fn moment(&self, at: DateTime<Utc>) -> Moment {
        (at - self.began_at).max(TimeDelta::zero()).to_std().unwrap_or_default()
    }

    /// Writes down an operation that is over.
    pub fn note(&self, operation: Operation) {
        self.operations.lock().expect("no client panicked here").push(operation);
    }

    /// Everything so far, in the order of completion.
    pub fn operations(&self) -> Vec<Operation> {
        self.operations.lock().expect("no client panicked here").clone()
    }
}

/// How many operations there were of each kind, and how they ended.
pub fn count(operations: &[Operation]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for operation in operations {
        *counts.entry(format!("{} {}", operation.asked.name(), operation.told.name())).or_default() += 1;
    }
    counts
}

impl Asked {
    fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Connect(_) => "connect",
            Self::Heartbeat(_) => "heartbeat",
            Self::End(_) => "end",
            Self::Resize(..) => "resize",
            Self::Assign(..) => "assign",
            Self::Revoke(..) => "revoke",
        }
    }
}

impl Told {
    fn name(&self) -> &'static str {
        match self {
            Self::Session(..) | Self::Renewed(_) | Self::Changed(_) => "ok",
            Self::Over => "over",
            Self::NotThere => "not there",
            Self::Refused(_) => "refused",
            Self::Unknown => "unknown",
            Self::Nonsense(_) => "nonsense",
        }
    }
}

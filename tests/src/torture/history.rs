//! The recorded history: the requests of clients, their outcomes, and the times of both. The input of the checker.

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

/// A time since the start of the run.
pub type Moment = Duration;

/// A request of a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Request a session with an idempotency key.
    Create {
        user: UserId,
        /// The only license of the requested product.
        license: LicenseId,
        /// The idempotency key: unique for each attempt of the user, the same for its repetitions.
        key: String,
    },
    Connect(SessionId),
    Heartbeat(SessionId),
    /// By its agent or an admin.
    End(SessionId),
    /// Change the number of seats.
    Resize(LicenseId, i64),
    Assign(LicenseId, UserId),
    /// Revoke the assignment, which ends the sessions of the user.
    Revoke(LicenseId, UserId),
}

/// How long a session was promised to stay live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Without another heartbeat.
    pub until: Moment,
    /// If no customer connects.
    pub key_until: Option<Moment>,
}

/// The outcome of a request, as the client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This session, and its lease if it is live.
    Session(SessionId, Option<Lease>),
    /// The lease was renewed until then.
    Renewed(Moment),
    /// The session has ended, now or before.
    Over,
    /// There is no such session.
    NotFound,
    /// The requested state holds; whether it was changed by this request.
    Changed(bool),
    /// Refused by a rule.
    Refused(Code),
    /// Unknown: the connection broke, or the server could not save. The request may or may not have had an effect, and
    /// may still have one.
    Unknown,
    /// A response that no request may get.
    Invalid(String),
}

/// A request and its outcome.
#[derive(Clone, Debug)]
pub struct Operation {
    pub action: Action,
    /// The request had no effect before this time.
    pub invoked: Moment,
    /// Unless the outcome is unknown, the effect was complete by this time.
    pub completed: Moment,
    pub outcome: Outcome,
}

/// Records the operations of all clients.
pub struct History {
    began: Instant,
    began_at: DateTime<Utc>,
    operations: Mutex<Vec<Operation>>,
}

impl History {
    /// Starts the clock of a run.
    pub fn begin() -> Self {
        Self { began: Instant::now(), began_at: Clock::default().now(), operations: Mutex::default() }
    }

    pub fn now(&self) -> Moment {
        self.began.elapsed()
    }

    /// Converts a time of a server to the time of this run.
    pub fn moment(&self, at: DateTime<Utc>) -> Moment {
        (at - self.began_at).max(TimeDelta::zero()).to_std().unwrap_or_default()
    }

    /// Records a completed operation.
    pub fn note(&self, operation: Operation) {
        self.operations.lock().expect("no client panicked with the lock").push(operation);
    }

    /// The operations so far, in order of completion.
    pub fn operations(&self) -> Vec<Operation> {
        self.operations.lock().expect("no client panicked with the lock").clone()
    }
}

/// The number of operations by kind and outcome.
pub fn count(operations: &[Operation]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for operation in operations {
        *counts.entry(format!("{} {}", operation.action.name(), operation.outcome.name())).or_default() += 1;
    }
    counts
}

impl Action {
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

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Session(..) | Self::Renewed(_) | Self::Changed(_) => "ok",
            Self::Over => "over",
            Self::NotFound => "not found",
            Self::Refused(_) => "refused",
            Self::Unknown => "unknown",
            Self::Invalid(_) => "invalid",
        }
    }
}

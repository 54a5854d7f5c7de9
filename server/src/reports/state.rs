//! The state of a license, or of several together, at one moment: what the next record is applied to.

use super::record::{RecordKind, UsageRecord};
use seatkeeper_shared::ids::{LicenseId, SessionId, TicketId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Occupied seats, waiting agents and purchased seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    pub occupied: i64,
    pub waiting: i64,
    pub seats: i64,
}

impl Level {
    /// Whether all seats are occupied.
    pub fn is_full(self) -> bool {
        self.seats > 0 && self.occupied >= self.seats
    }
}

/// The seats of one license.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseLevel {
    pub occupied: i64,
    pub seats: i64,
}

/// Who has, or waits for, a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    pub user: UserId,
    /// Since when, in microseconds.
    pub at: i64,
}

/// The state at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageState {
    /// The time of the latest record, in microseconds. No later record counts before it.
    pub last_at: i64,
    pub licenses: BTreeMap<LicenseId, LicenseLevel>,
    /// The live sessions.
    pub sessions: BTreeMap<SessionId, Since>,
    /// The agents in the queue.
    pub tickets: BTreeMap<TicketId, Since>,
}

/// What a record has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// How long the session lasted that ended, in microseconds.
    pub session_length: Option<i64>,
    /// How long the agent waited who left the queue, in microseconds.
    pub wait: Option<i64>,
}

impl UsageState {
    pub fn level(&self) -> Level {
        let sum = |of: fn(&LicenseLevel) -> i64| self.licenses.values().map(of).sum();
        Level {
            occupied: sum(|license| license.occupied),
            seats: sum(|license| license.seats),
            waiting: i64::try_from(self.tickets.len()).unwrap_or(i64::MAX),
        }
    }

    /// The time at which a record counts: its own, but not before that of an earlier record.
    pub fn time_of(&self, record: &UsageRecord) -> i64 {
        record.at.timestamp_micros().max(self.last_at)
    }

    /// Whether this user waits in the queue.
    pub fn is_waiting(&self, user: UserId) -> bool {
        self.tickets.values().any(|ticket| ticket.user == user)
    }

    /// Applies a record.
    pub fn apply(&mut self, record: &UsageRecord) -> Applied {
        let at = self.time_of(record);
        self.last_at = at;
        if let Some(license) = record.license
            && (record.occupied.is_some() || record.seats.is_some())
        {
            let level = self.licenses.entry(license).or_default();
            level.occupied = record.occupied.unwrap_or(level.occupied);
            level.seats = record.seats.unwrap_or(level.seats);
        }
        let since = record.user.map(|user| Since { user, at });
        let mut applied = Applied::default();
        match record.kind {
            RecordKind::Created(id) => drop(since.map(|since| self.sessions.insert(id, since))),
            RecordKind::Ended(id) => applied.session_length = self.sessions.remove(&id).map(|since| at - since.at),
            RecordKind::Queued(id) => drop(since.map(|since| self.tickets.insert(id, since))),
            RecordKind::Unqueued(id, _) => applied.wait = self.tickets.remove(&id).map(|since| at - since.at),
            RecordKind::Refused(_) | RecordKind::Other => {}
        }
        applied
    }
}

//! Checks whether a history can be true: compares the responses to clients, the event log and the final tables, and
//! reports contradictions. Independent of any server.

mod log;
mod outcomes;
mod queue;
mod replay;
#[cfg(test)]
mod tests;

use super::history::{Moment, Operation};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    license::SeatRule,
    session::EndReason,
};
use std::collections::BTreeMap;

/// Everything recorded in a run.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The requests of clients and their outcomes.
    pub operations: Vec<Operation>,
    /// The event log, ordered by position.
    pub log: Vec<Entry>,
    /// The initial terms of the licenses.
    pub licenses: BTreeMap<LicenseId, Terms>,
    pub sessions: Vec<SessionRow>,
    pub assignments: Vec<(LicenseId, UserId)>,
    /// The final number of seats of each license.
    pub seats: BTreeMap<LicenseId, i64>,
}

/// The initial terms of a license.
#[derive(Clone, Debug)]
pub struct Terms {
    pub seats: i64,
    pub seat_rule: SeatRule,
}

/// An entry of the event log.
#[derive(Clone, Debug)]
pub struct Entry {
    pub position: i64,
    pub kind: String,
    pub license: Option<LicenseId>,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// The number of occupied seats after the event.
    pub occupied: Option<i64>,
    /// The number of seats after the event.
    pub seats: Option<i64>,
    pub facts: serde_json::Value,
}

/// A row of the session table.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub id: SessionId,
    pub license: LicenseId,
    pub user: UserId,
    /// The idempotency key of its request.
    pub key: Option<String>,
    pub ended: Option<(Moment, EndReason)>,
}

/// A contradiction in the evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// A session granted to a client is missing in the table or the log.
    LostGrant(SessionId),
    /// A session whose end was confirmed to a client continued.
    LostEnd(SessionId),
    /// A change confirmed to a client is missing in the log.
    LostChange(String),
    /// A session ended before its promised lease.
    CutShort(SessionId),
    /// A session ended for a reason without a matching request.
    UnrequestedEnd(SessionId),
    /// One idempotency key was given two sessions.
    TwoSessions(UserId, String),
    /// More holders than seats.
    Oversold(LicenseId, String),
    /// A request was refused although a seat was free.
    RefusedWithFreeSeat(LicenseId, i64),
    /// The positions of the log are not 1, 2, 3, …
    Gap(i64),
    /// An entry of the log is impossible after the previous ones.
    Impossible(i64, String),
    /// The replayed log differs from the tables.
    TableDiffers(String),
    /// A ticket was overtaken in the queue.
    NotFifo(LicenseId, i64),
    /// A session is still live after all leases have expired.
    Leaked(SessionId),
    /// A response that no request may get.
    InvalidResponse(String),
}

/// All contradictions; empty if the history can be true.
pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let mut found = outcomes::violations(evidence);
    found.extend(log::violations(evidence));
    found.extend(queue::violations(evidence));
    found.extend(evidence.sessions.iter().filter(|row| row.ended.is_none()).map(|row| Violation::Leaked(row.id)));
    found.sort();
    found.dedup();
    found
}

/// The holder of a seat, by the seat rule. Devices are not distinguished, because every agent has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Holder {
    Agent(UserId),
    Session(SessionId),
}

impl Terms {
    fn holder(&self, user: UserId, session: SessionId) -> Holder {
        match self.seat_rule {
            SeatRule::Session => Holder::Session(session),
            SeatRule::Agent | SeatRule::Device => Holder::Agent(user),
        }
    }
}

//! Whether a history can be true: takes what clients were told, the event log and the tables at the end, and says what
//! contradicts what. Knows nothing of servers.

mod log;
mod queue;
mod replay;
#[cfg(test)]
mod tests;
mod told;

use super::history::{Moment, Operation};
use seatkeeper_shared::{
    ids::{LicenseId, SessionId, UserId},
    license::SeatRule,
    session::EndReason,
};
use std::collections::BTreeMap;

/// All that is known after a run.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What clients were told.
    pub operations: Vec<Operation>,
    /// The event log, in the order in which it was read.
    pub log: Vec<Entry>,
    /// The licenses, as they were bought.
    pub licenses: BTreeMap<LicenseId, Terms>,
    /// The table of sessions.
    pub sessions: Vec<Row>,
    /// The table of assignments.
    pub assignments: Vec<(LicenseId, UserId)>,
    /// The seats in the table of licenses.
    pub seats: BTreeMap<LicenseId, i64>,
}

/// What was bought.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How many seats.
    pub seats: i64,
    /// What occupies one.
    pub seat_rule: SeatRule,
}

/// An entry of the event log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub position: i64,
    /// What happened.
    pub kind: String,
    /// About which license.
    pub license: Option<LicenseId>,
    /// About whom.
    pub user: Option<UserId>,
    /// About which session.
    pub session: Option<SessionId>,
    /// Occupied seats after it.
    pub occupied: Option<i64>,
    /// Seats after it.
    pub seats: Option<i64>,
    /// The rest.
    pub facts: serde_json::Value,
}

/// A session in the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: SessionId,
    /// On which license.
    pub license: LicenseId,
    /// Whose.
    pub user: UserId,
    /// With which idempotency key it was created.
    pub key: Option<String>,
    /// When and why it ended.
    pub ended: Option<(Moment, EndReason)>,
}

/// What must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// A client was given a session that is not in the table or not in the log.
    LostGrant(SessionId),
    /// A client was told that a session is over, but it went on.
    LostEnd(SessionId),
    /// A client was told that something was changed, but the log does not know of it.
    LostChange(String),
    /// A session ended before the time until which it was promised.
    CutShort(SessionId),
    /// A session ended for a reason that nobody gave.
    UnaskedEnd(SessionId),
    /// One wish was given two sessions.
    TwoSessions(UserId, String),
    /// More holders than seats.
    Oversold(LicenseId, String),
    /// Somebody was refused although there was a free seat.
    RefusedInVain(LicenseId, i64),
    /// The numbers of the log are not 1, 2, 3, ….
    Gap(i64),
    /// An entry of the log cannot follow what stands before it.
    Impossible(i64, String),
    /// The log does not lead to what stands in the tables.
    Differs(String),
    /// A ticket was passed over.
    NotFifo(LicenseId, i64),
    /// After all leases have run out a session still lives.
    Leaked(SessionId),
    /// An answer that must never be given.
    Nonsense(String),
}

/// Everything that contradicts something else; nothing if the history can be true.
pub fn violations(evidence: &Evidence) -> Vec<Violation> {
    let mut found = told::violations(evidence);
    found.extend(log::violations(evidence));
    found.extend(queue::violations(evidence));
    found.extend(evidence.sessions.iter().filter(|row| row.ended.is_none()).map(|row| Violation::Leaked(row.id)));
    found.sort();
    found.dedup();
    found
}

/// What occupies a seat: an agent or a session, by the seat rule. Devices are not told apart: every agent has one.
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

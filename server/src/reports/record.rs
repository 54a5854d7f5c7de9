//! What the reports read from the event log.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, Position, ProductId, SessionId, TicketId, UserId},
    problem::Code,
    ticket::TicketEnd,
};

/// An event of a license or product, as the reports need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    pub position: Position,
    /// May step back a little from one record to the next, as servers' clocks do.
    pub at: DateTime<Utc>,
    /// `None` if a request was refused without any license.
    pub license: Option<LicenseId>,
    pub user: Option<UserId>,
    pub kind: RecordKind,
    /// The occupied seats of the license after the event, if it is about seats.
    pub occupied: Option<i64>,
    /// The purchased seats of the license after the event, if it is about seats.
    pub seats: Option<i64>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A session was created.
    Created(SessionId),
    /// A session ended.
    Ended(SessionId),
    /// A request was refused.
    Refused(RefusedRequest),
    /// An agent joined the queue.
    Queued(TicketId),
    /// An agent left the queue.
    Unqueued(TicketId, TicketEnd),
    /// Something else, which may have changed how many seats are occupied or purchased.
    Other,
}

/// A request that found no seat, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRequest {
    /// The rule that refused.
    pub code: Code,
    /// The device; `None` in records of older versions.
    pub device: Option<String>,
    /// The product, if no license was concerned.
    pub product: Option<ProductId>,
}

/// Whether more seats would have helped: not if the user has no right to a seat, for example.
pub const fn is_for_lack_of_seats(code: Code) -> bool {
    matches!(code, Code::PoolFull | Code::OverCapacity | Code::ReservedForGroup | Code::GroupLimit)
}

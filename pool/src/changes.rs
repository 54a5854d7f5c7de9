//! The changes that decisions make. The same changes are written to the tables and to the event log, from which the
//! live feed reads them.

use super::session::{ScheduledEnd, Session, Ticket};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, SessionId, TicketId, UserId},
    license::{GroupLimit, Rules},
    people::UserStatus,
    problem::{Code, SessionEnd},
    session::Platform,
    ticket::TicketEnd,
};

/// A change that a decision made, or a refusal. `user` is the agent of the session or ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatChange {
    /// A session was created, which occupies a seat.
    Created(Session),
    /// A customer connected.
    Connected { session: SessionId, user: UserId, platform: Platform, at: DateTime<Utc> },
    /// The agent was warned that the session will end at `ends_at` because of idleness. `None` if the warning was
    /// cancelled.
    Warned { session: SessionId, user: UserId, ends_at: Option<DateTime<Utc>> },
    /// The end of a session was scheduled. `None` if it was cancelled.
    EndScheduled { session: SessionId, user: UserId, ending: Option<ScheduledEnd> },
    /// The agent continued on another device.
    Continued { session: SessionId, user: UserId, from: String, to: String },
    /// The session became protected, or no longer is.
    Protected { session: SessionId, user: UserId, protected: bool },
    /// The seat of a session was borrowed.
    Borrowed { session: SessionId, user: UserId, until: DateTime<Utc> },
    /// A session ended. `by` is the user who ended it.
    Ended { session: SessionId, user: UserId, end: SessionEnd, by: Option<UserId> },
    /// A cool-down began: the user gets no seat until it is over.
    CoolDownStarted { user: UserId, until: DateTime<Utc> },
    /// A user was refused a seat at this device by this rule.
    Refused { user: UserId, device: String, code: Code },
    /// A ticket joined the queue.
    Queued(Ticket),
    /// A seat was offered to a ticket. `None` if the offer was withdrawn or passed on.
    Offered { ticket: TicketId, user: UserId, until: Option<DateTime<Utc>> },
    /// A ticket has another place in the queue.
    Moved { ticket: TicketId, user: UserId, place: i64 },
    /// A ticket left the queue, with the session that it became if it was seated.
    TicketEnded { ticket: TicketId, user: UserId, reason: TicketEnd, session: Option<SessionId>, at: DateTime<Utc> },
    /// The license was assigned, until `ends_at` if that is given.
    Granted { user: UserId, ends_at: Option<DateTime<Utc>> },
    /// An assignment ends at another time, or no longer ends by itself.
    GrantEndChanged { user: UserId, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>> },
    /// The assignment was revoked.
    Revoked { user: UserId, cause: RevocationCause },
    /// The number of seats changed.
    Resized { from: i64, to: i64 },
    /// The rules of the license changed.
    RulesChanged { from: Rules, to: Rules },
    /// The group limits of the license changed.
    GroupLimitsChanged { from: Vec<GroupLimit>, to: Vec<GroupLimit> },
}

impl SeatChange {
    /// The session that changed, if one did.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Created(live) => Some(live.id),
            Self::Connected { session, .. }
            | Self::Warned { session, .. }
            | Self::EndScheduled { session, .. }
            | Self::Protected { session, .. }
            | Self::Borrowed { session, .. }
            | Self::Continued { session, .. }
            | Self::Ended { session, .. } => Some(*session),
            _ => None,
        }
    }

    /// The user whose session, ticket or assignment changed.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Created(live) => Some(live.user),
            Self::Queued(ticket) => Some(ticket.user),
            Self::Connected { user, .. }
            | Self::Warned { user, .. }
            | Self::EndScheduled { user, .. }
            | Self::Protected { user, .. }
            | Self::Borrowed { user, .. }
            | Self::Continued { user, .. }
            | Self::Ended { user, .. }
            | Self::CoolDownStarted { user, .. }
            | Self::Refused { user, .. }
            | Self::Offered { user, .. }
            | Self::Moved { user, .. }
            | Self::TicketEnded { user, .. } => Some(*user),
            Self::Granted { user, .. } | Self::GrantEndChanged { user, .. } | Self::Revoked { user, .. } => Some(*user),
            Self::Resized { .. } | Self::RulesChanged { .. } | Self::GroupLimitsChanged { .. } => None,
        }
    }
}

/// Why an assignment was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationCause {
    /// A user, a group, a rule or the deletion of its user.
    Request,
    /// It was granted for a time, which is over.
    EndReached,
}

/// A user at a license, with the fields that decisions need.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PoolUser {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub status: UserStatus,
    /// Whether the license is assigned to the user.
    pub assigned: bool,
    /// When the assignment ends by itself.
    pub grant_ends_at: Option<DateTime<Utc>>,
    /// The user gets no seat of the license until then.
    pub cool_until: Option<DateTime<Utc>>,
    /// The user's groups that the license has limits for.
    pub groups: Vec<GroupId>,
}

impl PoolUser {
    /// When the assignment ends by itself, if there is one with an end.
    pub fn grant_end(&self) -> Option<DateTime<Utc>> {
        self.grant_ends_at.filter(|_| self.assigned)
    }
}

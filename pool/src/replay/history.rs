//! The record of a license: its state at a time, and what the event log and the tables of sessions and tickets keep
//! about every change since.

use crate::{Session, Terms, Ticket, changes::PoolUser, changes::SeatChange};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, SessionId, TicketId, UserId},
    license::{GroupLimit, Rules},
    problem::Code,
    session::{EndReason, Mode, Platform},
    ticket::TicketEnd,
};

/// The record of a license in a period.
#[derive(Clone, Debug)]
pub struct History {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// The terms at the beginning.
    pub terms: Terms,
    /// Everybody to whom the license was assigned at the beginning, or who had a session or ticket. Their groups are
    /// all that the license had limits for at any time in the period.
    pub users: Vec<PoolUser>,
    /// The live sessions at the beginning.
    pub sessions: Vec<Session>,
    /// The tickets in the queue at the beginning.
    pub tickets: Vec<Ticket>,
    /// What changed, in the order of the event log.
    pub events: Vec<HistoryEvent>,
}

/// An event in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEvent {
    pub at: DateTime<Utc>,
    pub change: RecordedChange,
}

/// What is recorded about a change.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordedChange {
    Created {
        session: SessionId,
        user: UserId,
        device: String,
        mode: Mode,
        platform: Option<Platform>,
    },
    Connected {
        session: SessionId,
    },
    Continued {
        session: SessionId,
        to: String,
    },
    Borrowed {
        session: SessionId,
        until: DateTime<Utc>,
    },
    Ended {
        session: SessionId,
        user: UserId,
        reason: EndReason,
    },
    Refused {
        user: UserId,
        code: Code,
        device: Option<String>,
    },
    /// The mode and platform are those of the table of tickets.
    Queued {
        ticket: TicketId,
        user: UserId,
        device: String,
        mode: Mode,
        platform: Option<Platform>,
    },
    Offered {
        ticket: TicketId,
    },
    /// An offer was withdrawn or passed on.
    OfferWithdrawn {
        ticket: TicketId,
    },
    Moved {
        ticket: TicketId,
        place: i64,
    },
    TicketEnded {
        ticket: TicketId,
        user: UserId,
        reason: TicketEnd,
        session: Option<SessionId>,
    },
    Granted(UserId),
    Revoked(UserId),
    /// Suspended or deleted. The log has this about the account, before what follows for the license.
    Suspended(UserId),
    Activated(UserId),
    /// The user's groups after a change of memberships, as far as the license ever had limits for them.
    GroupsChanged {
        user: UserId,
        groups: Vec<GroupId>,
    },
    Resized(i64),
    RulesChanged(Rules),
    LimitsChanged(Vec<GroupLimit>),
    /// The period of the license changed.
    PeriodChanged {
        starts_at: Option<DateTime<Utc>>,
        ends_at: Option<DateTime<Utc>>,
    },
    /// The license or its product was archived or restored.
    Archived(bool),
}

impl RecordedChange {
    /// What a change of the pool leaves in the record. `None` for those that replaying does not need: warnings,
    /// scheduled ends and protection matter by how the session ended, and cool-downs follow from it.
    pub fn of(change: &SeatChange) -> Option<Self> {
        Some(match change {
            SeatChange::Created(live) => Self::Created {
                session: live.id,
                user: live.user,
                device: live.device.clone(),
                mode: live.mode,
                platform: live.platform,
            },
            SeatChange::Connected { session, .. } => Self::Connected { session: *session },
            SeatChange::Continued { session, to, .. } => Self::Continued { session: *session, to: to.clone() },
            SeatChange::Borrowed { session, until, .. } => Self::Borrowed { session: *session, until: *until },
            SeatChange::Ended { session, user, end, .. } => {
                Self::Ended { session: *session, user: *user, reason: end.reason }
            }
            SeatChange::Refused { user, device, code } => {
                Self::Refused { user: *user, code: *code, device: Some(device.clone()) }
            }
            SeatChange::Queued(ticket) => Self::Queued {
                ticket: ticket.id,
                user: ticket.user,
                device: ticket.device.clone(),
                mode: ticket.mode,
                platform: ticket.platform,
            },
            SeatChange::Offered { ticket, until: Some(_), .. } => Self::Offered { ticket: *ticket },
            SeatChange::Offered { ticket, until: None, .. } => Self::OfferWithdrawn { ticket: *ticket },
            SeatChange::Moved { ticket, place, .. } => Self::Moved { ticket: *ticket, place: *place },
            SeatChange::TicketEnded { ticket, user, reason, session, .. } => {
                Self::TicketEnded { ticket: *ticket, user: *user, reason: *reason, session: *session }
            }
            SeatChange::Granted { user, .. } => Self::Granted(*user),
            SeatChange::Revoked { user, .. } => Self::Revoked(*user),
            SeatChange::Resized { to, .. } => Self::Resized(*to),
            SeatChange::RulesChanged { to, .. } => Self::RulesChanged(*to),
            SeatChange::GroupLimitsChanged { to, .. } => Self::LimitsChanged(to.clone()),
            SeatChange::Warned { .. }
            | SeatChange::EndScheduled { .. }
            | SeatChange::Protected { .. }
            | SeatChange::GrantEndChanged { .. }
            | SeatChange::CoolDownStarted { .. } => return None,
        })
    }

    /// Whether free seats need not be offered before this change: it asks for none, so that it takes nothing from the
    /// waiters.
    pub(super) fn takes_no_seat(&self) -> bool {
        !matches!(
            self,
            Self::Created { .. }
                | Self::Connected { .. }
                | Self::Continued { .. }
                | Self::Borrowed { .. }
                | Self::Refused { .. }
                | Self::Queued { .. }
                | Self::Offered { .. }
                | Self::OfferWithdrawn { .. }
                | Self::Moved { .. }
        )
    }
}

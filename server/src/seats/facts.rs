//! What a decision changes. The same facts are written to the tables, to the event log, and told to the live feed.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{GroupId, SessionId, TicketId, UserId},
    license::{GroupLimit, Rules},
    people::UserStatus,
    problem::{Code, End},
    session::{Mode, Platform, SessionState},
    ticket::TicketEnd,
};

/// A live session, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Live {
    /// Its id.
    pub id: SessionId,
    /// The agent.
    pub user: UserId,
    /// The agent's device.
    pub device: String,
    /// Waiting or connected.
    pub state: SessionState,
    /// Attended, unattended, application.
    pub mode: Mode,
    /// What the other side runs on.
    pub platform: Option<Platform>,
    /// The device at the other end, as the agent calls it.
    pub remote_device: Option<String>,
    /// Nine digits, while waiting.
    pub support_key: Option<String>,
    /// When the key ends, while waiting.
    pub key_expires_at: Option<DateTime<Utc>>,
    /// What makes a repeated request recognisable.
    pub idempotency_key: Option<String>,
    /// Since when it occupies its seat.
    pub created_at: DateTime<Utc>,
    /// Since when somebody is connected.
    pub connected_at: Option<DateTime<Utc>>,
    /// When its client was last heard of.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends if nothing more is heard.
    pub lease_until: DateTime<Utc>,
    /// When its agent last did something.
    pub active_at: DateTime<Utc>,
    /// When its agent was warned that it ends for lack of activity.
    pub warned_at: Option<DateTime<Utc>>,
    /// The end that is announced.
    pub ending: Option<Announced>,
    /// Neither idleness nor an end of many at once ends it.
    pub protected: bool,
    /// Until when its seat is borrowed: that is its lease then, whatever is heard of it.
    pub borrowed_until: Option<DateTime<Utc>>,
}

/// An end that is announced.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Announced {
    /// When it comes.
    pub at: DateTime<Utc>,
    /// The id of who announced it.
    pub by: Option<UserId>,
    /// The name of who announced it.
    pub by_name: Option<String>,
    /// What the agent is told.
    pub message: Option<String>,
}

/// A place in the line, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// The agent.
    pub user: UserId,
    /// The agent's device.
    pub device: String,
    /// What kind of session it will be.
    pub mode: Mode,
    /// What the other side runs on.
    pub platform: Option<Platform>,
    /// The device at the other end, as the agent calls it.
    pub remote_device: Option<String>,
    /// The smaller, the earlier. No two tickets of a license have the same.
    pub place: i64,
    /// When it was taken.
    pub created_at: DateTime<Utc>,
    /// When its client was last heard of.
    pub last_seen_at: DateTime<Utc>,
    /// When it lapses if nothing more is heard.
    pub lease_until: DateTime<Utc>,
    /// Until when a free seat is kept for it.
    pub offer_until: Option<DateTime<Utc>>,
}

/// One thing that a decision changed, or a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A session was created; it occupies a seat.
    Created(Live),
    /// A customer connected.
    Connected {
        /// Which session.
        session: SessionId,
        /// Its agent.
        user: UserId,
        /// What the customer's side runs on.
        platform: Platform,
        /// When.
        at: DateTime<Utc>,
    },
    /// The agent is warned that the session ends for lack of activity, or no longer.
    Warned {
        /// Which session.
        session: SessionId,
        /// Its agent.
        user: UserId,
        /// When it will end; nothing if the rules changed, so that he is warned anew.
        ends_at: Option<DateTime<Utc>>,
    },
    /// An end is announced, or no longer.
    Announced {
        /// Which session.
        session: SessionId,
        /// Its agent.
        user: UserId,
        /// The end; nothing if it was called off.
        ending: Option<Announced>,
    },
    /// The agent goes on at another device.
    Continued {
        /// Which session.
        session: SessionId,
        /// Its agent.
        user: UserId,
        /// The device before.
        from: String,
        /// The device now.
        to: String,
    },
    /// A session is protected from now on, or no longer.
    Protected {
        /// Which session.
        session: SessionId,
        /// Its agent.
        user: UserId,
        /// From now on.
        protected: bool,
    },
    /// A seat is borrowed.
    Borrowed {
        /// Of which session.
        session: SessionId,
        /// Its agent.
        user: UserId,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// A session ended.
    Ended {
        /// Which session.
        session: SessionId,
        /// Its agent.
        user: UserId,
        /// Why, when, by whom.
        end: End,
        /// The id of who ended it.
        by: Option<UserId>,
    },
    /// A user gets no seat until then.
    Cooling {
        /// Who.
        user: UserId,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Somebody got no seat.
    Refused {
        /// Who.
        user: UserId,
        /// Which rule refused.
        code: Code,
    },
    /// A ticket was taken.
    Queued(Ticket),
    /// A free seat is kept for a ticket, or no longer.
    Offered {
        /// Which ticket.
        ticket: TicketId,
        /// Its agent.
        user: UserId,
        /// Until when; nothing if the seat had to be taken back, or the next one goes first.
        until: Option<DateTime<Utc>>,
    },
    /// A ticket has another place in the line.
    Moved {
        /// Which ticket.
        ticket: TicketId,
        /// Its agent.
        user: UserId,
        /// The smaller, the earlier.
        place: i64,
    },
    /// A ticket is over.
    Left {
        /// Which ticket.
        ticket: TicketId,
        /// Its agent.
        user: UserId,
        /// Why.
        reason: TicketEnd,
        /// The session that came of it.
        session: Option<SessionId>,
        /// When.
        at: DateTime<Utc>,
    },
    /// The license was assigned.
    Granted(UserId),
    /// The license was taken away.
    Revoked(UserId),
    /// The number of seats changed.
    Resized {
        /// Seats before.
        from: i64,
        /// Seats now.
        to: i64,
    },
    /// The license has other rules.
    Ruled {
        /// Rules before.
        from: Rules,
        /// Rules now.
        to: Rules,
    },
    /// The license keeps other seats for groups.
    Limited {
        /// Limits before.
        from: Vec<GroupLimit>,
        /// Limits now.
        to: Vec<GroupLimit>,
    },
}

impl Fact {
    /// The name under which it stands in the event log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => "session_created",
            Self::Connected { .. } => "session_connected",
            Self::Warned { ends_at: Some(_), .. } => "session_idle",
            Self::Warned { ends_at: None, .. } => "session_idle_called_off",
            Self::Announced { ending: Some(_), .. } => "session_end_announced",
            Self::Announced { ending: None, .. } => "session_end_called_off",
            Self::Protected { .. } => "session_protected",
            Self::Borrowed { .. } => "session_borrowed",
            Self::Continued { .. } => "session_continued",
            Self::Ended { .. } => "session_ended",
            Self::Cooling { .. } => "cool_down_started",
            Self::Refused { .. } => "session_refused",
            Self::Queued(_) => "ticket_taken",
            Self::Offered { until: Some(_), .. } => "ticket_offered",
            Self::Offered { until: None, .. } => "ticket_offer_taken_back",
            Self::Moved { .. } => "ticket_moved",
            Self::Left { .. } => "ticket_over",
            Self::Granted(_) => "license_granted",
            Self::Revoked(_) => "license_revoked",
            Self::Resized { .. } => "seats_changed",
            Self::Ruled { .. } => "license_changed",
            Self::Limited { .. } => "group_limits_changed",
        }
    }

    /// The session it is about.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Created(live) => Some(live.id),
            Self::Connected { session, .. }
            | Self::Warned { session, .. }
            | Self::Announced { session, .. }
            | Self::Protected { session, .. }
            | Self::Borrowed { session, .. }
            | Self::Continued { session, .. }
            | Self::Ended { session, .. } => Some(*session),
            _ => None,
        }
    }

    /// The user it is about.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Created(live) => Some(live.user),
            Self::Queued(ticket) => Some(ticket.user),
            Self::Connected { user, .. }
            | Self::Warned { user, .. }
            | Self::Announced { user, .. }
            | Self::Protected { user, .. }
            | Self::Borrowed { user, .. }
            | Self::Continued { user, .. }
            | Self::Ended { user, .. }
            | Self::Cooling { user, .. }
            | Self::Refused { user, .. }
            | Self::Offered { user, .. }
            | Self::Moved { user, .. }
            | Self::Left { user, .. } => Some(*user),
            Self::Granted(user) | Self::Revoked(user) => Some(*user),
            Self::Resized { .. } | Self::Ruled { .. } | Self::Limited { .. } => None,
        }
    }
}

/// A user to whom a license is, or is to be, assigned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Person {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Active or suspended.
    pub status: UserStatus,
    /// The license is assigned to him.
    pub assigned: bool,
    /// Until then he gets no seat.
    pub cool_until: Option<DateTime<Utc>>,
    /// Those of his groups for which the license keeps seats.
    pub groups: Vec<GroupId>,
}

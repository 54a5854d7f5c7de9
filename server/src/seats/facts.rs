//! What a decision changes. The same facts are written to the tables, to the event log, and told to the live feed.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::{SessionId, UserId},
    people::UserStatus,
    problem::{Code, End},
    session::{Mode, Platform, SessionState},
};

/// A live session, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Somebody got no seat.
    Refused {
        /// Who.
        user: UserId,
        /// Which rule refused.
        code: Code,
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
}

impl Fact {
    /// The name under which it stands in the event log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => "session_created",
            Self::Connected { .. } => "session_connected",
            Self::Ended { .. } => "session_ended",
            Self::Refused { .. } => "session_refused",
            Self::Granted(_) => "license_granted",
            Self::Revoked(_) => "license_revoked",
            Self::Resized { .. } => "seats_changed",
        }
    }

    /// The session it is about.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Created(live) => Some(live.id),
            Self::Connected { session, .. } | Self::Ended { session, .. } => Some(*session),
            _ => None,
        }
    }

    /// The user it is about.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Created(live) => Some(live.user),
            Self::Connected { user, .. } | Self::Ended { user, .. } | Self::Refused { user, .. } => Some(*user),
            Self::Granted(user) | Self::Revoked(user) => Some(*user),
            Self::Resized { .. } => None,
        }
    }
}

/// A user to whom a license is, or is to be, assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Active or suspended.
    pub status: UserStatus,
}

//! The input and output of decisions: terms of a license, requests, refusals and causes of ends.

use super::changes::Ticket;
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, TicketId, UserId},
    license::{GroupLimit, Model, Rules},
    problem::{Code, RefusalFacts},
    session::{EndReason, Mode, Platform},
};

/// The terms of a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub license: LicenseId,
    pub product: ProductId,
    pub product_name: String,
    /// How long a support key can be used.
    pub key_lifetime: TimeDelta,
    pub model: Model,
    pub seats: i64,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether the license or its product is archived: live sessions may finish, but no new ones begin.
    pub archived: bool,
    pub rules: Rules,
    /// How many seats are reserved for groups, and how many they may occupy.
    pub groups: Vec<GroupLimit>,
}

impl Terms {
    /// The most seats that may be occupied. The overdraft applies only to concurrent licenses.
    pub fn max_occupied(&self) -> i64 {
        match self.model {
            Model::Named => self.seats,
            Model::Concurrent => self.seats + self.rules.overdraft,
        }
    }

    /// How long a session or ticket lives without a heartbeat.
    pub fn lease(&self) -> TimeDelta {
        TimeDelta::seconds(self.rules.lease_seconds)
    }

    /// How long before the end of an idle session its agent is warned.
    pub fn idle_warning(&self) -> TimeDelta {
        TimeDelta::seconds(self.rules.idle_warning_seconds)
    }

    /// Why the license is not valid at this time, and when it starts or ended.
    pub fn validity_refusal(&self, now: DateTime<Utc>) -> Option<(Code, DateTime<Utc>)> {
        let not_started = self.starts_at.filter(|start| *start > now).map(|start| (Code::LicenseNotStarted, start));
        not_started.or(self.ends_at.filter(|end| *end <= now).map(|end| (Code::LicenseEnded, end)))
    }
}

/// What a client asks for when it requests a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRequest {
    /// The id of the session to create.
    pub session: SessionId,
    /// The agent's device.
    pub device: String,
    pub mode: Mode,
    /// The platform of the device at the other end, if known.
    pub platform: Option<Platform>,
    /// The agent's name for the device at the other end.
    pub remote_device: Option<String>,
    /// The support key of the session, used if it waits for a customer.
    pub support_key: String,
    /// Identifies repeated requests.
    pub idempotency_key: Option<String>,
    /// The id of the ticket to create if no seat is free. `None` if the agent does not want to wait.
    pub ticket: Option<TicketId>,
    /// For how long the seat is to be borrowed, if it is.
    pub borrow: Option<TimeDelta>,
}

/// What the session of an accepted offer is given; the rest comes from the ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The id of the session to create.
    pub id: SessionId,
    /// The support key, used if the session waits for a customer.
    pub support_key: String,
}

impl NewSession {
    /// The request of the agent who took this ticket.
    pub fn of_ticket(self, ticket: Ticket) -> SeatRequest {
        let Ticket { device, mode, platform, remote_device, .. } = ticket;
        let Self { id: session, support_key } = self;
        let (idempotency_key, ticket, borrow) = (None, None, None);
        SeatRequest { session, device, mode, platform, remote_device, support_key, idempotency_key, ticket, borrow }
    }
}

/// A refusal: the rule that refused, and the numbers of the license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    /// `None` if no license is concerned.
    pub facts: Option<RefusalFacts>,
}

impl Refusal {
    /// Whether waiting in the queue can lead to a seat.
    pub fn can_wait(&self) -> bool {
        use Code::{CoolingDown, GroupLimit, OverCapacity, PoolFull, ReservedForGroup};
        matches!(self.code, PoolFull | OverCapacity | ReservedForGroup | GroupLimit | CoolingDown)
    }
}

/// Why sessions end, and who ends them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndCause {
    pub reason: EndReason,
    /// The user who ends them. `None` if they end automatically.
    pub by: Option<UserId>,
    pub by_name: Option<String>,
    /// Shown to the agent.
    pub message: Option<String>,
}

impl EndCause {
    /// The cause of an end that no user requested.
    pub fn automatic(reason: EndReason) -> Self {
        Self { reason, by: None, by_name: None, message: None }
    }
}

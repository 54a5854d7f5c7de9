//! What decisions are made on: what was bought, what is asked for, and why somebody gets nothing.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, SessionId, TicketId, UserId},
    license::{GroupLimit, Model, Rules},
    problem::{Code, RefusalFacts},
    session::{EndReason, Mode, Platform},
};

/// What was bought, and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The license.
    pub license: LicenseId,
    /// For which product.
    pub product: ProductId,
    /// The product's name.
    pub product_name: String,
    /// How long an unused support key lives.
    pub key_life: TimeDelta,
    /// Named or concurrent.
    pub model: Model,
    /// How many seats.
    pub seats: i64,
    /// From when it counts.
    pub starts_at: Option<DateTime<Utc>>,
    /// From when it no longer counts.
    pub ends_at: Option<DateTime<Utc>>,
    /// It, or its product, is archived: those who are in may finish, nobody else gets in.
    pub archived: bool,
    /// Its rules.
    pub rules: Rules,
    /// What it keeps for groups.
    pub groups: Vec<GroupLimit>,
}

impl Terms {
    /// The most seats that may be occupied. The overdraft belongs to pools: a named license has a seat for each person or none.
    pub fn limit(&self) -> i64 {
        match self.model {
            Model::Named => self.seats,
            Model::Concurrent => self.seats + self.rules.overdraft,
        }
    }

    /// How long a session or ticket lives without a sign of life.
    pub fn lease(&self) -> TimeDelta {
        TimeDelta::seconds(self.rules.lease_seconds)
    }

    /// How long before its end an idle session's agent is warned.
    pub fn idle_warning(&self) -> TimeDelta {
        TimeDelta::seconds(self.rules.idle_warning_seconds)
    }

    /// Whether it has not started yet or is over, with the moment.
    pub fn not_valid(&self, now: DateTime<Utc>) -> Option<(Code, DateTime<Utc>)> {
        let not_started = self.starts_at.filter(|start| *start > now).map(|start| (Code::LicenseNotStarted, start));
        not_started.or(self.ends_at.filter(|end| *end <= now).map(|end| (Code::LicenseEnded, end)))
    }
}

/// A request for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The id that the session will have.
    pub session: SessionId,
    /// The agent's device.
    pub device: String,
    /// Attended, unattended, application.
    pub mode: Mode,
    /// What the other side runs on, if known.
    pub platform: Option<Platform>,
    /// The device at the other end, as the agent calls it.
    pub remote_device: Option<String>,
    /// The support key that the session will have if it waits for a customer.
    pub support_key: String,
    /// What makes a repeated request recognisable.
    pub idempotency_key: Option<String>,
    /// The id of the ticket that is taken if there is no seat now; absent: the agent does not want to wait.
    pub ticket: Option<TicketId>,
    /// For how long the seat is to be borrowed; absent: it is not.
    pub borrow: Option<TimeDelta>,
}

/// No seat: which rule refused, and how things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule.
    pub code: Code,
    /// How things stand; absent if there is no license to speak of.
    pub facts: Option<RefusalFacts>,
}

impl Refusal {
    /// Whether a seat can be had by waiting.
    pub fn may_pass(&self) -> bool {
        use Code::{CoolingDown, GroupLimit, OverCapacity, PoolFull, ReservedForGroup};
        matches!(self.code, PoolFull | OverCapacity | ReservedForGroup | GroupLimit | CoolingDown)
    }
}

/// Who ends sessions, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why.
    pub reason: EndReason,
    /// The id of who does it; nobody for what happens by itself.
    pub by: Option<UserId>,
    /// The name of who does it.
    pub by_name: Option<String>,
    /// What the agent is told.
    pub message: Option<String>,
}

impl Ending {
    /// An end that comes by itself.
    pub fn by_itself(reason: EndReason) -> Self {
        Self { reason, by: None, by_name: None, message: None }
    }
}

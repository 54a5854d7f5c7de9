//! The input and output of decisions: terms of a license, refusals and causes of ends.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    license::{GroupLimit, Model, Rules},
    problem::{Code, RefusalFacts},
    session::EndReason,
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

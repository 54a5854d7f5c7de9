//! Recorded demand: what was asked of one license in a period, and what became of it.
//!
//! It is compact and can be serialized: people, devices and groups are indexes, times are microseconds since the
//! beginning. Everything a person did is relative to the moment at which it became possible: the length of a session to
//! its beginning, the reaction to an offer to the offer. So it can be replayed at settings that grant seats at other
//! times.

use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::{
    license::{Model, Rules},
    problem::Code,
    session::{EndReason, Mode, Platform},
    ticket::TicketEnd,
};
use serde::{Deserialize, Serialize};

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($type:ty);)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $type);
    )*};
}

numbers! {
    /// Microseconds: a time since the beginning of the demand, or a length.
    Micros(i64);
    /// A person in [`Demand::people`].
    PersonIndex(u32);
    /// A device of an agent. The demand has no names of devices.
    DeviceIndex(u32);
    /// A group that a license has limits for.
    GroupIndex(u32);
    /// Orders what happened at one time. What was not recorded comes last.
    Order(u32);
}

impl Micros {
    /// This many seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// From a length, which must be below 292,000 years.
    pub fn of(length: TimeDelta) -> Self {
        Self(length.num_microseconds().unwrap_or(i64::MAX))
    }

    /// As a length of time.
    pub const fn length(self) -> TimeDelta {
        TimeDelta::microseconds(self.0)
    }

    /// The time or length after another length.
    #[must_use]
    pub const fn plus(self, length: Self) -> Self {
        Self(self.0.saturating_add(length.0))
    }

    /// The length since another time.
    #[must_use]
    pub const fn since(self, time: Self) -> Self {
        Self(self.0.saturating_sub(time.0))
    }

    /// With fractions of a second.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Order {
    /// After everything recorded at the same time.
    pub const LAST: Self = Self(u32::MAX);
}

/// What was asked of one license in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// When the period begins.
    pub from: DateTime<Utc>,
    /// When the period ends.
    pub until: DateTime<Utc>,
    /// The terms at the beginning.
    pub terms: DemandTerms,
    /// Everybody who could have asked, as they were at the beginning.
    pub people: Vec<Person>,
    /// The number of devices.
    pub devices: u32,
    /// The sessions that were live at the beginning.
    pub sessions: Vec<EarlierSession>,
    /// The tickets that were in the queue at the beginning, the head first.
    pub tickets: Vec<EarlierTicket>,
    /// In the order in which they were made.
    pub requests: Vec<Request>,
    /// What admins and the calendar changed, in order.
    pub changes: Vec<Change>,
    /// How many recorded changes do not follow from the ones before by the rules, for example because a request for
    /// several sessions was refused as a whole, or because the server was down. Refusals among them are left out.
    pub unexplained: u32,
}

/// The terms of a license, as far as decisions depend on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemandTerms {
    pub model: Model,
    pub seats: i64,
    pub period: LicensePeriod,
    pub archived: bool,
    pub rules: Rules,
    pub limits: Vec<Limit>,
}

/// When a license is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicensePeriod {
    /// When the first thing happened after the start date.
    pub starts_at: Option<Micros>,
    pub ends_at: Option<Micros>,
    /// When its sessions and tickets were ended, which is up to a second later.
    pub end_noticed_at: Option<Micros>,
}

/// The seats that are reserved for a group, and the most that it may occupy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub group: GroupIndex,
    pub floor: i64,
    pub cap: Option<i64>,
}

/// A person at the beginning of the period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub assigned: bool,
    pub suspended: bool,
    /// The person gets no seat until then.
    pub cool_until: Option<Micros>,
    pub groups: Vec<GroupIndex>,
}

/// A session that was live at the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierSession {
    pub person: PersonIndex,
    pub device: DeviceIndex,
    pub mode: Mode,
    /// When it began, before the beginning of the period.
    pub began: Micros,
    pub connected: bool,
    pub borrowed_until: Option<Micros>,
    pub work: Work,
}

/// A ticket that was in the queue at the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierTicket {
    pub person: PersonIndex,
    pub device: DeviceIndex,
    pub mode: Mode,
    pub platform: Option<Platform>,
    pub place: i64,
    /// When it joined the queue, before the beginning of the period.
    pub joined: Micros,
    /// Whether a seat was offered to it. The reaction to that counts from the beginning of the period.
    pub offered: bool,
    pub wait: Wait,
}

/// A request for a seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub at: Micros,
    pub order: Order,
    pub person: PersonIndex,
    pub device: DeviceIndex,
    /// Of a refused request, which is recorded without it, the mode of most of the person's sessions.
    pub mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// For how long the seat was to be borrowed, if it was.
    pub borrow: Option<Micros>,
    /// Whether it was made in place of a session of the same person, which is recorded to be given up at this time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_place: bool,
    pub result: RequestResult,
}

impl Request {
    /// An attended request with nothing that is optional.
    pub fn new(at: Micros, order: Order, person: PersonIndex, device: DeviceIndex, result: RequestResult) -> Self {
        let (platform, borrow, in_place) = Default::default();
        Self { at, order, person, device, mode: Mode::Attended, platform, borrow, in_place, result }
    }
}

/// What became of a request in truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RequestResult {
    /// It got a seat at once.
    Seated(Work),
    /// It was refused, and its person did not wait.
    Refused(Code),
    /// It took a ticket.
    Queued(Wait),
}

/// What happened in a session, relative to its beginning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Work {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// When the customer connected, if one did.
    pub connected_after: Option<Micros>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<WorkStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// `None` if it was live at the end of the period.
    pub end: Option<WorkEnd>,
}

/// A change in the course of a session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkStep {
    pub after: Micros,
    pub order: Order,
    pub kind: WorkStepKind,
}

/// What changed in the course of a session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum WorkStepKind {
    /// The agent continued on another device.
    Continued(DeviceIndex),
    /// The agent borrowed the seat for this long.
    Borrowed(Micros),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkEnd {
    pub after: Micros,
    pub reason: EndReason,
    pub order: Order,
    /// Whether another change led to the end, which is replayed, too: the agent took over on another device, or was
    /// suspended. Where it does not lead to it, the session is assumed to end by itself at the same time.
    pub follows: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// The lease or idle time that was in force, in seconds, if it ended the session.
    pub limit_seconds: Option<i64>,
    /// Whether free seats are offered before anything else is decided.
    pub offers_after: bool,
}

/// What happened to a ticket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    /// The reactions to the offers of a seat, in order.
    pub offers: Vec<OfferReaction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// How it left the queue other than by its reaction to an offer.
    pub end: Option<WaitEnd>,
    /// How long its person is known to have waited: to the end of the ticket or of the period.
    pub waited: Micros,
}

/// What a waiter did about an offer, and how soon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfferReaction {
    /// How long after the offer.
    pub after: Micros,
    pub order: Order,
    pub kind: ReactionKind,
    /// Whether free seats are offered before anything else is decided.
    pub offers_after: bool,
}

/// What a waiter did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReactionKind {
    /// Took the seat.
    Accepted(Work),
    Declined,
    /// Let the next waiter have it.
    Passed,
    /// Let it expire.
    Missed,
    /// Had not reacted yet when the offer was withdrawn, or the ticket or the period ended.
    Open,
}

/// How a ticket left the queue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitEnd {
    /// How long after it joined.
    pub after: Micros,
    pub order: Order,
    pub reason: TicketEnd,
    /// Whether free seats are offered before anything else is decided.
    pub offers_after: bool,
}

/// A change that does not come from a session or ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub at: Micros,
    pub order: Order,
    pub kind: ChangeKind,
    /// Whether free seats are offered before anything else is decided.
    pub offers_after: bool,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ChangeKind {
    Granted(PersonIndex),
    Revoked {
        person: PersonIndex,
        end_sessions: bool,
    },
    Suspended(PersonIndex),
    Activated(PersonIndex),
    GroupsChanged {
        person: PersonIndex,
        groups: Vec<GroupIndex>,
    },
    Resized(i64),
    RulesChanged(Rules),
    LimitsChanged(Vec<Limit>),
    PeriodChanged(LicensePeriod),
    Archived(bool),
    /// A ticket was moved to a position, 1 being the head.
    Moved {
        ticket: TicketSource,
        position: i64,
    },
    /// Free seats were offered by the passing of time alone, for example at the end of a cool-down.
    Swept,
}

/// Where a ticket comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TicketSource {
    /// From [`Demand::tickets`].
    Earlier(u32),
    /// From [`Demand::requests`].
    Request(u32),
}

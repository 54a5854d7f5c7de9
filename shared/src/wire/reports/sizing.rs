//! How many seats are really needed: recorded demand replayed at other settings, queueing models, advice and a trend.

use super::{ReportLicense, ReportPeriod};
use crate::{
    ids::{GroupId, LicenseId, UserId},
    license::{Price, SeatRule, SecondDevice},
    string_enum::string_enum,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

string_enum! {
    /// What people would have done who were refused, or who would be refused with fewer seats. Nobody knows, so it is
    /// assumed.
    RefusedAssumption {
        /// They would have waited in the queue, then given up.
        Wait = "wait",
        /// They would have looked for another way.
        GoAway = "go_away",
        /// They would have done what they did: asked again, or not.
        AsRecorded = "as_recorded",
    }
}

string_enum! {
    /// What is being done for a report.
    SizingPhase {
        /// Another report is being computed.
        Waiting = "waiting",
        /// The event log is read.
        Reading = "reading",
        /// The requested numbers of seats are replayed.
        Replaying = "replaying",
        /// Other settings are replayed, for the advice.
        Advising = "advising",
    }
}

/// The event of a stream that says how far the report is.
pub const PROGRESS_EVENT: &str = "progress";
/// The last event of a stream: the report.
pub const REPORT_EVENT: &str = "report";
/// The last event of a stream without a report: why there is none.
pub const PROBLEM_EVENT: &str = "problem";

/// How far a report is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizingProgress {
    /// What is being done.
    pub phase: SizingPhase,
    /// How much of it is done: positions of the log, or replays.
    pub done: i64,
    /// How much there is to do in this phase; 0 if that is not known.
    pub total: i64,
    /// How much of the whole report is done, about, from 0 to 1. It never decreases.
    pub share: f64,
}

/// What would have happened to the demand of a period with other numbers of seats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizingReport {
    /// The period whose demand is replayed.
    pub period: ReportPeriod,
    /// The concurrent license whose seats are replayed.
    pub license: ReportLicense,
    /// What is assumed.
    pub assumptions: SizingAssumptions,
    /// The attempts to get a seat in the period. Requests of the same user at the same device, each within
    /// `attempt_seconds` after the one before, are one attempt.
    pub attempts: i64,
    /// How many recorded changes the replay cannot explain, for example because the server was down. The fewer, the
    /// more can be said.
    pub unexplained: i64,
    /// What would have happened with each number of seats, in ascending order.
    pub sizes: Vec<SizeOutcome>,
    /// What queueing models predict for the same numbers of seats; absent if there were too few sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<SizingModel>,
    /// What the numbers suggest, the most useful first.
    pub advice: Vec<SizingAdvice>,
    /// Where the daily peak is going; absent with fewer than 14 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<PeakTrend>,
}

/// What a replay assumes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizingAssumptions {
    /// What refused people do.
    pub refused: RefusedAssumption,
    /// How long they wait, in seconds, unless it is recorded that they waited longer.
    pub patience_seconds: i64,
    /// How soon the next request belongs to the same attempt, in seconds.
    pub attempt_seconds: i64,
    /// Whether people may wait in the queue.
    pub queue: bool,
    /// How many people there are for each recorded one; 1.0: as many.
    pub growth: f64,
    /// The same for the third of the people who work least; absent: as `growth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_light: Option<f64>,
    /// The same for the middle third; absent: as `growth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_middle: Option<f64>,
    /// The same for the third who work most; absent: as `growth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_heavy: Option<f64>,
    /// What occupies one seat. Absent: as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat_rule: Option<SeatRule>,
    /// What happens on a second device. Absent: as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_device: Option<SecondDevice>,
    /// How long a session stays without a heartbeat, in seconds. Absent: as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_seconds: Option<i64>,
    /// The most seats that one person may occupy. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_cap: Option<i64>,
    /// The idle time that ends sessions, in seconds; 0: none. Absent: as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<i64>,
}

impl Default for SizingAssumptions {
    /// People wait for a quarter of an hour, and everything else is as recorded.
    fn default() -> Self {
        Self {
            refused: RefusedAssumption::Wait,
            patience_seconds: 900,
            attempt_seconds: 10,
            queue: true,
            growth: 1.0,
            growth_light: None,
            growth_middle: None,
            growth_heavy: None,
            seat_rule: None,
            second_device: None,
            lease_seconds: None,
            person_cap: None,
            idle_seconds: None,
        }
    }
}

/// What would have happened with a number of seats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizeOutcome {
    /// The number of seats.
    pub seats: i64,
    /// Whether these are the seats of today.
    pub is_current: bool,
    /// The attempts that would have got a seat at once.
    pub seated_at_once: i64,
    /// Those that would have got one after waiting.
    pub seated_later: i64,
    /// Those that would have been refused.
    pub refused: i64,
    /// Those that would have waited in vain.
    pub gave_up: i64,
    /// How many seconds anybody would have waited at most.
    pub longest_wait_seconds: i64,
    /// The mean wait of those who would have waited, in seconds.
    pub mean_wait_seconds: i64,
    /// The most seats that would have been occupied at the same time.
    pub peak: i64,
    /// Occupied seat time divided by available seat time; absent without seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_weighted_use: Option<f64>,
    /// What the seats cost in a month; absent without a price, or for users who may not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_cost: Option<Price>,
}

/// What queueing models predict for the busiest hours. They know only means, not this history: the replay is exact for
/// the past, the models say what chance would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SizingModel {
    /// The people who share the seats.
    pub people: i64,
    /// The mean length of a session, in seconds.
    pub session_seconds: i64,
    /// The offered load in the busiest hours, in erlangs: the mean number of seats that would be occupied if there were
    /// enough.
    pub busy_load: f64,
    /// One row for each number of seats.
    pub rows: Vec<ModelRow>,
}

/// What models predict for a number of seats in the busiest hours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelRow {
    /// The number of seats.
    pub seats: i64,
    /// Engset: the share of requests of a fixed team that find all seats occupied, if nobody waits (call congestion).
    pub engset_refused: f64,
    /// Erlang B: the same for very many people.
    pub erlang_b_refused: f64,
    /// Finite-source Erlang A: the share of requests that wait, if people wait and give up.
    pub team_waits: f64,
    /// The mean wait of all requests in that model, in seconds.
    pub team_wait_seconds: f64,
    /// The share of requests that give up in that model.
    pub team_gives_up: f64,
}

/// What could be done, with the numbers that speak for it. Money is per month; it is absent without prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SizingAdvice {
    /// Buy seats.
    BuySeats {
        /// How many.
        seats: i64,
        /// The attempts that do not get a seat at once today.
        delayed_before: i64,
        /// The same with the advice.
        delayed_after: i64,
        /// The longest wait with the advice, in seconds.
        longest_wait_seconds: i64,
        /// What the seats cost in a month.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<Price>,
    },
    /// Return seats.
    ReturnSeats {
        /// How many.
        seats: i64,
        /// The attempts that do not get a seat at once today.
        delayed_before: i64,
        /// The same with the advice.
        delayed_after: i64,
        /// The longest wait with the advice, in seconds.
        longest_wait_seconds: i64,
        /// What it saves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        saving: Option<Price>,
    },
    /// Give a user a named seat instead.
    MakeNamed {
        /// Who would no longer use the pool.
        user_id: UserId,
        /// The user's name.
        user_name: String,
        /// The share of the busy hours in which the user occupies a seat.
        busy_share: f64,
        /// The share from which a named seat is cheaper.
        break_even: f64,
        /// What it saves.
        saving: Price,
    },
    /// End idle sessions earlier.
    ShortenIdle {
        /// The idle time, in seconds.
        idle_seconds: i64,
        /// The attempts that do not get a seat at once today.
        delayed_before: i64,
        /// The same with the advice.
        delayed_after: i64,
    },
    /// Give a user a seat of this license instead of their named one.
    MakeConcurrent {
        /// Who would use the pool.
        user_id: UserId,
        /// The user's name.
        user_name: String,
        /// The license of the named seat.
        license_id: LicenseId,
        /// The share of the busy hours of this license in which the user has a session on the named one.
        busy_share: f64,
        /// The share from which a named seat is cheaper.
        break_even: f64,
        /// What it saves.
        saving: Price,
    },
    /// Reserve seats for the members of a group.
    ReserveForGroup {
        /// Whose members would be served better.
        group_id: GroupId,
        /// What the group is called.
        group_name: String,
        /// The seats that would be reserved for it.
        seats: i64,
        /// Those that are reserved for it today.
        seats_before: i64,
        /// What its members experience today.
        members_before: AdvisedService,
        /// The same with the advice.
        members_after: AdvisedService,
        /// What all others experience today.
        others_before: AdvisedService,
        /// The same with the advice.
        others_after: AdvisedService,
    },
}

/// What attempts to get a seat experience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdvisedService {
    /// How many there are.
    pub attempts: i64,
    /// Those that do not get a seat at once.
    pub delayed: i64,
    /// The longest wait of anybody, in seconds.
    pub longest_wait_seconds: i64,
}

/// Where the daily peak is going.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeakTrend {
    /// The days that are counted: those with a session.
    pub days: i64,
    /// How many seats the daily peak grows by in 30 days.
    pub growth_per_month: f64,
    /// The day that is looked ahead to: 90 days after the end of the period.
    pub at: DateTime<Utc>,
    /// The expected peak then.
    pub expected: f64,
    /// The peak will be between this
    pub from: f64,
    /// and this with a probability of 95 %, if it goes on like this.
    pub to: f64,
    /// The lowest line of that slope that no daily peak exceeds, at that day.
    pub above_all: f64,
}

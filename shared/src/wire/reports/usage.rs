//! The usage of a license over time.

use super::{ReportLicense, ReportPeriod};
use crate::{
    ids::{LicenseId, SessionId, UserId},
    session::{Platform, SessionState},
    string_enum::string_enum,
    ticket::TicketEnd,
    wire::licenses::Peak,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The length of the periods whose peaks a report lists, in the account's time zone.
    PeakPeriod {
        /// Hours.
        Hour = "hour",
        /// Days, of 23 to 25 hours.
        Day = "day",
        /// Weeks, which begin on Monday.
        Week = "week",
        /// Calendar months.
        Month = "month",
    }
}

string_enum! {
    /// What a point of a timeline stands for.
    TimelineResolution {
        /// Each change: the values apply until the next point.
        Exact = "exact",
        /// A quarter of an hour: the most and the least of that time.
        QuarterHour = "quarter_hour",
        /// An hour: the most and the least of that time.
        Hour = "hour",
        /// A day: the most and the least of that time. Also if there are more than 2,000 days.
        Day = "day",
    }
}

/// The usage of a license, or of all licenses of a product together, in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageReport {
    /// What time it is about.
    pub period: ReportPeriod,
    /// The licenses that are counted together.
    pub licenses: Vec<ReportLicense>,
    /// The figures of the whole period.
    pub figures: UsageFigures,
    /// Occupied seats, waiting agents and purchased seats over time.
    pub timeline: Timeline,
    /// The peak of each hour, day, week or month; without periods in which nothing was occupied. At most 1,000, the
    /// latest ones.
    pub peaks: Vec<PeriodPeak>,
    /// How long at least this many seats were occupied.
    pub efficiency: Efficiency,
    /// One entry for each weekday and hour in which something happened or a seat was occupied.
    pub weekly_hours: Vec<WeeklyHour>,
    /// How long sessions lasted that ended in the period.
    pub session_lengths: Vec<LengthBucket>,
    /// How long agents waited in the queue, by how it ended.
    pub waits: Vec<WaitSummary>,
}

/// The figures of a period. Three of them are often mixed up as "utilization": `time_weighted_use`, `share_at_peak` and
/// `at_capacity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageFigures {
    /// The purchased seats at the end of the period.
    pub seats: i64,
    /// Occupied seats times seconds.
    pub occupied_seat_seconds: i64,
    /// Purchased seats times seconds.
    pub available_seat_seconds: i64,
    /// `occupied_seat_seconds` divided by `available_seat_seconds`; absent without seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_weighted_use: Option<f64>,
    /// The most seats occupied at the same time, and when that was first the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<Peak>,
    /// The peak divided by the seats purchased at that time; absent without seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_at_peak: Option<f64>,
    /// The time in which all seats were occupied.
    pub at_capacity: AtCapacity,
    /// The sessions that were created.
    pub sessions: i64,
    /// The requests that were refused, each attempt counted.
    pub refusals: i64,
    /// The tickets whose waiting ended in the period, and those that still waited at its end.
    pub waited: i64,
    /// The different users with a session that was live in the period.
    pub users: i64,
}

/// The time in which all seats were occupied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AtCapacity {
    /// How long in all.
    pub seconds: i64,
    /// How many times.
    pub spells: i64,
    /// The longest time without interruption.
    pub longest_seconds: i64,
    /// When that began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_from: Option<DateTime<Utc>>,
    /// The requests refused meanwhile, for whatever reason.
    pub refusals: i64,
}

/// Occupied seats, waiting agents and purchased seats over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timeline {
    /// What a point stands for: the finest that gives at most 2,000 points, or days. Exact only if the log still has
    /// the events.
    pub resolution: TimelineResolution,
    /// The points, in order of time. The first one is at the beginning of the period.
    pub points: Vec<TimelinePoint>,
    /// When requests were refused: each one if the resolution is `exact`, otherwise one mark for each point.
    pub refusals: Vec<RefusalMark>,
}

/// What is the case from a time on, or within a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelinePoint {
    /// The time from which on it applies.
    pub at: DateTime<Utc>,
    /// The occupied seats; the most of them if the point stands for a span of time.
    pub occupied: i64,
    /// The least occupied seats of that span; absent if it is the same number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_occupied: Option<i64>,
    /// The agents in the queue; the most of them.
    pub waiting: i64,
    /// The purchased seats, at the end of that span.
    pub seats: i64,
}

/// Refused requests on a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalMark {
    /// When they were refused, or the time of their point.
    pub at: DateTime<Utc>,
    /// How many.
    pub count: i64,
}

/// The peak of an hour, a day, a week or a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeriodPeak {
    /// The beginning of the period, or of the report if that is later.
    pub from: DateTime<Utc>,
    /// Its end, or that of the report if that is earlier.
    pub to: DateTime<Utc>,
    /// The most seats occupied at the same time.
    pub occupied: i64,
    /// When that was first the case.
    pub at: DateTime<Utc>,
    /// The seats purchased at that time.
    pub seats: i64,
}

/// How long at least this many seats were occupied, and how many would have been enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Efficiency {
    /// The first entry is for one seat, the second for two, and so on: how many seconds at least that many were
    /// occupied. Never increases.
    pub seconds_by_seat: Vec<i64>,
    /// The seats that would have been enough for 95, 99 and 100 % of the time.
    pub enough_for_time: Vec<EnoughSeats>,
    /// The seats that would have been enough for 95, 99 and 100 % of the requests: a request needs the seats that are
    /// occupied once it has its own. One that was refused or waited is counted with one seat more than were occupied,
    /// and one more for each agent who waited already.
    pub enough_for_requests: Vec<EnoughSeats>,
}

/// The seats that would have been enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnoughSeats {
    /// The percentage of the time, or of the requests.
    pub percent: i64,
    /// The number of seats.
    pub seats: i64,
}

/// An hour of the week, in the account's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WeeklyHour {
    /// The weekday: 1 is Monday, 7 is Sunday.
    pub weekday: u8,
    /// The hour of the day, 0 to 23.
    pub hour: u8,
    /// The most seats occupied at the same time.
    pub peak: i64,
    /// The mean number of occupied seats, weighted by time.
    pub mean_occupied: f64,
    /// The seconds at capacity.
    pub full_seconds: i64,
    /// The refused requests, each attempt counted.
    pub refusals: i64,
    /// How long agents waited in the queue, added up, in seconds.
    pub waited_seconds: i64,
}

/// Sessions of similar length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LengthBucket {
    /// The upper limit of the length in seconds, exclusive; absent for all that are longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_seconds: Option<i64>,
    /// The number of sessions.
    pub sessions: i64,
}

/// How long agents waited in the queue whose waiting ended alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitSummary {
    /// How it ended; absent for those who still wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TicketEnd>,
    /// The number of tickets.
    pub tickets: i64,
    /// Half of them waited at most this long, in seconds.
    pub median_seconds: i64,
    /// 95 % of them waited at most this long, in seconds.
    pub p95_seconds: i64,
    /// The longest wait, in seconds.
    pub longest_seconds: i64,
}

/// Who held seats at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageMoment {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The occupied seats.
    pub occupied: i64,
    /// The purchased seats.
    pub seats: i64,
    /// The agents in the queue.
    pub waiting: i64,
    /// The sessions that were live then and that the caller may see, at most 1,000, the oldest first.
    pub sessions: Vec<MomentSession>,
    /// How many further sessions were live: of users whom the caller does not see, or beyond 1,000.
    pub further_sessions: i64,
}

/// A session that was live at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MomentSession {
    /// The session's id.
    pub id: SessionId,
    /// Whose seat it occupied.
    pub license_id: LicenseId,
    /// Its agent.
    pub user_id: UserId,
    /// The agent's name.
    pub user_name: String,
    /// The agent's device.
    pub device: String,
    /// The state at that moment: `waiting` or `connected`.
    pub state: SessionState,
    /// The platform at the other end, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it ended; absent while it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
}

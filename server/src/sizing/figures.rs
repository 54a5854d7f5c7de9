//! The figures of a sizing report, from the record alone: no I/O.

use super::{SizingQuery, busy_hours::BusyUsage, daily_peaks::peak_trend, history::Record, model::model};
use crate::pool::{
    advice::{Advice, ServiceLevel, ServiceTarget, advise_idle_time},
    replay::{
        Progress, ReplayError, Settings, Totals,
        demand::{Demand, Micros},
        replay, replay_sessions,
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::UserId,
    license::RuleOverrides,
    validate::MAX_SEATS,
    wire::reports::{PeakTrend, SizingModel},
};
use std::ops::ControlFlow;

/// What is good enough: 99 % of the attempts get a seat at once, and nobody waits for longer than five minutes.
pub const TARGET: ServiceTarget = ServiceTarget { max_delayed_share: 0.01, max_wait: Micros::seconds(300) };
/// The idle times that are tried, in seconds.
const IDLE_SECONDS: [i64; 4] = [3_600, 1_800, 600, 300];

/// What a number of seats leads to.
#[derive(Clone, Debug)]
pub struct SizedSeats {
    pub seats: i64,
    pub totals: Totals,
}

/// The figures of a report.
#[derive(Clone, Debug)]
pub struct SizingFigures {
    /// When the record begins.
    pub from: DateTime<Utc>,
    /// When the log begins, if that is after the requested beginning.
    pub recorded_from: Option<DateTime<Utc>>,
    pub unexplained: i64,
    /// The requested numbers of seats, and the present one.
    pub sizes: Vec<SizedSeats>,
    pub model: Option<SizingModel>,
    /// A shorter idle time that makes the present seats enough.
    pub shorter_idle: Option<Advice>,
    /// The people of the record, with the share of the busy hours in which each occupies a seat.
    pub busy_shares: Vec<(UserId, f64)>,
    pub trend: Option<PeakTrend>,
}

struct Replays<'a> {
    demand: &'a Demand,
    query: &'a SizingQuery,
    is_cancelled: &'a dyn Fn() -> bool,
}

impl Replays<'_> {
    fn progress(&self) -> impl FnMut(Progress) -> ControlFlow<()> {
        |_| if (self.is_cancelled)() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn settings(&self, seats: i64) -> Settings {
        Settings { seats: Some(seats), ..self.query.settings.clone() }
    }

    fn totals(&self, settings: &Settings) -> Result<Totals, ReplayError> {
        Ok(replay(self.demand, settings, &self.query.assumptions, self.progress())?.totals)
    }

    fn sizes(&self) -> Result<Vec<SizedSeats>, ReplayError> {
        let mut sizes: Vec<i64> = self.query.sizes.clone().collect();
        if !self.query.sizes.contains(&self.query.current_seats) {
            sizes.push(self.query.current_seats);
        }
        sizes.into_iter().map(|seats| Ok(SizedSeats { seats, totals: self.totals(&self.settings(seats))? })).collect()
    }

    /// With as many seats as anybody can use.
    fn usage(&self) -> Result<BusyUsage, ReplayError> {
        let settings = self.settings(MAX_SEATS);
        let (_, steps) = replay_sessions(self.demand, &settings, &self.query.assumptions, self.progress())?;
        Ok(BusyUsage::of(&steps, (self.demand.from, self.demand.until), self.query.zone))
    }

    fn shorter_idle(&self, present: &Totals) -> Result<Option<Advice>, ReplayError> {
        let before = ServiceLevel::of(present);
        if TARGET.is_met(&before) {
            return Ok(None);
        }
        let idle = self.query.settings.rules.idle_seconds.unwrap_or(self.demand.terms.rules.idle_seconds);
        let mut levels = vec![(idle, before)];
        for idle_seconds in IDLE_SECONDS.into_iter().filter(|shorter| idle == 0 || *shorter < idle) {
            let rules = RuleOverrides { idle_seconds: Some(idle_seconds), ..self.query.settings.rules.clone() };
            let settings = Settings { rules, ..self.settings(self.query.current_seats) };
            levels.push((idle_seconds, ServiceLevel::of(&self.totals(&settings)?)));
        }
        Ok(advise_idle_time(idle, &levels, &TARGET))
    }
}

/// Computes the figures. `is_cancelled` is asked from time to time.
///
/// # Errors
/// Returns an error if it was cancelled.
pub fn compute(
    record: &Record,
    query: &SizingQuery,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<SizingFigures, ReplayError> {
    let derived = Demand::from_history(&record.history);
    let replays = Replays { demand: &derived.demand, query, is_cancelled };
    let sizes = replays.sizes()?;
    let usage = replays.usage()?;
    let present = sizes.iter().find(|size| size.seats == query.current_seats);
    let shorter_idle = present.map_or(Ok(None), |present| replays.shorter_idle(&present.totals))?;
    let (from, to) = (record.history.from, record.history.until);
    let patience = query.assumptions.patience.as_seconds();
    let people = (record.people() as f64 * query.settings.growth.middle).round() as u32;
    let share = |(index, user): (u32, &UserId)| {
        let person = crate::pool::replay::demand::PersonIndex(index);
        (*user, usage.shares.get(&person).copied().unwrap_or_default())
    };
    Ok(SizingFigures {
        from,
        recorded_from: record.recorded_from,
        unexplained: derived.demand.unexplained.into(),
        model: model(people, &usage, patience, query.sizes.clone()),
        sizes,
        shorter_idle,
        busy_shares: (0..).zip(&derived.people).map(share).collect(),
        trend: peak_trend(&record.levels, (from, to), query.zone),
    })
}

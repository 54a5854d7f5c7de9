//! The figures of a sizing report, from the record alone: no I/O.

use super::{
    SizingQuery,
    busy_hours::BusyUsage,
    daily_peaks::peak_trend,
    history::Record,
    model::model,
    named_use::MicrosRange,
    progress::Course,
    reservations::{self, ReservedSeats, UnderservedGroup},
};
use crate::pool::{
    advice::{Advice, ServiceLevel, ServiceTarget, advise_idle_time},
    replay::{
        Growth, Outcome, ReplayError, SessionStep, Settings, Totals,
        demand::{Demand, Micros},
        replay, replay_sessions,
    },
};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::UserId,
    license::RuleOverrides,
    validate::MAX_SEATS,
    wire::reports::{PeakTrend, SizingModel, SizingPhase},
};

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
    pub to: DateTime<Utc>,
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
    /// Those hours, in order.
    pub busy_hours: Vec<MicrosRange>,
    /// Groups that should have more reserved seats.
    pub reservations: Vec<ReservedSeats>,
    pub trend: Option<PeakTrend>,
}

/// Replays a demand at several settings.
pub struct Replays<'a> {
    pub demand: &'a Demand,
    pub query: &'a SizingQuery,
    pub course: &'a Course<'a>,
}

impl Replays<'_> {
    /// What is asked for, with a number of seats.
    pub fn settings(&self, seats: i64) -> Settings {
        Settings { seats: Some(seats), ..self.query.settings.clone() }
    }

    /// Replays once.
    ///
    /// # Errors
    /// Returns an error if it was cancelled.
    pub fn outcome(&self, settings: &Settings) -> Result<Outcome, ReplayError> {
        let outcome = replay(self.demand, settings, &self.query.assumptions, |progress| self.course.note(progress))?;
        self.course.finish_one();
        Ok(outcome)
    }

    /// The requested numbers of seats and the present one, of which the whole outcome is returned, too.
    fn sizes(&self) -> Result<(Vec<SizedSeats>, Outcome), ReplayError> {
        let (current, mut present) = (self.query.current_seats, Outcome::default());
        let others = self.query.sizes.clone().filter(|seats| *seats != current);
        let mut sizes = Vec::new();
        // And one for the sessions.
        self.course.begin(SizingPhase::Replaying, others.clone().count() + 2);
        for seats in others.chain([current]) {
            present = self.outcome(&self.settings(seats))?;
            sizes.push(SizedSeats { seats, totals: present.totals.clone() });
        }
        sizes.sort_by_key(|size| size.seats);
        Ok((sizes, present))
    }

    /// With as many seats as anybody can use.
    fn sessions(&self) -> Result<Vec<SessionStep>, ReplayError> {
        let settings = self.settings(MAX_SEATS);
        let note = |progress| self.course.note(progress);
        let (_, steps) = replay_sessions(self.demand, &settings, &self.query.assumptions, note)?;
        self.course.finish_one();
        Ok(steps)
    }

    /// The idle time of the license, and the shorter ones that are tried.
    fn idle_times(&self) -> (i64, impl Iterator<Item = i64> + Clone + use<>) {
        let idle = self.query.settings.rules.idle_seconds.unwrap_or(self.demand.terms.rules.idle_seconds);
        (idle, IDLE_SECONDS.into_iter().filter(move |shorter| idle == 0 || *shorter < idle))
    }

    /// How many replays the search for a shorter idle time takes.
    fn idle_replays(&self, before: &ServiceLevel) -> usize {
        if TARGET.is_met(before) { 0 } else { self.idle_times().1.count() }
    }

    fn shorter_idle(&self, before: ServiceLevel) -> Result<Option<Advice>, ReplayError> {
        if TARGET.is_met(&before) {
            return Ok(None);
        }
        let (idle, shorter) = self.idle_times();
        let mut levels = vec![(idle, before)];
        for idle_seconds in shorter {
            let rules = RuleOverrides { idle_seconds: Some(idle_seconds), ..self.query.settings.rules.clone() };
            let settings = Settings { rules, ..self.settings(self.query.current_seats) };
            levels.push((idle_seconds, ServiceLevel::of(&self.outcome(&settings)?.totals)));
        }
        Ok(advise_idle_time(idle, &levels, &TARGET))
    }
}

/// Computes the figures.
///
/// # Errors
/// Returns an error if it was cancelled.
pub fn compute(record: &Record, query: &SizingQuery, course: &Course<'_>) -> Result<SizingFigures, ReplayError> {
    let mut derived = Demand::from_history(&record.history);
    let replays = Replays { demand: &derived.demand, query, course };
    let (sizes, present) = replays.sizes()?;
    let steps = replays.sessions()?;
    let (from, to) = (record.history.from, record.history.until);
    let usage = BusyUsage::of(&steps, (from, to), query.zone);
    let level = ServiceLevel::of(&present.totals);
    let underserved = underserved(query, &derived.people, &present, &steps);
    let further = replays.idle_replays(&level) + reservations::max_replays(&underserved);
    course.begin(SizingPhase::Advising, further);
    let shorter_idle = replays.shorter_idle(level)?;
    drop((steps, present));
    reservations::add_groups(&mut derived.demand, &derived.groups, &underserved);
    let replays = Replays { demand: &derived.demand, query, course };
    let reservations = reservations::advise(&replays, &derived.groups, &underserved)?;
    let patience = query.assumptions.patience.as_seconds();
    let people = (record.people() as f64 * query.settings.growth.middle).round() as u32;
    let share = |(index, user): (u32, &UserId)| {
        let person = crate::pool::replay::demand::PersonIndex(index);
        (*user, usage.shares.get(&person).copied().unwrap_or_default())
    };
    Ok(SizingFigures {
        from,
        to,
        recorded_from: record.recorded_from,
        unexplained: derived.demand.unexplained.into(),
        model: model(people, &usage, patience, query.sizes.clone()),
        sizes,
        shorter_idle,
        busy_shares: (0..).zip(&derived.people).map(share).collect(),
        reservations,
        trend: peak_trend(&record.levels, (from, to), query.zone),
        busy_hours: usage.hours,
    })
}

/// The groups for which floors are tried. None if the people are not those recorded: clones are in no group.
fn underserved(
    query: &SizingQuery,
    people: &[UserId],
    present: &Outcome,
    steps: &[SessionStep],
) -> Vec<UnderservedGroup> {
    if query.settings.growth != Growth::default() {
        return Vec::new();
    }
    let mut groups = reservations::underserved(&query.groups, people, present);
    groups.iter_mut().for_each(|group| group.note_use(steps));
    groups
}

//! Joins consecutive pieces into the report of a period.

use super::{
    SECOND,
    attempts::AttemptJoiner,
    full_spells::SpellJoiner,
    local_time,
    state::{Level, UsageState},
    summary::{ATTEMPT_WINDOW, LENGTH_LIMITS, Summary},
    time_span::Span,
    usage,
    waits::WaitHistogram,
};
use chrono_tz::Tz;
use seatkeeper_shared::{
    ticket::TicketEnd,
    wire::reports::{
        Efficiency, LengthBucket, PeakPeriod, PeriodPeak, TimelineResolution, UsageFigures, WaitSummary, WeeklyHour,
    },
};
use std::collections::BTreeMap;

/// Joins the pieces of a period, which are added in order of time.
#[derive(Clone, Debug)]
pub struct UsageMerger {
    zone: Tz,
    peak_period: PeakPeriod,
    resolution: TimelineResolution,
    last: Option<Level>,
    /// The points of an exact timeline.
    points: i64,
    occupied: BTreeMap<i64, i64>,
    seats: BTreeMap<i64, i64>,
    spells: SpellJoiner,
    attempts: AttemptJoiner,
    refused_while_full: i64,
    sessions: i64,
    needed_seats: BTreeMap<i64, i64>,
    lengths: [i64; LENGTH_LIMITS.len() + 1],
    waits: BTreeMap<TicketEnd, WaitHistogram>,
    weekly: [Option<WeekHour>; 7 * 24],
    /// The spans of the timeline, and those of the peaks.
    spans: Vec<Span>,
    peaks: Vec<Span>,
    whole: Option<Span>,
    inner_attempts: i64,
    to: i64,
}

/// An hour of the week, added up. Durations are in microseconds.
#[derive(Clone, Copy, Debug, Default)]
struct WeekHour {
    length: i64,
    peak: i64,
    occupied_time: i64,
    full_time: i64,
    waited_time: i64,
    attempts: i64,
}

/// The parts of a report that follow from its pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct MergedUsage {
    /// All but the number of users.
    pub figures: UsageFigures,
    /// The points that an exact timeline has.
    pub exact_points: i64,
    /// The spans of a timeline that is not exact.
    pub spans: Vec<Span>,
    pub peaks: Vec<PeriodPeak>,
    pub efficiency: Efficiency,
    pub weekly_hours: Vec<WeeklyHour>,
    pub session_lengths: Vec<LengthBucket>,
    pub waits: Vec<WaitSummary>,
}

impl UsageMerger {
    /// Joins pieces; the spans of the timeline have this resolution.
    pub fn new(zone: Tz, peak_period: PeakPeriod, resolution: TimelineResolution) -> Self {
        Self {
            zone,
            peak_period,
            resolution,
            last: None,
            points: 0,
            occupied: BTreeMap::new(),
            seats: BTreeMap::new(),
            spells: SpellJoiner::default(),
            attempts: AttemptJoiner::new(ATTEMPT_WINDOW),
            refused_while_full: 0,
            sessions: 0,
            needed_seats: BTreeMap::new(),
            lengths: Default::default(),
            waits: BTreeMap::new(),
            weekly: [None; 7 * 24],
            spans: Vec::new(),
            peaks: Vec::new(),
            whole: None,
            inner_attempts: 0,
            to: 0,
        }
    }

    /// Adds the next piece.
    pub fn add(&mut self, piece: &Summary) {
        self.points += piece.changes + i64::from(self.last != Some(piece.first));
        self.last = Some(piece.last);
        add_all(&mut self.occupied, &piece.occupied);
        add_all(&mut self.seats, &piece.seats);
        add_all(&mut self.needed_seats, &piece.needed_seats);
        self.spells.add(&piece.full, piece.from, piece.to);
        self.attempts.add(&piece.edges);
        self.refused_while_full += piece.refused_while_full;
        self.sessions += piece.sessions;
        for (sum, count) in self.lengths.iter_mut().zip(piece.lengths) {
            *sum += count;
        }
        for (end, waits) in &piece.waits {
            self.waits.entry(*end).or_default().merge(waits);
        }
        for hour in &piece.hours {
            self.inner_attempts += hour.attempts;
            if let Some(week_hour) = self.week_hour(hour.from) {
                week_hour.length += hour.to - hour.from;
                week_hour.peak = week_hour.peak.max(hour.peak);
                week_hour.occupied_time += hour.occupied_time;
                week_hour.full_time += hour.full_time;
                week_hour.waited_time += hour.waited_time;
                week_hour.attempts += hour.attempts;
            }
        }
        self.to = piece.to;
        let day = Span::total(&piece.hours);
        if let Some(day) = day {
            match &mut self.whole {
                Some(whole) => whole.extend(&day),
                none => *none = Some(day),
            }
        }
        match self.resolution {
            TimelineResolution::Day => usage::extend_last(&mut self.spans, day.as_slice(), |last, next| {
                local_time::period(self.zone, PeakPeriod::Day, last.from).1 > next.from
            }),
            TimelineResolution::Hour => self.spans.extend(&piece.hours),
            _ => self.spans.extend(&piece.quarters),
        }
        match self.peak_period {
            PeakPeriod::Hour => self.peaks.extend(&piece.hours),
            period => usage::extend_last(&mut self.peaks, day.as_slice(), |last, next| {
                local_time::period(self.zone, period, last.from).1 > next.from
            }),
        }
    }

    fn week_hour(&mut self, at: i64) -> Option<&mut WeekHour> {
        let (weekday, hour) = local_time::weekday_and_hour(self.zone, at);
        let index = (usize::from(weekday) - 1) * 24 + usize::from(hour);
        self.weekly.get_mut(index).map(Option::get_or_insert_default)
    }

    /// The report, with the state at the end of the period.
    pub fn finish(mut self, state: &UsageState) -> MergedUsage {
        let edge_attempts = std::mem::replace(&mut self.attempts, AttemptJoiner::new(0)).finish();
        for attempt in &edge_attempts {
            if let Some(week_hour) = self.week_hour(attempt.first_at) {
                week_hour.attempts += 1;
            }
            if let Some(needed) = attempt.needed_seats {
                *self.needed_seats.entry(needed).or_default() += 1;
            }
        }
        let refusals = self.inner_attempts + i64::try_from(edge_attempts.len()).unwrap_or(i64::MAX);
        let mut still_waiting = WaitHistogram::default();
        // Without pieces there is no end at which anybody could wait.
        let tickets = state.tickets.values().filter(|_| self.last.is_some());
        tickets.for_each(|ticket| still_waiting.add(self.to - ticket.at));
        let waits = usage::wait_summaries(&self.waits, &still_waiting);
        let full_time = self.whole.map_or(0, |whole| whole.full_time);
        let at_capacity = self.spells.finish(self.to, full_time);
        let figures = UsageFigures {
            seats: self.last.map_or(0, |level| level.seats),
            sessions: self.sessions,
            refusals,
            waited: waits.iter().map(|wait| wait.tickets).sum(),
            at_capacity: seatkeeper_shared::wire::reports::AtCapacity {
                refusals: self.refused_while_full,
                ..at_capacity
            },
            ..usage::seat_figures(&self.occupied, &self.seats, self.whole.as_ref())
        };
        MergedUsage {
            figures,
            exact_points: self.points,
            peaks: usage::peaks(&self.peaks),
            spans: self.spans,
            efficiency: usage::efficiency(&self.occupied, &self.needed_seats),
            weekly_hours: weekly_hours(&self.weekly),
            session_lengths: usage::session_lengths(&self.lengths),
            waits,
        }
    }
}

fn add_all(sums: &mut BTreeMap<i64, i64>, more: &BTreeMap<i64, i64>) {
    for (key, value) in more {
        *sums.entry(*key).or_default() += value;
    }
}

/// The hours of the week in which something happened or a seat was occupied.
fn weekly_hours(hours: &[Option<WeekHour>; 7 * 24]) -> Vec<WeeklyHour> {
    let numbered = hours.iter().enumerate().filter_map(|(index, hour)| Some((index, (*hour)?)));
    numbered
        .filter(|(_, hour)| hour.peak > 0 || hour.attempts > 0 || hour.waited_time > 0 || hour.full_time > 0)
        .map(|(index, hour)| WeeklyHour {
            weekday: u8::try_from(index / 24 + 1).unwrap_or_default(),
            hour: u8::try_from(index % 24).unwrap_or_default(),
            peak: hour.peak,
            mean_occupied: if hour.length > 0 { hour.occupied_time as f64 / hour.length as f64 } else { 0.0 },
            full_seconds: hour.full_time / SECOND,
            refusals: hour.attempts,
            waited_seconds: hour.waited_time / SECOND,
        })
        .collect()
}

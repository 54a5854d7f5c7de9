//! The trend of the recorded daily peaks.

use crate::{
    pool::advice::{DailyPeak, trend},
    reports::local_time::{midnight_before, next_midnight},
};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use chrono_tz::Tz;
use seatkeeper_shared::wire::reports::PeakTrend;

/// The fewest days that have a trend.
const MIN_DAYS: usize = 14;
/// How far ahead the trend looks, in days.
const DAYS_AHEAD: i64 = 90;
const CONFIDENCE: f64 = 0.95;

/// The trend of the daily peaks, at a time after the end of the period. `levels` are the occupied seats from each time
/// on. Only whole local days count, and of these only those with a session.
pub fn peak_trend(
    levels: &[(DateTime<Utc>, i64)],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    zone: Tz,
) -> Option<PeakTrend> {
    let peaks = daily_peaks(levels, from, to, zone);
    if peaks.len() < MIN_DAYS {
        return None;
    }
    let at = to + TimeDelta::days(DAYS_AHEAD);
    let found = trend(&peaks, day_number(at, zone), CONFIDENCE)?;
    Some(PeakTrend {
        days: i64::try_from(peaks.len()).unwrap_or(i64::MAX),
        growth_per_month: found.seats_per_day * 30.0,
        at,
        expected: found.expected,
        from: found.low,
        to: found.high,
        above_all: found.upper_line,
    })
}

fn day_number(at: DateTime<Utc>, zone: Tz) -> i64 {
    at.with_timezone(&zone).date_naive().num_days_from_ce().into()
}

fn daily_peaks(levels: &[(DateTime<Utc>, i64)], from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> Vec<DailyPeak> {
    let (mut peaks, mut level, mut changes) = (Vec::new(), 0, levels.iter().peekable());
    let mut day = if midnight_before(zone, from) == from { from } else { next_midnight(zone, from) };
    loop {
        let end = next_midnight(zone, day);
        if end > to {
            return peaks;
        }
        while let Some((_, next)) = changes.next_if(|(at, _)| *at <= day) {
            level = *next;
        }
        let mut seats = level;
        while let Some((_, next)) = changes.next_if(|(at, _)| *at < end) {
            level = *next;
            seats = seats.max(level);
        }
        if seats > 0 {
            peaks.push(DailyPeak { day: day_number(day, zone), seats });
        }
        day = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    #[test]
    fn a_day_has_the_most_of_its_levels_and_of_the_one_before() {
        let levels = [(at(10), 7), (at(20), 3), (at(30), 2), (at(40), 0), (at(80), 5), (at(81), 0), (at(100), 9)];
        let peaks = daily_peaks(&levels, at(10), at(100), Tz::UTC);
        let days: Vec<_> = peaks.iter().map(|peak| (peak.day - day_number(at(0), Tz::UTC), peak.seats)).collect();
        // The first and the last day are not whole, and nothing happened on the third.
        assert_eq!(days, [(1, 3), (3, 5)]);
    }

    #[test]
    fn two_weeks_of_the_same_peak_go_on_like_that() {
        let levels: Vec<_> = (0..14).flat_map(|day| [(at(24 * day + 9), 4), (at(24 * day + 10), 0)]).collect();
        let found = peak_trend(&levels, (at(0), at(24 * 14)), Tz::UTC).unwrap();
        assert_eq!((found.days, found.at), (14, at(24 * 104)));
        assert!((found.expected - 4.0).abs() < 1e-9 && found.growth_per_month.abs() < 1e-9);
        assert_eq!(peak_trend(&levels, (at(0), at(24 * 14 - 1)), Tz::UTC), None, "13 whole days");
    }
}

//! Local days, hours, weeks and months, whatever their length: clocks are moved by half an hour, by an hour, and once
//! by a day.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta};
use chrono::{TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;
use seatkeeper_shared::wire::reports::PeakPeriod;

const HOUR: i64 = 3_600_000_000;

/// The time at which a local day begins.
pub fn start_of_day(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    let mut local = date.and_time(NaiveTime::MIN);
    // A gap at midnight is at most a few hours long, except where a whole day was skipped.
    for _ in 0..=2 * 24 * 60 {
        if let Some(at) = zone.from_local_datetime(&local).earliest() {
            return at.to_utc();
        }
        local += TimeDelta::minutes(1);
    }
    local.and_utc()
}

/// The first beginning of a local day after this time.
pub fn next_midnight(zone: Tz, after: DateTime<Utc>) -> DateTime<Utc> {
    let mut date = after.with_timezone(&zone).date_naive();
    loop {
        let Some(next) = date.checked_add_days(Days::new(1)) else { return DateTime::<Utc>::MAX_UTC };
        let start = start_of_day(zone, next);
        if start > after {
            return start;
        }
        date = next;
    }
}

/// The beginning of the local day that contains this time.
pub fn midnight_before(zone: Tz, at: DateTime<Utc>) -> DateTime<Utc> {
    start_of_day(zone, at.with_timezone(&zone).date_naive())
}

/// The offset of local time from UTC, in microseconds.
fn offset(zone: Tz, at: i64) -> i64 {
    let offset = zone.offset_from_utc_datetime(&naive(at)).fix();
    i64::from(offset.local_minus_utc()) * super::SECOND
}

fn naive(at: i64) -> NaiveDateTime {
    time(at).naive_utc()
}

/// A time from microseconds since 1970.
pub fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The ends of the local hours in this time, the last one being `to`. An hour ends when the clock shows the next one,
/// or when it is moved.
pub fn hour_ends(zone: Tz, from: i64, to: i64) -> Vec<i64> {
    let (mut at, mut ends) = (from, Vec::with_capacity(25));
    while at < to {
        at = hour_end(zone, at).min(to);
        ends.push(at);
    }
    ends
}

/// The end of the local hour that contains this time.
pub fn hour_end(zone: Tz, at: i64) -> i64 {
    let before = offset(zone, at);
    let next = at + HOUR - (at + before).rem_euclid(HOUR);
    if offset(zone, next - 1) == before {
        return next;
    }
    // The clock is moved in between: the first second with another offset.
    let (mut same, mut other) = (at, next - 1);
    while other - same > 1 {
        let middle = same + (other - same) / 2;
        if offset(zone, middle) == before { same = middle } else { other = middle }
    }
    other
}

/// The ends of the quarters of an hour in this time, the last one being `to`. All zones differ from UTC by quarters.
pub fn quarter_ends(from: i64, to: i64) -> Vec<i64> {
    let (mut at, mut ends) = (from, Vec::with_capacity(100));
    while at < to {
        at = (at + HOUR / 4 - at.rem_euclid(HOUR / 4)).min(to);
        ends.push(at);
    }
    ends
}

/// The weekday (1 is Monday) and the hour that the clock shows.
pub fn weekday_and_hour(zone: Tz, at: i64) -> (u8, u8) {
    let local = time(at).with_timezone(&zone);
    let hour = u8::try_from(local.hour()).unwrap_or_default();
    (u8::try_from(local.weekday().number_from_monday()).unwrap_or_default(), hour)
}

/// The beginning and the end of the local day, week or month that contains this time; for hours, of the hour of the
/// clock.
pub fn period(zone: Tz, period: PeakPeriod, at: i64) -> (i64, i64) {
    let date = time(at).with_timezone(&zone).date_naive();
    let of_dates = |first: NaiveDate, next: Option<NaiveDate>| {
        let end = next.map_or(DateTime::<Utc>::MAX_UTC, |next| start_of_day(zone, next));
        (start_of_day(zone, first).timestamp_micros(), end.timestamp_micros())
    };
    match period {
        PeakPeriod::Hour => (at, hour_end(zone, at)),
        PeakPeriod::Day => of_dates(date, date.checked_add_days(Days::new(1))),
        PeakPeriod::Week => {
            let monday = date - Days::new(date.weekday().num_days_from_monday().into());
            of_dates(monday, monday.checked_add_days(Days::new(7)))
        }
        PeakPeriod::Month => {
            let first = date.with_day(1).unwrap_or(date);
            of_dates(first, first.checked_add_months(Months::new(1)))
        }
    }
}

#[cfg(test)]
mod tests;

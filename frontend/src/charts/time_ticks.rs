//! The ticks of an axis of time: at round local times, also on days with a daylight saving change.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _, Utc};

/// The distance between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TickStep {
    Seconds(i64),
    Days(u64),
    Months(u32),
}

/// The steps from the shortest to the longest, with their approximate length in seconds.
const STEPS: [(TickStep, i64); 27] = [
    (TickStep::Seconds(1), 1),
    (TickStep::Seconds(2), 2),
    (TickStep::Seconds(5), 5),
    (TickStep::Seconds(10), 10),
    (TickStep::Seconds(15), 15),
    (TickStep::Seconds(30), 30),
    (TickStep::Seconds(60), 60),
    (TickStep::Seconds(120), 120),
    (TickStep::Seconds(300), 300),
    (TickStep::Seconds(600), 600),
    (TickStep::Seconds(900), 900),
    (TickStep::Seconds(1_800), 1_800),
    (TickStep::Seconds(3_600), 3_600),
    (TickStep::Seconds(7_200), 7_200),
    (TickStep::Seconds(10_800), 10_800),
    (TickStep::Seconds(21_600), 21_600),
    (TickStep::Seconds(43_200), 43_200),
    (TickStep::Days(1), DAY),
    (TickStep::Days(2), 2 * DAY),
    (TickStep::Days(7), 7 * DAY),
    (TickStep::Days(14), 14 * DAY),
    (TickStep::Months(1), 30 * DAY),
    (TickStep::Months(2), 61 * DAY),
    (TickStep::Months(3), 91 * DAY),
    (TickStep::Months(6), 182 * DAY),
    (TickStep::Months(12), 365 * DAY),
    (TickStep::Months(24), 730 * DAY),
];
const DAY: i64 = 86_400;

/// How precisely a tick is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickLabel {
    /// With seconds: "9:31:05".
    Second,
    /// "9:31"
    Minute,
    /// "24. Nov."
    Day,
    /// "Nov. 2026"
    Month,
}

/// A round local time that an axis names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeTick {
    /// Its time.
    pub at: DateTime<Utc>,
    /// How precisely it is labelled.
    pub label: TickLabel,
}

/// At most `most` ticks between two times, given the conversion to local time.
pub fn time_ticks(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    most: i64,
    to_local: &dyn Fn(DateTime<Utc>) -> NaiveDateTime,
) -> Vec<TimeTick> {
    let length = (to - from).num_seconds().max(1);
    let fits = |(_, seconds): &(TickStep, i64)| length / seconds < most.max(1);
    let (step, _) = STEPS.into_iter().find(fits).unwrap_or((TickStep::Months(60), 5 * 365 * DAY));
    let mut ticks: Vec<TimeTick> = Vec::new();
    let mut local = Some(first(to_local(from), step));
    while let Some(at) = local {
        let instant = instant(at, to_local);
        if instant > to {
            break;
        }
        // A local time that the clock skips would be the same instant as the one after.
        if instant >= from && ticks.last().is_none_or(|last| last.at < instant) {
            ticks.push(TimeTick { at: instant, label: label(at, step) });
        }
        local = next(at, step);
    }
    ticks
}

/// The last round time before or at a local time.
fn first(local: NaiveDateTime, step: TickStep) -> NaiveDateTime {
    let midnight = local.date().and_time(NaiveTime::MIN);
    match step {
        TickStep::Seconds(seconds) => {
            let since = i64::from(local.num_seconds_from_midnight());
            midnight + TimeDelta::seconds(since - since % seconds)
        }
        TickStep::Days(1) => midnight,
        // Weeks begin on Monday; other steps of days are counted from a fixed day, so that moving does not shift them.
        TickStep::Days(days) => {
            let since = u64::try_from(local.date().num_days_from_ce() - 1).unwrap_or_default();
            midnight.checked_sub_days(Days::new(since % days)).unwrap_or(midnight)
        }
        TickStep::Months(months) => {
            let since = u32::try_from(local.year()).unwrap_or_default() * 12 + local.month0();
            let day = local.date().with_day(1).unwrap_or(local.date()).and_time(NaiveTime::MIN);
            day.checked_sub_months(Months::new(since % months)).unwrap_or(day)
        }
    }
}

fn next(local: NaiveDateTime, step: TickStep) -> Option<NaiveDateTime> {
    match step {
        TickStep::Seconds(seconds) => local.checked_add_signed(TimeDelta::seconds(seconds)),
        TickStep::Days(days) => local.checked_add_days(Days::new(days)),
        TickStep::Months(months) => local.checked_add_months(Months::new(months)),
    }
}

/// Midnight is labelled with its day, so that the reader knows which day it is.
fn label(local: NaiveDateTime, step: TickStep) -> TickLabel {
    match step {
        TickStep::Months(_) => TickLabel::Month,
        TickStep::Days(_) => TickLabel::Day,
        TickStep::Seconds(_) if local.time() == NaiveTime::MIN => TickLabel::Day,
        TickStep::Seconds(seconds) if seconds < 60 => TickLabel::Second,
        TickStep::Seconds(_) => TickLabel::Minute,
    }
}

/// The instant of a local time; of one that the clock skips, an hour later.
pub fn instant(local: NaiveDateTime, to_local: &dyn Fn(DateTime<Utc>) -> NaiveDateTime) -> DateTime<Utc> {
    let guess = local.and_utc();
    let near = guess - (to_local(guess) - local);
    // Corrected twice: the first result may be on the other side of a daylight saving change.
    near - (to_local(near) - local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Berlin around the changes of 2026: on 29 March to summer time, on 25 October back.
    fn berlin(at: DateTime<Utc>) -> NaiveDateTime {
        let summer = utc("2026-03-29T01:00:00Z")..utc("2026-10-25T01:00:00Z");
        at.naive_utc() + TimeDelta::hours(if summer.contains(&at) { 2 } else { 1 })
    }

    /// "24 09:31:05"
    fn text(at: NaiveDateTime) -> String {
        format!("{:02} {:?}", at.day(), at.time())
    }

    fn ticks(from: &str, to: &str, most: i64) -> Vec<(String, TickLabel)> {
        let ticks = time_ticks(utc(from), utc(to), most, &berlin);
        ticks.into_iter().map(|tick| (text(berlin(tick.at)), tick.label)).collect()
    }

    #[wasm_bindgen_test]
    fn ticks_are_at_round_local_times() {
        let found = ticks("2026-11-24T06:10:00Z", "2026-11-24T09:50:00Z", 5);
        let times: Vec<_> = found.iter().map(|(time, _)| time.as_str()).collect();
        assert_eq!(times, ["24 08:00:00", "24 09:00:00", "24 10:00:00"]);
        assert!(found.iter().all(|(_, label)| *label == TickLabel::Minute));
    }

    #[wasm_bindgen_test]
    fn ticks_of_seconds_have_seconds() {
        let found = ticks("2026-11-24T06:10:01Z", "2026-11-24T06:10:11Z", 5);
        assert_eq!(found.first(), Some(&("24 07:10:05".to_owned(), TickLabel::Second)));
        assert_eq!(found.len(), 2);
    }

    #[wasm_bindgen_test]
    fn midnight_is_labelled_with_its_day() {
        let found = ticks("2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z", 5);
        let labels: Vec<_> = found.iter().map(|(_, label)| *label).collect();
        assert_eq!(labels, [TickLabel::Day, TickLabel::Minute, TickLabel::Minute, TickLabel::Minute, TickLabel::Day]);
    }

    #[wasm_bindgen_test]
    fn ticks_stay_at_round_times_when_the_clock_changes() {
        let spring = ticks("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 9);
        let times: Vec<_> = spring.iter().map(|(time, _)| &time[..5]).collect();
        assert_eq!(times, ["29 00", "29 03", "29 06", "29 09", "29 12", "29 15", "29 18", "29 21", "30 00"]);
        let autumn = ticks("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 9);
        let times: Vec<_> = autumn.iter().map(|(time, _)| &time[..5]).collect();
        assert_eq!(times, ["25 00", "25 03", "25 06", "25 09", "25 12", "25 15", "25 18", "25 21", "26 00"]);
    }

    #[wasm_bindgen_test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let weeks = ticks("2026-11-01T00:00:00Z", "2026-11-30T00:00:00Z", 6);
        assert_eq!(weeks.first().map(|(time, _)| time.as_str()), Some("02 00:00:00"));
        let months = ticks("2026-01-15T00:00:00Z", "2026-12-15T00:00:00Z", 6);
        let days: Vec<_> = months.iter().map(|(time, label)| (&time[..2], *label)).collect();
        assert!(days.iter().all(|(day, label)| *day == "01" && *label == TickLabel::Month), "{days:?}");
        assert_eq!(days.len(), 5);
    }

    #[wasm_bindgen_test]
    fn there_are_never_more_ticks_than_fit() {
        for seconds in [9, 59, 3_601, 90_000, 800_000, 9_000_000, 300_000_000] {
            let from = utc("2026-01-01T00:00:00Z");
            let found = time_ticks(from, from + TimeDelta::seconds(seconds), 6, &berlin);
            assert!((1..=7).contains(&found.len()), "{seconds} s: {found:?}");
        }
    }
}

//! What happened in a period, in one to three sentences.

use super::UsageState;
use crate::{format::Format, i18n::*};
use chrono::{DateTime, TimeDelta, Utc};
use seatkeeper_shared::wire::reports::{AtCapacity, RefusalReport, UsageReport};

/// When all seats were occupied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullTime {
    /// A seat was always free.
    Never,
    /// Once, from when to when.
    Once(DateTime<Utc>, DateTime<Utc>),
    /// Several times.
    Often {
        /// How often.
        spells: i64,
        /// How long in all.
        seconds: i64,
        /// The longest time without interruption.
        longest: (DateTime<Utc>, i64),
    },
}

impl FullTime {
    /// When all seats were occupied, by the figures of the period.
    pub fn of(at_capacity: &AtCapacity) -> Self {
        let AtCapacity { seconds, spells, longest_seconds, longest_from, .. } = *at_capacity;
        match (spells, longest_from) {
            (0, _) | (_, None) => Self::Never,
            (1, Some(from)) => Self::Once(from, from + TimeDelta::seconds(longest_seconds)),
            (spells, Some(from)) => Self::Often { spells, seconds, longest: (from, longest_seconds) },
        }
    }
}

/// The sentences about a period; tracked. `folded` has the refusals without repetitions, once they are loaded.
pub fn sentences(usage: UsageState, folded: Option<&RefusalReport>) -> Vec<String> {
    let format = usage.page.format;
    usage.report.with(|report| {
        let mut all = vec![occupied(format, report)];
        all.push(refused(format, report.figures.refusals, folded));
        let waited = report.figures.waited;
        if waited > 0 {
            all.push(t_string!(format.texts(), reports.say_waited, count = waited, n = format.number(waited)));
        }
        all
    })
}

fn occupied(format: Format, report: &UsageReport) -> String {
    let i18n = format.texts();
    let span = (report.period.to - report.period.from).num_milliseconds();
    let when = |at| format.at_precision(at, span);
    let figures = &report.figures;
    let (count, seats) = (figures.seats, format.number(figures.seats));
    match (FullTime::of(&figures.at_capacity), &figures.peak) {
        (FullTime::Once(from, to), _) => {
            t_string!(i18n, reports.say_full, count = count, from = when(from), to = when(to), seats = seats)
        }
        (FullTime::Often { spells, seconds, longest: (from, length) }, _) => t_string!(
            i18n,
            reports.say_full_often,
            count = count,
            seats = seats,
            time = format.hours(seconds),
            n = format.number(spells),
            longest = format.hours(length),
            from = when(from)
        ),
        (FullTime::Never, Some(peak)) => {
            let most = format.number(peak.occupied);
            t_string!(i18n, reports.say_peak, count = count, n = most, seats = seats, at = when(peak.at))
        }
        (FullTime::Never, None) => t_string!(i18n, reports.say_unused).to_owned(),
    }
}

/// How many were refused. Repeated requests are counted apart, if there are any.
fn refused(format: Format, refusals: i64, folded: Option<&RefusalReport>) -> String {
    let i18n = format.texts();
    let requests = folded.map_or(refusals, |folded| folded.requests);
    if requests == 0 {
        return t_string!(i18n, reports.say_none_refused).to_owned();
    }
    let n = format.number(requests);
    match folded.filter(|folded| folded.attempts != folded.requests) {
        None => t_string!(i18n, reports.say_refused, count = requests, n = n),
        Some(folded) => {
            let window = format.duration(TimeDelta::seconds(folded.window_seconds));
            let left = format.number(folded.attempts);
            t_string!(i18n, reports.say_refused_folded, count = requests, n = n, left = left, window = window)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_license_is_full_never_once_or_several_times() {
        let from = DateTime::UNIX_EPOCH;
        let mut figures = AtCapacity::default();
        assert_eq!(FullTime::of(&figures), FullTime::Never);
        figures = AtCapacity { seconds: 90, spells: 1, longest_seconds: 90, longest_from: Some(from), refusals: 0 };
        assert_eq!(FullTime::of(&figures), FullTime::Once(from, from + TimeDelta::seconds(90)));
        figures.spells = 3;
        figures.seconds = 200;
        assert_eq!(FullTime::of(&figures), FullTime::Often { spells: 3, seconds: 200, longest: (from, 90) });
    }
}

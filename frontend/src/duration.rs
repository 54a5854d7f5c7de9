//! Durations rounded for display, and countdowns.

use chrono::TimeDelta;

/// A duration, rounded down to the unit that matters to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundedDuration {
    /// Less than a minute.
    Seconds(i64),
    /// Less than an hour.
    Minutes(i64),
    /// Less than a day: hours and minutes.
    Hours(i64, i64),
    /// Whole days.
    Days(i64),
}

impl RoundedDuration {
    /// Rounds a duration; negative ones count as zero.
    pub fn of(length: TimeDelta) -> Self {
        let seconds = length.num_seconds().max(0);
        match seconds {
            0..60 => Self::Seconds(seconds),
            60..3_600 => Self::Minutes(seconds / 60),
            3_600..86_400 => Self::Hours(seconds / 3_600, seconds % 3_600 / 60),
            _ => Self::Days(seconds / 86_400),
        }
    }
}

/// An estimated duration, no more exact than an estimate can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoughDuration {
    /// Less than a minute.
    Soon,
    /// About this many minutes.
    Minutes(i64),
    /// About this many hours.
    Hours(i64),
    /// About this many days.
    Days(i64),
}

impl RoughDuration {
    /// Rounds a duration; above twenty minutes in steps of five.
    pub fn of(length: TimeDelta) -> Self {
        let minutes = (length.num_seconds().max(0) + 30) / 60;
        match minutes {
            0 => Self::Soon,
            1..=20 => Self::Minutes(minutes),
            21..=90 => Self::Minutes((minutes + 2) / 5 * 5),
            91..=1_439 => Self::Hours((minutes + 30) / 60),
            _ => Self::Days((minutes + 720) / 1_440),
        }
    }
}

/// Formats a countdown, rounded up so that it reaches 0:00 when the time is over.
pub fn countdown(left: TimeDelta) -> String {
    let millis = left.num_milliseconds().max(0);
    let seconds = (millis + 999) / 1_000;
    match seconds / 3_600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds % 3_600 / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_duration_is_rounded_to_its_largest_unit() {
        let of = |seconds| RoundedDuration::of(TimeDelta::seconds(seconds));
        assert_eq!(of(-5), RoundedDuration::Seconds(0));
        assert_eq!(of(59), RoundedDuration::Seconds(59));
        assert_eq!(of(60), RoundedDuration::Minutes(1));
        assert_eq!(of(8_040), RoundedDuration::Hours(2, 14));
        assert_eq!(of(200_000), RoundedDuration::Days(2));
    }

    #[wasm_bindgen_test]
    fn an_estimate_is_rounded_coarsely() {
        let of = |seconds| RoughDuration::of(TimeDelta::seconds(seconds));
        assert_eq!(of(-5), RoughDuration::Soon);
        assert_eq!(of(29), RoughDuration::Soon);
        assert_eq!(of(95), RoughDuration::Minutes(2));
        assert_eq!(of(12 * 60), RoughDuration::Minutes(12));
        assert_eq!(of(43 * 60), RoughDuration::Minutes(45));
        assert_eq!(of(100 * 60), RoughDuration::Hours(2));
        assert_eq!(of(40 * 3_600), RoughDuration::Days(2));
    }

    #[wasm_bindgen_test]
    fn a_countdown_ends_at_zero_and_not_before() {
        assert_eq!(countdown(TimeDelta::milliseconds(71_400)), "1:12");
        assert_eq!(countdown(TimeDelta::milliseconds(1)), "0:01");
        assert_eq!(countdown(TimeDelta::milliseconds(-1)), "0:00");
        assert_eq!(countdown(TimeDelta::seconds(3_725)), "1:02:05");
    }
}

//! The range of time that a chart shows, and how it is zoomed and moved.

use super::scale::Scale;
use chrono::{DateTime, Utc};

/// The shortest range that a chart can be zoomed to, in milliseconds.
pub const SHORTEST_MS: i64 = 10_000;
/// The longest range, in milliseconds: ten years, which is what a report accepts.
const LONGEST_MS: i64 = 3_652 * 86_400_000;

/// A range of time in milliseconds since 1970; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The beginning.
    pub from: i64,
    /// The end.
    pub to: i64,
}

impl TimeRange {
    /// The range between two times.
    pub fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from: from.timestamp_millis(), to: to.timestamp_millis() }
    }

    /// The beginning and the end.
    pub fn times(self) -> (DateTime<Utc>, DateTime<Utc>) {
        (time(self.from), time(self.to))
    }

    /// The length in milliseconds.
    pub const fn length(self) -> i64 {
        self.to - self.from
    }

    /// From this range to pixels.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a date are exact")]
    pub const fn scale(self, pixels: (f64, f64)) -> Scale {
        Scale::new((self.from as f64, self.to as f64), pixels)
    }

    /// Half as long, with `around` at the same place as before.
    #[must_use]
    pub fn zoomed_in(self, around: i64) -> Self {
        self.resized(self.length() / 2, around).whole_seconds()
    }

    /// Twice as long, with `around` at the same place as before, but not beyond `latest`.
    #[must_use]
    pub fn zoomed_out(self, around: i64, latest: i64) -> Self {
        self.resized(self.length() * 2, around).whole_seconds().not_after(latest)
    }

    /// A quarter of its length later, or with -1 earlier, but not beyond `latest`.
    #[must_use]
    pub fn moved(self, direction: i64, latest: i64) -> Self {
        let by = direction * (self.length() / 4).max(1_000);
        Self { from: self.from + by, to: self.to + by }.whole_seconds().not_after(latest)
    }

    /// The part between two times in any order, no shorter than a chart can show.
    #[must_use]
    pub fn selected(one: i64, other: i64) -> Self {
        let (from, to) = (one.min(other), one.max(other));
        let missing = (SHORTEST_MS - (to - from)).max(0);
        Self { from: from - missing / 2, to: to + missing / 2 }.whole_seconds()
    }

    fn resized(self, length: i64, around: i64) -> Self {
        let length = length.clamp(SHORTEST_MS, LONGEST_MS);
        let around = around.clamp(self.from, self.to);
        let before = i128::from(around - self.from) * i128::from(length) / i128::from(self.length().max(1));
        let from = around - i64::try_from(before).unwrap_or_default();
        Self { from, to: from + length }
    }

    fn whole_seconds(self) -> Self {
        let from = self.from.div_euclid(1_000) * 1_000;
        Self { from, to: (self.to + 999).div_euclid(1_000) * 1_000 }
    }

    fn not_after(self, latest: i64) -> Self {
        let excess = (self.to - latest).max(0);
        Self { from: self.from - excess, to: self.to - excess }
    }
}

/// The time at a number of milliseconds since 1970.
pub fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    const RANGE: TimeRange = TimeRange { from: 1_000_000, to: 1_400_000 };

    #[wasm_bindgen_test]
    fn zooming_keeps_what_is_under_the_pointer_in_its_place() {
        assert_eq!(RANGE.zoomed_in(1_100_000), TimeRange { from: 1_050_000, to: 1_250_000 });
        assert_eq!(RANGE.zoomed_in(1_400_000), TimeRange { from: 1_200_000, to: 1_400_000 });
        assert_eq!(RANGE.zoomed_out(1_100_000, i64::MAX), TimeRange { from: 900_000, to: 1_700_000 });
    }

    #[wasm_bindgen_test]
    fn zooming_ends_at_ten_seconds_and_at_ten_years() {
        let short = TimeRange { from: 0, to: 12_000 };
        assert_eq!(short.zoomed_in(6_000).length(), SHORTEST_MS);
        let long = TimeRange { from: 0, to: LONGEST_MS };
        assert_eq!(long.zoomed_out(5_000, i64::MAX).length(), LONGEST_MS);
    }

    #[wasm_bindgen_test]
    fn the_future_is_not_shown() {
        assert_eq!(RANGE.zoomed_out(1_200_000, 1_450_000), TimeRange { from: 650_000, to: 1_450_000 });
        assert_eq!(RANGE.moved(1, 1_410_000), TimeRange { from: 1_010_000, to: 1_410_000 });
        assert_eq!(RANGE.moved(-1, 1_410_000), TimeRange { from: 900_000, to: 1_300_000 });
    }

    #[wasm_bindgen_test]
    fn a_selection_is_in_order_and_long_enough() {
        assert_eq!(TimeRange::selected(90_000, 30_500), TimeRange { from: 30_000, to: 90_000 });
        assert_eq!(TimeRange::selected(50_000, 50_000), TimeRange { from: 45_000, to: 55_000 });
    }
}

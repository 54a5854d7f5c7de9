//! Scales of charts: values to pixels, and the round values at which an axis has its ticks.

/// A linear scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The lowest and the highest value.
    pub domain: (f64, f64),
    /// The pixels at which they are drawn.
    pub range: (f64, f64),
}

impl Scale {
    /// A scale from a `domain` of values to a `range` of pixels.
    pub const fn new(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { domain, range }
    }

    /// The pixel of a value. An empty domain is drawn at the beginning of the range.
    pub fn at(self, value: f64) -> f64 {
        let length = self.domain.1 - self.domain.0;
        if length == 0.0 {
            return self.range.0;
        }
        self.range.0 + (value - self.domain.0) / length * (self.range.1 - self.range.0)
    }

    /// The value at a pixel, not outside of the domain.
    pub fn value_at(self, pixel: f64) -> f64 {
        let length = self.range.1 - self.range.0;
        if length == 0.0 {
            return self.domain.0;
        }
        let share = ((pixel - self.range.0) / length).clamp(0.0, 1.0);
        self.domain.0 + share * (self.domain.1 - self.domain.0)
    }
}

/// The ticks of an axis of counts, from zero to `max` or the next tick: at most `most` plus the zero, in steps of 1, 2
/// or 5 times a power of ten.
pub fn count_ticks(max: i64, most: i64) -> Vec<i64> {
    let (max, most) = (max.max(1), most.max(1));
    let steps = (0..18).flat_map(|power| [1, 2, 5].map(|step| step * 10_i64.pow(power)));
    ticks_with(steps, max, most)
}

/// The ticks of an axis of durations in seconds, in steps of whole minutes, hours or days.
pub fn duration_ticks(max_seconds: i64, most: i64) -> Vec<i64> {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let (max, most) = (max_seconds.max(1), most.max(1));
    let short = [1, 2, 5, 10, 20, 30].into_iter().chain([1, 2, 5, 10, 20, 30].map(|minutes| minutes * MINUTE));
    let long = [1, 2, 4, 8, 12].map(|hours| hours * HOUR);
    let days = (0..9).flat_map(|power| [1, 2, 5].map(|days| days * 10_i64.pow(power) * DAY));
    ticks_with(short.chain(long).chain(days), max, most)
}

/// The ticks with the smallest of these steps that needs at most `most` of them.
fn ticks_with(mut steps: impl Iterator<Item = i64>, max: i64, most: i64) -> Vec<i64> {
    let needed = |step: i64| (max + step - 1) / step;
    let step = steps.find(|step| needed(*step) <= most).unwrap_or(max);
    (0..=needed(step)).map(|tick| tick * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_scale_maps_values_to_pixels_and_back() {
        let scale = Scale::new((10.0, 20.0), (0.0, 200.0));
        assert_eq!((scale.at(10.0), scale.at(15.0), scale.at(20.0)), (0.0, 100.0, 200.0));
        assert_eq!(scale.value_at(50.0), 12.5);
        assert_eq!((scale.value_at(-7.0), scale.value_at(900.0)), (10.0, 20.0), "never outside of the domain");
        let upside_down = Scale::new((0.0, 10.0), (100.0, 0.0));
        assert_eq!((upside_down.at(0.0), upside_down.at(10.0)), (100.0, 0.0));
    }

    #[wasm_bindgen_test]
    fn a_scale_of_nothing_divides_by_nothing() {
        assert_eq!(Scale::new((3.0, 3.0), (0.0, 100.0)).at(3.0), 0.0);
        assert_eq!(Scale::new((3.0, 4.0), (5.0, 5.0)).value_at(5.0), 3.0);
    }

    #[wasm_bindgen_test]
    fn ticks_of_counts_are_round_and_reach_the_highest() {
        assert_eq!(count_ticks(0, 5), [0, 1]);
        assert_eq!(count_ticks(4, 5), [0, 1, 2, 3, 4]);
        assert_eq!(count_ticks(10, 5), [0, 2, 4, 6, 8, 10]);
        assert_eq!(count_ticks(11, 4), [0, 5, 10, 15]);
        assert_eq!(count_ticks(1_234, 5), [0, 500, 1_000, 1_500]);
    }

    #[wasm_bindgen_test]
    fn ticks_of_durations_are_whole_units() {
        assert_eq!(duration_ticks(90, 4), [0, 30, 60, 90]);
        assert_eq!(duration_ticks(3 * 3_600, 4), [0, 3_600, 7_200, 10_800]);
        assert_eq!(duration_ticks(40 * 3_600, 4), [0, 43_200, 86_400, 129_600, 172_800]);
        assert_eq!(duration_ticks(700 * 86_400, 4), [0, 200 * 86_400, 400 * 86_400, 600 * 86_400, 800 * 86_400]);
    }
}

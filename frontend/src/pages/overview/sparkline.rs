//! A small picture of a day: the occupied seats as steps under the line of the purchased ones.

use crate::{format::Format, i18n::*};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::TimelinePoint;

/// The size of the drawing, in its own units.
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 40.0;
/// What remains free above the highest value, so that lines are not cut off.
const MARGIN: f64 = 2.0;

/// The steps of a day. The table behind it is the usage report.
#[component]
pub fn Sparkline(
    /// The points, in order of time.
    day: Signal<Vec<TimelinePoint>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let shape = Memo::new(move |_| day.with(|points| Shape::of(points)));
    let label = move || {
        day.with(|points| {
            let peak = points.iter().map(|point| point.occupied).max().unwrap_or_default();
            let seats = points.last().map_or(0, |point| point.seats);
            t_string!(i18n, overview.sparkline, n = format.number(peak), seats = format.number(seats))
        })
    };
    view! {
        <svg
            class="sparkline"
            viewBox=format!("0 0 {WIDTH} {HEIGHT}")
            preserveAspectRatio="none"
            role="img"
            aria-label=label
        >
            <path class="area" d=move || shape.with(|shape| shape.area()) />
            <path class="seats-line" d=move || shape.with(|shape| shape.seats.clone()) />
            <path class="steps" d=move || shape.with(|shape| shape.occupied.clone()) />
        </svg>
    }
}

/// The paths of the drawing.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shape {
    /// The occupied seats.
    occupied: String,
    /// The purchased seats.
    seats: String,
}

impl Shape {
    fn of(points: &[TimelinePoint]) -> Self {
        let top = points.iter().map(|point| point.occupied.max(point.seats)).max().unwrap_or_default().max(1);
        Self { occupied: steps(points, top, |point| point.occupied), seats: steps(points, top, |point| point.seats) }
    }

    /// The occupied seats down to the ground.
    fn area(&self) -> String {
        if self.occupied.is_empty() { String::new() } else { format!("{}V{HEIGHT}H0Z", self.occupied) }
    }
}

/// A path with a horizontal line for each point.
#[expect(clippy::cast_precision_loss, reason = "numbers of seats and points are small")]
fn steps(points: &[TimelinePoint], top: i64, value: impl Fn(&TimelinePoint) -> i64) -> String {
    let width = WIDTH / points.len().max(1) as f64;
    let y = |point: &TimelinePoint| HEIGHT - MARGIN / 2.0 - (HEIGHT - 2.0 * MARGIN) * value(point) as f64 / top as f64;
    let mut path = String::new();
    for (index, point) in points.iter().enumerate() {
        let (before, y) = (if index == 0 { "M0 " } else { "V" }, y(point));
        path.push_str(&format!("{before}{y:.1}H{:.1}", width * (index + 1) as f64));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn point(occupied: i64) -> TimelinePoint {
        TimelinePoint { at: DateTime::UNIX_EPOCH, occupied, least_occupied: None, waiting: 0, seats: 4 }
    }

    #[wasm_bindgen_test]
    fn each_point_is_a_step_and_never_a_slope() {
        let shape = Shape::of(&[point(0), point(4), point(2)]);
        assert_eq!(shape.occupied, "M0 39.0H80.0V3.0H160.0V21.0H240.0");
        assert_eq!(shape.seats, "M0 3.0H80.0V3.0H160.0V3.0H240.0");
        assert_eq!(shape.area(), "M0 39.0H80.0V3.0H160.0V21.0H240.0V40H0Z");
    }

    #[wasm_bindgen_test]
    fn nothing_is_drawn_without_points() {
        let shape = Shape::of(&[]);
        assert_eq!((shape.occupied.as_str(), shape.area().as_str()), ("", ""));
    }
}

//! Where the parts of a step chart are: occupied seats as steps, waiting agents above, purchased seats as a line,
//! refusals as squares. Without a browser.

use super::{
    scale::{Scale, count_ticks},
    steps::{area_path, band_path, join_marks, point_at, step_path},
    time_range::{SHORTEST_MS, TimeRange},
};
use seatkeeper_shared::wire::reports::{RefusalMark, Timeline, TimelinePoint, TimelineResolution};

/// The height in pixels of the strip above the plot in which refusals stand.
pub const REFUSAL_STRIP: f64 = 16.0;
/// How near two squares of refusals may be, in pixels.
const SQUARE_GAP: f64 = 8.0;

/// A timeline and the range of time that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartTimeline {
    /// From when to when, also where nothing changed.
    pub range: TimeRange,
    /// The points and the refusals.
    pub timeline: Timeline,
}

/// The size of a plot in pixels, without the labels of its axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlotSize {
    /// From the beginning of the range to its end.
    pub width: f64,
    /// From zero to the highest value.
    pub height: f64,
}

/// The parts of a step chart, in pixels. The plot begins at 0, 0; refusals stand above it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepLayout {
    /// The area below the occupied seats; below the least of them if each point stands for a span.
    pub occupied_area: String,
    /// The line of the occupied seats; of the most of them if each point stands for a span.
    pub occupied_line: String,
    /// From the least to the most occupied seats; empty if the points are exact.
    pub band: String,
    /// The waiting agents, above the seats; empty if nobody waited.
    pub waiting_area: String,
    /// The purchased seats.
    pub seats_line: String,
    /// Where the line of the seats ends, for its label.
    pub seats_y: f64,
    /// The squares of the refusals: their middle, and how many requests each stands for.
    pub refusals: Vec<(f64, i64)>,
    /// The ticks of the seats: pixel and number.
    pub seat_ticks: Vec<(f64, i64)>,
    /// From milliseconds since 1970 to pixels.
    pub time_scale: Scale,
    /// From seats to pixels.
    pub seat_scale: Scale,
}

impl StepLayout {
    /// Lays out a timeline.
    pub fn new(chart: &ChartTimeline, size: PlotSize) -> Self {
        let points = &chart.timeline.points;
        let ticks = count_ticks(highest(points), if size.height < 120.0 { 2 } else { 5 });
        #[expect(clippy::cast_precision_loss, reason = "numbers of seats")]
        let top = ticks.last().copied().unwrap_or(1) as f64;
        let seat_scale = Scale::new((0.0, top), (size.height, 0.0));
        let time_scale = chart.range.scale((0.0, size.width));
        let plot = Plot { points, seat_scale, time_scale, size };
        let is_exact = chart.timeline.resolution == TimelineResolution::Exact;
        let occupied = plot.corners(|point| point.occupied);
        let least = plot.corners(least_occupied);
        Self {
            occupied_area: area_path(if is_exact { &occupied } else { &least }, size.width, size.height),
            occupied_line: step_path(&occupied, size.width),
            band: if is_exact { String::new() } else { plot.band(|point| (point.occupied, least_occupied(point))) },
            waiting_area: plot.waiting_area(),
            seats_line: step_path(&plot.corners(|point| point.seats), size.width),
            seats_y: points.last().map_or(0.0, |point| plot.y(point.seats)),
            refusals: plot.squares(&chart.timeline.refusals),
            seat_ticks: ticks.into_iter().map(|tick| (plot.y(tick), tick)).collect(),
            time_scale,
            seat_scale,
        }
    }
}

impl ChartTimeline {
    /// A chart before anything is known.
    pub fn empty() -> Self {
        let timeline = Timeline { resolution: TimelineResolution::Exact, points: Vec::new(), refusals: Vec::new() };
        Self { range: TimeRange { from: 0, to: SHORTEST_MS }, timeline }
    }

    /// The point that applies at a time, in milliseconds since 1970.
    pub fn point_at(&self, at: i64) -> Option<&TimelinePoint> {
        self.timeline.points.get(self.index_at(at)?)
    }

    /// The point after the one that applies at a time, or with -1 the one before: its time in milliseconds since 1970.
    pub fn neighbour(&self, at: i64, direction: isize) -> Option<i64> {
        let index = self.index_at(at)?.checked_add_signed(direction)?;
        let point = self.timeline.points.get(index)?;
        Some(point.at.timestamp_millis().max(self.range.from))
    }

    /// The number of refused requests between this point and the next.
    pub fn refusals_at(&self, at: i64) -> i64 {
        let Some(index) = self.index_at(at) else { return 0 };
        let time = |index: usize| self.timeline.points.get(index).map(|point| point.at);
        let is_in = |mark: &&RefusalMark| {
            time(index).is_some_and(|from| mark.at >= from) && time(index + 1).is_none_or(|to| mark.at < to)
        };
        self.timeline.refusals.iter().filter(is_in).map(|mark| mark.count).sum()
    }

    fn index_at(&self, at: i64) -> Option<usize> {
        let times: Vec<i64> = self.timeline.points.iter().map(|point| point.at.timestamp_millis()).collect();
        // The first point may be a moment after the beginning of the range.
        point_at(&times, at).or((!times.is_empty()).then_some(0))
    }
}

fn least_occupied(point: &TimelinePoint) -> i64 {
    point.least_occupied.unwrap_or(point.occupied)
}

/// The highest that is drawn: seats, occupied seats, and the waiting agents above them.
fn highest(points: &[TimelinePoint]) -> i64 {
    points.iter().map(|point| point.occupied.max(point.seats) + point.waiting).max().unwrap_or(0)
}

struct Plot<'a> {
    points: &'a [TimelinePoint],
    seat_scale: Scale,
    time_scale: Scale,
    size: PlotSize,
}

impl Plot<'_> {
    #[expect(clippy::cast_precision_loss, reason = "numbers of seats")]
    fn y(&self, seats: i64) -> f64 {
        self.seat_scale.at(seats as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a date are exact")]
    fn x(&self, at: chrono::DateTime<chrono::Utc>) -> f64 {
        self.time_scale.at(at.timestamp_millis() as f64).clamp(0.0, self.size.width)
    }

    fn corners(&self, value: impl Fn(&TimelinePoint) -> i64) -> Vec<(f64, f64)> {
        self.points.iter().map(|point| (self.x(point.at), self.y(value(point)))).collect()
    }

    fn band(&self, values: impl Fn(&TimelinePoint) -> (i64, i64)) -> String {
        let corner = |point: &TimelinePoint| {
            let (upper, lower) = values(point);
            (self.x(point.at), self.y(upper), self.y(lower))
        };
        band_path(&self.points.iter().map(corner).collect::<Vec<_>>(), self.size.width)
    }

    /// From the seats, or from what is occupied if that is more, upwards.
    fn waiting_area(&self) -> String {
        if self.points.iter().all(|point| point.waiting == 0) {
            return String::new();
        }
        self.band(|point| {
            let base = point.seats.max(point.occupied);
            (base + point.waiting, base)
        })
    }

    fn squares(&self, refusals: &[RefusalMark]) -> Vec<(f64, i64)> {
        let marks: Vec<_> = refusals.iter().map(|mark| (self.x(mark.at), mark.count)).collect();
        join_marks(&marks, SQUARE_GAP)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta, Utc};
    use wasm_bindgen_test::wasm_bindgen_test;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn point(seconds: i64, occupied: i64, waiting: i64) -> TimelinePoint {
        TimelinePoint { at: at(seconds), occupied, least_occupied: None, waiting, seats: 4 }
    }

    /// A hundred seconds with four seats: one occupied, then all with somebody waiting, then two.
    pub fn sample(resolution: TimelineResolution) -> ChartTimeline {
        let points = vec![point(0, 1, 0), point(40, 4, 1), point(60, 2, 0)];
        let refusals = vec![RefusalMark { at: at(41), count: 1 }, RefusalMark { at: at(42), count: 2 }];
        let range = TimeRange::between(at(0), at(100));
        ChartTimeline { range, timeline: Timeline { resolution, points, refusals } }
    }

    const SIZE: PlotSize = PlotSize { width: 100.0, height: 150.0 };

    #[wasm_bindgen_test]
    fn seats_are_drawn_as_steps_with_the_waiting_above() {
        let layout = StepLayout::new(&sample(TimelineResolution::Exact), SIZE);
        assert_eq!(layout.occupied_line, "M0.0 120.0H40.0V30.0H60.0V90.0H100.0");
        assert_eq!(layout.seats_line, "M0.0 30.0H100.0");
        assert_eq!(layout.waiting_area, "M0.0 30.0H40.0V0.0H60.0V30.0H100.0V30.0H60.0V30.0H40.0V30.0H0.0Z");
        assert_eq!(layout.seats_y, 30.0);
        assert_eq!(layout.band, "");
        assert_eq!(layout.seat_ticks.last(), Some(&(0.0, 5)));
    }

    #[wasm_bindgen_test]
    fn spans_are_drawn_as_a_band_from_the_least_to_the_most() {
        let mut chart = sample(TimelineResolution::Hour);
        chart.timeline.points[1].least_occupied = Some(1);
        let layout = StepLayout::new(&chart, SIZE);
        assert_eq!(layout.band, "M0.0 120.0H40.0V30.0H60.0V90.0H100.0V90.0H60.0V120.0H40.0V120.0H0.0Z");
        assert_eq!(layout.occupied_area, "M0.0 120.0H60.0V90.0H100.0V150.0H0.0Z");
    }

    #[wasm_bindgen_test]
    fn refusals_at_the_same_place_are_one_square() {
        let layout = StepLayout::new(&sample(TimelineResolution::Exact), SIZE);
        assert_eq!(layout.refusals, [(41.0, 3)]);
    }

    #[wasm_bindgen_test]
    fn a_point_is_found_by_its_time_and_has_neighbours() {
        let chart = sample(TimelineResolution::Exact);
        assert_eq!(chart.point_at(59_999).map(|point| point.occupied), Some(4));
        assert_eq!(chart.point_at(-5).map(|point| point.occupied), Some(1));
        assert_eq!(chart.neighbour(45_000, 1), Some(60_000));
        assert_eq!(chart.neighbour(45_000, -1), Some(0));
        assert_eq!(chart.neighbour(99_000, 1), None);
        assert_eq!(chart.neighbour(10_000, -1), None);
        assert_eq!((chart.refusals_at(40_000), chart.refusals_at(60_000)), (3, 0));
    }

    #[wasm_bindgen_test]
    fn an_empty_timeline_is_an_empty_plot() {
        let mut chart = sample(TimelineResolution::Exact);
        chart.timeline.points.clear();
        chart.timeline.refusals.clear();
        let layout = StepLayout::new(&chart, SIZE);
        assert_eq!(layout.occupied_line, "");
        assert_eq!(layout.seat_ticks, [(150.0, 0), (0.0, 1)]);
        assert_eq!(chart.point_at(5), None);
    }
}

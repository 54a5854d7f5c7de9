//! A chart of vertical bars, with round ticks, lines and marks.

use super::{plot_width::plot_width, scale::Scale};
use crate::text::Text;
use leptos::{html, prelude::*};

/// The margins around the plot, in pixels: for the labels of the axes.
const LEFT: f64 = 44.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 22.0;
/// The height of a row of labels of marks.
const MARK_ROW: f64 = 16.0;
/// The least width of a label below a bar.
const LABEL_WIDTH: f64 = 34.0;
/// The most that a bar is wide, in pixels.
const MAX_BAR_WIDTH: f64 = 72.0;

/// What is known of one column of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The label below it.
    pub label: String,
    /// Its height, in the unit of the chart.
    pub value: i64,
    /// A line across the bar, for example the seats at that time.
    pub limit: Option<i64>,
    /// Whether it reaches the limit: drawn in the warning color, with a square on top.
    pub full: bool,
}

/// A mark between two bars.
#[derive(Clone, Debug, PartialEq)]
pub struct BarMark {
    /// After how many bars it stands.
    pub after: usize,
    /// What it says, at the top of its line.
    pub label: String,
    /// The row of its label, from the top.
    pub row: usize,
}

/// What a chart of bars shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarData {
    /// The bars, from left to right.
    pub bars: Vec<Bar>,
    /// The ticks: values with their labels, the last one at the top.
    pub ticks: Vec<(i64, String)>,
    /// Lines between bars, with a word each.
    pub marks: Vec<BarMark>,
}

/// Draws vertical bars from zero to the highest tick.
#[component]
pub fn BarChart(
    /// The main fact, for screen readers.
    #[prop(into)]
    label: Text,
    /// What it shows.
    data: Signal<BarData>,
    /// The height in pixels, with labels.
    #[prop(default = 180.0)]
    height: f64,
) -> impl IntoView {
    let i18n = crate::i18n::use_i18n();
    let node = NodeRef::<html::Div>::new();
    let width = plot_width(node);
    let drawn = move || {
        let width = width.get();
        (width > 0.0).then(|| data.with(|data| BarLayout::new(data, width, height).draw(data)))
    };
    let view_box = move || format!("0 0 {:.0} {height:.0}", width.get().max(1.0));
    view! {
        <div class="chart" node_ref=node>
            <svg
                role="img"
                aria-label=move || label.get(i18n)
                viewBox=view_box
                width=move || width.get()
                height=height
            >
                {drawn}
            </svg>
        </div>
    }
}

/// Where the bars are, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct BarLayout {
    /// From values to pixels.
    scale: Scale,
    /// The distance from one bar to the next.
    step: f64,
    /// Every which bar has a label.
    label_every: usize,
    right: f64,
}

impl BarLayout {
    #[expect(clippy::cast_precision_loss, reason = "only drawn")]
    fn new(data: &BarData, width: f64, height: f64) -> Self {
        let rows = data.marks.iter().map(|mark| mark.row + 1).max().unwrap_or(0);
        let top = data.ticks.last().map_or(1, |(value, _)| *value) as f64;
        let step = (width - LEFT) / data.bars.len().max(1) as f64;
        let longest = data.bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(0);
        let wide = LABEL_WIDTH.max(longest as f64 * 7.0 + 8.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
        let label_every = (wide / step.max(0.01)).ceil().max(1.0) as usize;
        let range = (height - BOTTOM, TOP + rows as f64 * MARK_ROW);
        Self { scale: Scale::new((0.0, top), range), step, label_every, right: width }
    }

    #[expect(clippy::cast_precision_loss, reason = "only drawn")]
    fn y(self, value: i64) -> f64 {
        self.scale.at(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "only drawn")]
    fn x(self, index: usize) -> f64 {
        LEFT + index as f64 * self.step
    }

    fn draw(self, data: &BarData) -> AnyView {
        let ticks = data.ticks.iter().map(|(value, label)| self.tick(*value, label)).collect_view();
        let bars = data.bars.iter().enumerate().map(|(index, bar)| self.bar(index, bar)).collect_view();
        // The lines first: none of them crosses a label.
        let lines = data.marks.iter().map(|mark| self.mark_line(mark)).collect_view();
        let marks = data.marks.iter().map(|mark| self.mark_label(mark)).collect_view();
        view! { <g>{ticks} {bars} {lines} {marks}</g> }.into_any()
    }

    fn tick(self, value: i64, label: &str) -> AnyView {
        let y = self.y(value);
        view! {
            <line class="grid" x1=LEFT x2=self.right y1=y y2=y></line>
            <text class="axis" x=LEFT - 8.0 y=y + 4.0 text-anchor="end">
                {label.to_owned()}
            </text>
        }
        .into_any()
    }

    fn bar(self, index: usize, bar: &Bar) -> AnyView {
        let gap = if self.step > 6.0 { (self.step * 0.16).min(6.0) } else { 0.0 };
        let width = (self.step - gap).clamp(0.5, MAX_BAR_WIDTH);
        let x = self.x(index) + (self.step - width) / 2.0;
        let (top, bottom) = (self.y(bar.value), self.y(0));
        let class = if bar.full { "bar full" } else { "bar" };
        let limit = bar.limit.map(|limit| {
            let y = self.y(limit);
            view! { <line class="limit" x1=self.x(index) x2=self.x(index + 1) y1=y y2=y></line> }
        });
        let square = (bar.full && width > 8.0).then(|| {
            view! { <rect class="full-mark" x=x + width / 2.0 - 2.5 y=top + 4.0 width="5" height="5" rx="1.2"></rect> }
        });
        let label = index.is_multiple_of(self.label_every).then(|| {
            view! {
                <text class="axis" x=x + width / 2.0 y=bottom + 16.0 text-anchor="middle">
                    {bar.label.clone()}
                </text>
            }
        });
        view! {
            <rect class=class x=x y=top width=width height=(bottom - top).max(0.0)></rect>
            {limit}
            {square}
            {label}
        }
        .into_any()
    }

    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    fn mark_y(mark: &BarMark) -> f64 {
        12.0 + mark.row as f64 * MARK_ROW
    }

    fn mark_line(self, mark: &BarMark) -> AnyView {
        let x = self.x(mark.after);
        view! { <line class="mark-line" x1=x x2=x y1=Self::mark_y(mark) - 8.0 y2=self.y(0)></line> }.into_any()
    }

    fn mark_label(self, mark: &BarMark) -> AnyView {
        let x = self.x(mark.after);
        // A label that would leave the chart stands on the other side of its line.
        let (x, anchor) = if x > self.right - 150.0 { (x - 5.0, "end") } else { (x + 5.0, "start") };
        view! {
            <text class="axis strong halo" x=x y=Self::mark_y(mark) text-anchor=anchor>
                {mark.label.clone()}
            </text>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn data(bars: usize, label: &str) -> BarData {
        let bar = Bar { label: label.to_owned(), value: 5, limit: None, full: false };
        BarData { bars: vec![bar; bars], ticks: vec![(0, "0".to_owned()), (10, "10".to_owned())], marks: vec![] }
    }

    #[wasm_bindgen_test]
    fn bars_share_the_width_and_stand_on_zero() {
        let layout = BarLayout::new(&data(10, "9"), LEFT + 400.0, 100.0 + BOTTOM + TOP);
        assert_eq!((layout.step, layout.x(0), layout.x(10)), (40.0, LEFT, LEFT + 400.0));
        assert_eq!((layout.y(0), layout.y(10), layout.y(5)), (TOP + 100.0, TOP, TOP + 50.0));
        assert_eq!(layout.label_every, 1);
    }

    #[wasm_bindgen_test]
    fn labels_that_would_cover_each_other_are_left_out() {
        let layout = BarLayout::new(&data(100, "24. Nov."), LEFT + 400.0, 130.0);
        assert_eq!(layout.label_every, 16);
    }

    #[wasm_bindgen_test]
    fn marks_have_rows_of_their_own_above_the_bars() {
        let mut data = data(10, "9");
        data.marks = vec![BarMark { after: 7, label: "95 %".to_owned(), row: 1 }];
        let layout = BarLayout::new(&data, 444.0, 130.0);
        assert_eq!(layout.y(10), TOP + 2.0 * MARK_ROW);
    }

    #[wasm_bindgen_test]
    fn no_bars_are_an_empty_chart() {
        let layout = BarLayout::new(&BarData::default(), 300.0, 130.0);
        assert!(layout.step.is_finite() && layout.y(0).is_finite());
    }
}

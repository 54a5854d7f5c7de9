//! A chart of occupied seats over time. It is a picture, unless actions are given: then a moment in it can be chosen,
//! and it is zoomed and moved with the pointer or the keyboard.

use super::{
    plot_width::plot_width,
    step_layout::{ChartTimeline, PlotSize, REFUSAL_STRIP, StepLayout},
    step_pointer::Pointer,
    time_range::{TimeRange, time},
    time_ticks::{TickLabel, TimeTick, time_ticks},
};
use crate::{format::Format, i18n::*, pages::licenses::days::local_time_in, text::Text, ui::field::unique_id};
use chrono::{DateTime, Utc};
use leptos::{html, prelude::*};
use seatkeeper_shared::wire::reports::TimelinePoint;
use std::sync::Arc;

/// The margins around the plot, in pixels: labels of the axes, refusals, and the label of the seats.
pub const LEFT: f64 = 40.0;
pub const RIGHT: f64 = 10.0;
const TOP: f64 = REFUSAL_STRIP + 18.0;
pub const BOTTOM: f64 = 24.0;
/// The space that a label of the time axis needs.
const TICK_WIDTH: f64 = 84.0;
/// The side of a square that stands for refusals.
const SQUARE: f64 = 6.0;

/// What can be done with a chart.
#[derive(Clone, Copy)]
pub struct ChartActions {
    /// Called with the moment that the user chooses.
    pub choose: Callback<DateTime<Utc>>,
    /// Called with the range that the user wants to see.
    pub show_range: Callback<TimeRange>,
}

/// A chart of occupied seats over time.
#[component]
pub fn StepChart(
    /// What is shown.
    timeline: Signal<Arc<ChartTimeline>>,
    /// The main fact, for screen readers.
    #[prop(into)]
    label: Text,
    /// The chosen moment, if any.
    #[prop(into, optional)]
    chosen: Signal<Option<DateTime<Utc>>>,
    /// What can be done with it; a picture without.
    #[prop(optional)]
    actions: Option<ChartActions>,
    /// The height in pixels, with labels.
    #[prop(default = 280.0)]
    height: f64,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let node = NodeRef::<html::Div>::new();
    let width = plot_width(node);
    let size =
        Memo::new(move |_| PlotSize { width: (width.get() - LEFT - RIGHT).max(0.0), height: height - TOP - BOTTOM });
    let layout = Memo::new(move |_| {
        let size = size.get();
        (size.width > 0.0).then(|| timeline.with(|timeline| StepLayout::new(timeline, size)))
    });
    let ticks = Memo::new(move |_| {
        #[expect(clippy::cast_possible_truncation, reason = "a small number of ticks")]
        let most = (size.get().width / TICK_WIDTH) as i64;
        let (from, to) = timeline.with(|timeline| timeline.range.times());
        time_ticks(from, to, most.max(2), &local_time_in(&format.time_zone()))
    });
    let pattern = unique_id("waiting-pattern");
    let drawing = Drawing { format, size, layout, ticks, timeline, pattern: StoredValue::new(pattern.clone()) };
    let pointer = actions.map(|actions| view! { <Pointer drawing actions chosen /> });
    view! {
        <div class="chart step-chart" node_ref=node>
            <svg
                role="img"
                aria-label=move || label.get(i18n)
                viewBox=move || format!("0 0 {:.0} {height:.0}", width.get().max(1.0))
                width=move || width.get()
                height=height
            >
                <defs>
                    <pattern id=pattern width="6" height="6" patternUnits="userSpaceOnUse">
                        <rect class="waiting-ground" width="6" height="6"></rect>
                        <path class="waiting-line" d="M0 6L6 0M-1 1L1 -1M5 7L7 5"></path>
                    </pattern>
                </defs>
                <g transform=format!("translate({LEFT} {TOP})")>
                    {move || drawing.axes()}
                    {move || drawing.steps()}
                    {move || chosen.get().map(|at| drawing.chosen(at))}
                </g>
            </svg>
            {pointer}
        </div>
    }
}

/// What the parts of a chart are drawn from.
#[derive(Clone, Copy)]
pub struct Drawing {
    format: Format,
    size: Memo<PlotSize>,
    layout: Memo<Option<StepLayout>>,
    ticks: Memo<Vec<TimeTick>>,
    pub timeline: Signal<Arc<ChartTimeline>>,
    /// The id of the pattern for the waiting agents.
    pattern: StoredValue<String>,
}

impl Drawing {
    fn axes(self) -> Option<AnyView> {
        let (layout, size) = (self.layout.get()?, self.size.get());
        let format = self.format;
        let seat_tick = |(y, seats): &(f64, i64)| {
            view! {
                <line class="grid" x1="0" x2=size.width y1=*y y2=*y></line>
                <text class="axis" x="-8" y=*y + 4.0 text-anchor="end">
                    {format.number(*seats)}
                </text>
            }
        };
        let seat_ticks = layout.seat_ticks.iter().map(seat_tick).collect_view();
        let time_tick = |tick: TimeTick| {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of a date are exact")]
            let x = layout.time_scale.at(tick.at.timestamp_millis() as f64);
            // The first and the last label must not leave the chart.
            let anchor = match x {
                x if x < 24.0 => "start",
                x if x > size.width - 16.0 => "end",
                _ => "middle",
            };
            view! {
                <line class="tick" x1=x x2=x y1=size.height y2=size.height + 5.0></line>
                <text class="axis" x=x y=size.height + 18.0 text-anchor=anchor>
                    {tick_text(format, tick)}
                </text>
            }
        };
        let time_ticks = self.ticks.get().into_iter().map(time_tick).collect_view();
        Some(view! { <g>{seat_ticks} {time_ticks}</g> }.into_any())
    }

    fn steps(self) -> Option<AnyView> {
        let i18n = self.format.texts();
        let (layout, size, format) = (self.layout.get()?, self.size.get(), self.format);
        let seats = self.timeline.with(|chart| chart.timeline.points.last().map_or(0, |point| point.seats));
        let square = |(x, count): (f64, i64)| {
            let several = (count > 1).then(|| {
                view! {
                    <text class="refusal-count" x=x y=-REFUSAL_STRIP - 5.0 text-anchor="middle">
                        {format.number(count)}
                    </text>
                }
            });
            let corner = x - SQUARE / 2.0;
            view! {
                {several}
                <rect class="refusal" x=corner y=-REFUSAL_STRIP width=SQUARE height=SQUARE rx="1.2"></rect>
            }
        };
        // Numbers only where they do not cover each other.
        let crowded = layout.refusals.windows(2).any(|pair| pair[1].0 - pair[0].0 < 18.0);
        let refusals =
            layout.refusals.into_iter().map(|(x, n)| square((x, if crowded { 1 } else { n }))).collect_view();
        let fill = self.pattern.with_value(|id| format!("url(#{id})"));
        let seats_text = t_string!(i18n, charts.seats, count = seats, n = format.number(seats));
        Some(
            view! {
                <path class="occupied-area" d=layout.occupied_area></path>
                <path class="band" d=layout.band></path>
                <path class="waiting" d=layout.waiting_area fill=fill></path>
                <path class="seats-line" d=layout.seats_line></path>
                <path class="occupied-line" d=layout.occupied_line></path>
                <text class="axis strong halo" x=size.width y=layout.seats_y - 5.0 text-anchor="end">
                    {seats_text}
                </text>
                {refusals}
            }
            .into_any(),
        )
    }

    /// The mark of the chosen moment.
    fn chosen(self, at: DateTime<Utc>) -> Option<AnyView> {
        let x = self.x(at.timestamp_millis())?;
        let height = self.size.get().height;
        Some(
            view! {
                <line class="chosen-line" x1=x x2=x y1=-REFUSAL_STRIP y2=height></line>
                <path class="chosen-mark" d=format!("M{x:.1} {height:.1}l-5 8h10z")></path>
            }
            .into_any(),
        )
    }

    /// The pixel of a time in milliseconds, if it is in the chart.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a date are exact")]
    pub fn x(self, at: i64) -> Option<f64> {
        let range = self.timeline.with(|timeline| timeline.range);
        let x = self.layout.with(|layout| layout.as_ref().map(|layout| layout.time_scale.at(at as f64)))?;
        (range.from..=range.to).contains(&at).then_some(x)
    }

    /// The time at a pixel, untracked.
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a date fit")]
    pub fn time_at(self, x: f64) -> Option<i64> {
        self.layout.with_untracked(|layout| layout.as_ref().map(|layout| layout.time_scale.value_at(x) as i64))
    }

    /// What was the case at a time: "24. Nov., 9:31:05 · 10 von 10 belegt · 3 warten".
    pub fn readout(self, at: i64) -> String {
        let (i18n, format) = (self.format.texts(), self.format);
        self.timeline.with(|chart| {
            let Some(point) = chart.point_at(at) else { return String::new() };
            let when = format.at_precision(time(at), chart.range.length());
            let mut parts = vec![when, occupied_text(format, point)];
            if point.waiting > 0 {
                parts.push(t_string!(i18n, charts.waiting, count = point.waiting, n = format.number(point.waiting)));
            }
            let refusals = chart.refusals_at(at);
            if refusals > 0 {
                parts.push(t_string!(i18n, charts.refused, count = refusals, n = format.number(refusals)));
            }
            parts.join(t_string!(i18n, common.dot))
        })
    }
}

/// "10 von 10 belegt", "8 bis 10 von 10 belegt"
pub fn occupied_text(format: Format, point: &TimelinePoint) -> String {
    let i18n = format.texts();
    let (occupied, seats) = (format.number(point.occupied), format.number(point.seats));
    match point.least_occupied {
        Some(least) => {
            t_string!(i18n, charts.occupied_range, least = format.number(least), most = occupied, seats = seats)
        }
        None => t_string!(i18n, charts.occupied, n = occupied, seats = seats),
    }
}

fn tick_text(format: Format, tick: TimeTick) -> String {
    match tick.label {
        TickLabel::Second => format.time_of_day(tick.at),
        TickLabel::Minute => format.time(tick.at),
        TickLabel::Day => format.day(tick.at),
        TickLabel::Month => format.month(tick.at),
    }
}

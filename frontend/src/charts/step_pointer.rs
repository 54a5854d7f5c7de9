//! What lies above a step chart and takes pointer and keys. For screen readers it is a slider over the points.

use super::{
    step_chart::{BOTTOM, ChartActions, Drawing, LEFT, RIGHT},
    time_range::{TimeRange, time},
};
use crate::{clock::Clock, i18n::*, ui::show::Show};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::TimelinePoint;

/// How far the pointer has to move, in pixels, until it selects a range instead of a moment.
const DRAG_MIN: f64 = 5.0;

#[component]
pub fn Pointer(
    /// What is drawn.
    drawing: Drawing,
    /// What can be done.
    actions: ChartActions,
    /// The chosen moment, if any.
    chosen: Signal<Option<DateTime<Utc>>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = PointerState {
        drawing,
        actions,
        clock: Clock::get(),
        cursor: RwSignal::new(None),
        drag: RwSignal::new(None),
        chosen,
    };
    let line = move || state.cursor.get().and_then(|at| drawing.x(at));
    let selection = move || state.drag.get().filter(DragSpan::is_selection).map(|drag| drag.ordered());
    let readout = move || state.pointed().map(|at| drawing.readout(at));
    let last_point = move || drawing.timeline.with(|chart| chart.timeline.points.len().saturating_sub(1).to_string());
    view! {
        <div
            class="chart-pointer"
            role="slider"
            tabindex="0"
            aria-label=move || t_string!(i18n, charts.moment)
            aria-valuemin="0"
            aria-valuemax=last_point
            aria-valuenow=move || state.position().to_string()
            aria-valuetext=move || drawing.readout(state.current())
            aria-describedby="chart-keys"
            style:left=format!("{LEFT}px")
            style:right=format!("{RIGHT}px")
            style:bottom=format!("{BOTTOM}px")
            on:keydown=move |event| state.key(&event)
            on:pointerdown=move |event| state.press(&event)
            on:pointermove=move |event| state.drag_to(f64::from(event.offset_x()))
            on:pointerup=move |event| state.release(f64::from(event.offset_x()))
            on:pointercancel=move |_| state.drag.set(None)
            on:pointerleave=move |_| state.leave()
        >
            <Show when=move || line().is_some()>
                <i class="chart-cursor" style:left=move || pixels(line().unwrap_or_default())></i>
            </Show>
            <Show when=move || selection().is_some()>
                <i
                    class="chart-selection"
                    style:left=move || pixels(selection().unwrap_or_default().0)
                    style:width=move || pixels(selection().map_or(0.0, |(from, to)| to - from))
                ></i>
            </Show>
        </div>
        <p class="chart-readout num" aria-hidden="true">
            {move || readout().unwrap_or_else(|| t_string!(i18n, charts.hint).to_owned())}
        </p>
        <p class="vh" id="chart-keys">
            {t!(i18n, charts.keys)}
        </p>
    }
}

fn pixels(number: f64) -> String {
    format!("{number:.1}px")
}

/// From where to where the pointer was moved, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct DragSpan {
    from: f64,
    to: f64,
}

impl DragSpan {
    fn is_selection(&self) -> bool {
        (self.to - self.from).abs() >= DRAG_MIN
    }

    fn ordered(self) -> (f64, f64) {
        (self.from.min(self.to), self.from.max(self.to))
    }
}

/// Where the cursor is, and what is being selected.
#[derive(Clone, Copy)]
struct PointerState {
    drawing: Drawing,
    actions: ChartActions,
    clock: Clock,
    /// The time under the pointer, or that the keyboard has reached; in milliseconds since 1970.
    cursor: RwSignal<Option<i64>>,
    drag: RwSignal<Option<DragSpan>>,
    chosen: Signal<Option<DateTime<Utc>>>,
}

impl PointerState {
    fn range(self) -> TimeRange {
        self.drawing.timeline.with(|timeline| timeline.range)
    }

    fn chosen_ms(self) -> Option<i64> {
        self.chosen.get().map(|at| at.timestamp_millis())
    }

    /// The time of the cursor, else the chosen one, if it is in the range.
    fn pointed(self) -> Option<i64> {
        let range = self.range();
        let is_shown = |at: &i64| (range.from..range.to).contains(at);
        self.cursor.get().filter(is_shown).or(self.chosen_ms().filter(is_shown))
    }

    /// The same, else the beginning; always in the range.
    fn current(self) -> i64 {
        let range = self.range();
        let at = self.cursor.get().or(self.chosen_ms()).unwrap_or(range.from);
        at.clamp(range.from, range.to - 1)
    }

    /// The number of the point at the cursor.
    fn position(self) -> usize {
        let at = self.current();
        self.drawing.timeline.with(|chart| {
            let is_before = |point: &&TimelinePoint| point.at.timestamp_millis() <= at;
            chart.timeline.points.iter().take_while(is_before).count().saturating_sub(1)
        })
    }

    fn key(self, event: &web_sys::KeyboardEvent) {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let (range, at) = untrack(|| (self.range(), self.current()));
        let latest = self.clock.now_untracked().timestamp_millis();
        let show = |range| self.actions.show_range.run(range);
        match (event.key().as_str(), event.shift_key()) {
            ("ArrowLeft" | "ArrowDown", false) => self.step(-1),
            ("ArrowRight" | "ArrowUp", false) => self.step(1),
            ("ArrowLeft", true) | ("PageUp", _) => show(range.moved(-1, latest)),
            ("ArrowRight", true) | ("PageDown", _) => show(range.moved(1, latest)),
            ("Home", _) => self.cursor.set(Some(range.from)),
            ("End", _) => self.cursor.set(Some(range.to - 1)),
            ("+" | "=", _) => show(range.zoomed_in(at)),
            ("-" | "_", _) => show(range.zoomed_out(at, latest)),
            ("Enter" | " ", _) => self.actions.choose.run(time(at)),
            _ => return,
        }
        event.prevent_default();
    }

    /// Moves the cursor to the next point, or the one before.
    fn step(self, direction: isize) {
        untrack(|| {
            let at = self.current();
            if let Some(next) = self.drawing.timeline.with(|chart| chart.neighbour(at, direction)) {
                self.cursor.set(Some(next));
            }
        });
    }

    fn press(self, event: &web_sys::PointerEvent) {
        if event.button() != 0 {
            return;
        }
        let x = f64::from(event.offset_x());
        self.drag.set(Some(DragSpan { from: x, to: x }));
        let element = event_target::<web_sys::Element>(event);
        // Without capture, the drag ends at the edge of the chart.
        let _ = element.set_pointer_capture(event.pointer_id());
    }

    fn drag_to(self, x: f64) {
        self.cursor.set(self.drawing.time_at(x));
        if self.drag.with_untracked(Option::is_some) {
            self.drag.update(|drag| {
                if let Some(drag) = drag {
                    drag.to = x;
                }
            });
        }
    }

    fn release(self, x: f64) {
        let Some(drag) = self.drag.get_untracked() else { return };
        let drag = DragSpan { to: x, ..drag };
        self.drag.set(None);
        let (Some(from), Some(to)) = (self.drawing.time_at(drag.from), self.drawing.time_at(drag.to)) else { return };
        if drag.is_selection() {
            self.actions.show_range.run(TimeRange::selected(from, to));
        } else {
            self.actions.choose.run(time(to));
        }
    }

    fn leave(self) {
        if self.drag.with_untracked(Option::is_none) {
            self.cursor.set(None);
        }
    }
}

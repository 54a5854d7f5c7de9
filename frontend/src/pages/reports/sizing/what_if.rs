//! Sliders for seats, people and rules, answered while they are moved: the recorded demand is replayed in the browser.

mod choice;

use super::SizingState;
use crate::{
    format::Format,
    i18n::*,
    pages::reports::filter::rfc3339,
    text::text,
    ui::{
        checkbox::Checkbox,
        query::{Loaded, Query},
        show::Show,
        slider::Slider,
    },
};
use choice::{Choice, mean_wait_seconds};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_pool::replay::{Totals, demand::Demand};
use seatkeeper_shared::{
    endpoints,
    wire::reports::{ModelRow, SizingAssumptions, SizingDemand, SizingModel, SizingReport},
};
use std::sync::Arc;

/// The numbers of people that can be chosen, in percent of those recorded.
const GROWTHS: [i64; 13] = [50, 60, 70, 80, 90, 100, 110, 120, 130, 150, 175, 200, 300];
/// The times that people wait that can be chosen, in seconds.
const PATIENCES: [i64; 9] = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
/// The idle times that can be chosen, in seconds; 0: none.
const IDLES: [i64; 8] = [0, 7_200, 3_600, 1_800, 900, 600, 300, 60];

/// What the sliders begin with, and the models are scaled from: what the report says.
#[derive(Clone, Debug, PartialEq)]
struct Start {
    seats: i64,
    assumptions: SizingAssumptions,
    model: Option<SizingModel>,
    /// More seats than anybody needed.
    max_seats: i64,
}

impl Start {
    fn of(report: &SizingReport) -> Self {
        let peak = report.sizes.iter().map(|size| size.peak).max().unwrap_or_default();
        let seats = report.license.seats;
        Self {
            seats,
            assumptions: report.assumptions,
            model: report.model.clone(),
            max_seats: (seats.max(peak) * 2).max(10),
        }
    }

    fn choice(&self) -> Choice {
        Choice { seats: self.seats, assumptions: self.assumptions }
    }
}

/// The sliders, once the demand has been downloaded.
#[component]
pub fn WhatIf(
    /// The report and the state of its page.
    state: SizingState,
) -> impl IntoView {
    let i18n = use_i18n();
    // The period of the report, to the instant: otherwise the sliders could begin with other figures.
    let about = Memo::new(move |_| {
        let of = |report: &SizingReport| (report.license.id, report.period.from, report.period.to);
        state.report.value.with(|report| report.as_deref().map(of))
    });
    let query = Query::<SizingDemand>::new(move || {
        let (license, from, to) = about.get()?;
        let request = endpoints::reports::sizing_demand().with("license", &license.to_string());
        Some(request.with("from", &rfc3339(from)).with("to", &rfc3339(to)))
    });
    let demand = Memo::new(move |_| {
        query.with(|answer| serde_json::from_str::<Demand>(&answer.demand).ok().map(Arc::new)).flatten()
    });
    let start = Memo::new(move |_| state.report.value.with(|report| report.as_deref().map(Start::of)));
    let is_shortened = Memo::new(move |_| query.with(|answer| answer.is_shortened).unwrap_or_default());
    let covered = move || {
        let format = state.page.format;
        let (from, n) = query.with(|answer| (answer.period.from, answer.requests))?;
        Some(t_string!(i18n, sizing.what_if_shortened, n = format.number(n), from = format.date_time(from)))
    };
    // Another report begins with other sliders.
    let sliders = move || {
        let (start, demand) = (start.get()?, demand.get()?);
        Some(view! { <Sliders format=state.page.format start demand /> })
    };
    view! {
        <section class="card what-if">
            <h2>{t!(i18n, sizing.what_if)}</h2>
            <p class="muted">{t!(i18n, sizing.what_if_text)}</p>
            <Loaded status=query.status() rows=3>
                {sliders}
            </Loaded>
            <Show when=move || is_shortened.get()>
                <p class="muted">{covered}</p>
            </Show>
        </section>
    }
}

/// The values of a slider, with the one that it begins with.
fn steps(values: &[i64], own: i64) -> (Vec<i64>, usize) {
    let mut values = values.to_vec();
    if !values.contains(&own) {
        values.push(own);
        values.sort_unstable();
    }
    let at = values.iter().position(|value| *value == own).unwrap_or_default();
    (values, at)
}

#[component]
fn Sliders(
    /// For numbers and times.
    format: Format,
    /// What they begin with.
    start: Start,
    /// What is replayed.
    demand: Arc<Demand>,
) -> impl IntoView {
    let i18n = use_i18n();
    let first = start.assumptions;
    #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
    let percent = (first.growth * 100.0).round() as i64;
    let (growths, growth_at) = steps(&GROWTHS, percent);
    let (patiences, patience_at) = steps(&PATIENCES, first.patience_seconds);
    let recorded_idle = demand.terms.rules.idle_seconds;
    let (idles, idle_at) = steps_of_idle(first.idle_seconds.unwrap_or(recorded_idle));
    let max = |values: &[i64]| values.len().saturating_sub(1);
    let (growth_max, patience_max, idle_max) = (max(&growths), max(&patiences), max(&idles));
    let (seats_max, seats_at) = (size(start.max_seats), size(start.seats));
    let seats = RwSignal::new(seats_at);
    let (growth, patience, idle) = (RwSignal::new(growth_at), RwSignal::new(patience_at), RwSignal::new(idle_at));
    let queue = RwSignal::new(first.queue);
    let values = StoredValue::new((growths, patiences, idles));
    let growth_percent = move || values.with_value(|(all, _, _)| all[growth.get()]);
    let patience_seconds = move || values.with_value(|(_, all, _)| all[patience.get()]);
    let idle_seconds = move || values.with_value(|(_, _, all)| all[idle.get()]);
    let reset = move |_| {
        seats.set(seats_at);
        growth.set(growth_at);
        patience.set(patience_at);
        idle.set(idle_at);
        queue.set(first.queue);
    };
    let choice = Memo::new(move |_| Choice {
        seats: i64::try_from(seats.get()).unwrap_or_default(),
        assumptions: SizingAssumptions {
            // As long as it was not moved, exactly what the report has.
            growth: if growth.get() == growth_at { first.growth } else { growth_percent() as f64 / 100.0 },
            patience_seconds: patience_seconds(),
            idle_seconds: if idle.get() == idle_at { first.idle_seconds } else { Some(idle_seconds()) },
            queue: queue.get(),
            ..first
        },
    });
    let is_changed = Memo::new({
        let begun = start.choice();
        move |_| choice.get() != begun
    });
    let duration = move |seconds: i64| format.duration(TimeDelta::seconds(seconds));
    let seat_words = Signal::derive(move || format.number(choice.get().seats));
    let growth_words =
        Signal::derive(move || t_string!(i18n, sizing.what_if_percent, n = format.number(growth_percent())));
    let patience_words = Signal::derive(move || duration(patience_seconds()));
    let idle_words = Signal::derive(move || match idle_seconds() {
        0 => t_string!(i18n, sizing.what_if_no_idle).to_owned(),
        seconds => duration(seconds),
    });
    let result = answers(choice, demand);
    view! {
        <div class="sliders">
            <Slider label=text!(sizing.column_seats) name="seats" max=seats_max value=seats words=seat_words />
            <Slider label=text!(sizing.growth) name="growth" max=growth_max value=growth words=growth_words />
            <Slider
                label=text!(sizing.what_if_patience)
                name="patience"
                max=patience_max
                value=patience
                words=patience_words
            />
            <Slider label=text!(sizing.what_if_idle) name="idle" max=idle_max value=idle words=idle_words />
            <Checkbox label=text!(sizing.what_if_queue) name="queue" value=queue />
            <button
                type="button"
                class="button small"
                aria-disabled=move || (!is_changed.get()).to_string()
                on:click=reset
            >
                {t!(i18n, sizing.what_if_reset)}
            </button>
        </div>
        <Result format result start />
    }
}

/// The idle times that can be chosen, the longest first, with the one that the slider begins with.
fn steps_of_idle(own: i64) -> (Vec<i64>, usize) {
    let mut values = IDLES.to_vec();
    if !values.contains(&own) {
        values.push(own);
        values.sort_unstable_by_key(|seconds| if *seconds == 0 { i64::MIN } else { -seconds });
    }
    let at = values.iter().position(|value| *value == own).unwrap_or_default();
    (values, at)
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// What comes of the choice, computed once for each frame that is drawn: a slider sends more changes than that.
fn answers(choice: Memo<Choice>, demand: Arc<Demand>) -> ReadSignal<Option<(Choice, Totals)>> {
    let (result, set_result) = signal(None);
    let is_scheduled = StoredValue::new(false);
    Effect::new(move |_| {
        choice.track();
        if is_scheduled.try_update_value(|is_scheduled| std::mem::replace(is_scheduled, true)) != Some(false) {
            return;
        }
        let demand = demand.clone();
        request_animation_frame(move || {
            is_scheduled.try_update_value(|is_scheduled| *is_scheduled = false);
            // `None` if the page was closed meanwhile.
            if let Some(choice) = choice.try_get_untracked() {
                set_result.try_set(choice.replay(&demand).map(|totals| (choice, totals)));
            }
        });
    });
    result
}

#[component]
fn Result(
    /// For numbers and times.
    format: Format,
    /// What was tried, and what came of it.
    result: ReadSignal<Option<(Choice, Totals)>>,
    /// What the models are scaled from.
    start: Start,
) -> impl IntoView {
    let i18n = use_i18n();
    let say = move || result.with(|result| result.as_ref().map(|(choice, totals)| sentence(format, choice, totals)));
    let figures = move || result.with(|result| result.as_ref().map(|(_, totals)| figures(format, totals)));
    let model = move || {
        let (choice, _) = result.get()?;
        let row = choice.model(start.model.as_ref()?, start.assumptions.growth)?;
        Some(model_figures(format, &choice, &row))
    };
    view! {
        <p class="say" aria-live="polite">
            {say}
        </p>
        <div class="report-pair">
            <div>
                <h3>{t!(i18n, sizing.what_if_replayed)}</h3>
                <dl class="what-if-figures">{figures}</dl>
            </div>
            <div>
                <h3>{t!(i18n, sizing.model)}</h3>
                <dl class="what-if-figures">{model}</dl>
            </div>
        </div>
    }
}

fn number(format: Format, number: u64) -> String {
    format.number(i64::try_from(number).unwrap_or(i64::MAX))
}

fn sentence(format: Format, choice: &Choice, totals: &Totals) -> String {
    let i18n = format.texts();
    let (seats, all) = (format.number(choice.seats), number(format, totals.attempts));
    let delayed = totals.delayed_or_lost();
    if delayed == 0 {
        return t_string!(i18n, sizing.what_if_all, count = choice.seats, seats = seats, all = all);
    }
    let n = number(format, delayed);
    if totals.waited() == 0 {
        return t_string!(i18n, sizing.what_if_refused, count = choice.seats, seats = seats, n = n, all = all);
    }
    let longest = format.duration(totals.longest_wait.length());
    t_string!(i18n, sizing.what_if_waits, count = choice.seats, seats = seats, n = n, all = all, longest = longest)
}

fn figure(name: &'static str, value: String) -> AnyView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd class="num">{value}</dd>
        </div>
    }
    .into_any()
}

fn figures(format: Format, totals: &Totals) -> Vec<AnyView> {
    let i18n = format.texts();
    let gave_up = totals.gave_up + totals.removed + totals.still_waiting;
    let peak = i64::try_from(totals.peak).unwrap_or(i64::MAX);
    vec![
        figure(t_string!(i18n, sizing.what_if_at_once), number(format, totals.seated_at_once)),
        figure(t_string!(i18n, sizing.what_if_later), number(format, totals.seated_later)),
        figure(t_string!(i18n, sizing.what_if_lost), number(format, totals.refused + gave_up)),
        figure(t_string!(i18n, sizing.column_longest), format.duration(totals.longest_wait.length())),
        figure(
            t_string!(i18n, sizing.column_team_wait),
            format.duration(TimeDelta::seconds(mean_wait_seconds(totals))),
        ),
        figure(t_string!(i18n, sizing.what_if_peak), format.number(peak)),
    ]
}

#[expect(clippy::cast_possible_truncation, reason = "a wait in seconds")]
fn model_figures(format: Format, choice: &Choice, row: &ModelRow) -> Vec<AnyView> {
    let i18n = format.texts();
    let mut all = Vec::new();
    if choice.assumptions.queue {
        let wait = TimeDelta::seconds(row.team_wait_seconds.round() as i64);
        all.push(figure(t_string!(i18n, sizing.column_team_waits), format.percent(row.team_waits)));
        all.push(figure(t_string!(i18n, sizing.column_team_wait), format.duration(wait)));
    }
    all.push(figure(t_string!(i18n, sizing.column_engset), format.percent(row.engset_refused)));
    all.push(figure(t_string!(i18n, sizing.column_erlang), format.percent(row.erlang_b_refused)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_slider_begins_with_what_the_report_assumes() {
        assert_eq!(steps(&[10, 30], 30), (vec![10, 30], 1));
        assert_eq!(steps(&[10, 30], 20), (vec![10, 20, 30], 1));
        assert_eq!(steps_of_idle(0).1, 0);
        let (values, at) = steps_of_idle(5_000);
        assert_eq!((values[at - 1], values[at], values[at + 1]), (7_200, 5_000, 3_600));
    }
}

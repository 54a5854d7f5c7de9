//! What happened: a sentence, and the occupied seats over time, which can be zoomed down to seconds.

use super::{UsageState, sentence::sentences};
use crate::{
    charts::{
        data_table::DataTable,
        step_chart::{ChartActions, StepChart, occupied_text},
        step_layout::ChartTimeline,
        time_range::TimeRange,
        zoom_buttons::ZoomButtons,
    },
    i18n::*,
    text::text,
    ui::{query::Query, show::Show},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    wire::reports::{TimelineResolution, UsageReport},
};
use std::sync::Arc;

/// What happened, in a sentence and as a chart.
#[component]
pub fn TimelineCard(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, report) = (usage.page, usage.report);
    let has_refusals = Memo::new(move |_| report.with(|report| report.figures.refusals > 0));
    // How many of the refused requests were repetitions.
    let folded = Query::new(move || has_refusals.get().then(|| page.request(endpoints::reports::refusals)).flatten());
    let said = Memo::new(move |_| {
        let folded = folded.get().filter(|_| has_refusals.get());
        sentences(usage, folded.as_ref()).join(" ")
    });
    let timeline = Memo::new(move |_| report.value.with(|report| Arc::new(chart(report.as_deref()))));
    let range = Signal::derive(move || timeline.with(|timeline| timeline.range));
    let chosen = Signal::derive(move || page.filter.with(|filter| filter.at));
    let show_range = Callback::new(move |range| page.show_range(range));
    let choose = Callback::new(move |at| page.update_filter(|filter| filter.at = Some(at)));
    let actions = ChartActions { choose, show_range };
    view! {
        <section class="card report-chart">
            <div class="card-head">
                <h2>{move || page.subject()} <small>{move || page.period_text()}</small></h2>
                <ZoomButtons range show_range />
            </div>
            <p class="say">
                {move || said.get()} <Show when=move || has_refusals.get()>
                    " "
                    <a href=move || {
                        page.filter.with(|filter| format!("/reports/refusals{}", filter.query_of_others()))
                    }>{t!(i18n, reports.who_was_refused)}</a>
                </Show>
            </p>
            <StepChart timeline=timeline.into() label=said chosen actions />
            <Legend usage />
            <TimelineTable usage timeline />
        </section>
    }
}

/// What a report has as a chart.
fn chart(report: Option<&UsageReport>) -> ChartTimeline {
    match report {
        Some(report) => ChartTimeline {
            range: TimeRange::between(report.period.from, report.period.to),
            timeline: report.timeline.clone(),
        },
        None => ChartTimeline::empty(),
    }
}

/// What the parts of the chart mean.
#[component]
fn Legend(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, report) = (usage.page, usage.report);
    let resolution =
        Memo::new(move |_| report.value.with(|report| report.as_deref().map(|one| one.timeline.resolution)));
    let band = move || match resolution.get() {
        None | Some(TimelineResolution::Exact) => None,
        Some(TimelineResolution::QuarterHour) => Some(t_string!(i18n, reports.band_quarter)),
        Some(TimelineResolution::Hour) => Some(t_string!(i18n, reports.band_hour)),
        Some(TimelineResolution::Day) => Some(t_string!(i18n, reports.band_day)),
    };
    let recorded = move || {
        let from = report.with(|report| report.period.recorded_from);
        from.map(|from| t_string!(i18n, reports.recorded_from, at = page.format.date_time(from)))
    };
    view! {
        <p class="legend">
            <span class="legend-occupied">{t!(i18n, charts.legend_occupied)}</span>
            <span class="legend-waiting">{t!(i18n, charts.legend_waiting)}</span>
            <span class="legend-refused">{t!(i18n, charts.legend_refused)}</span>
            <span class="legend-seats">{t!(i18n, charts.legend_seats)}</span>
            {move || band().map(|_| view! { <span class="legend-band">{t!(i18n, charts.legend_band)}</span> })}
        </p>
        {move || band().map(|text| view! { <p class="muted">{text}</p> })}
        {move || recorded().map(|text| view! { <p class="muted">{text}</p> })}
    }
}

#[component]
fn TimelineTable(
    /// The report and the state of its page.
    usage: UsageState,
    /// What the chart shows.
    timeline: Memo<Arc<ChartTimeline>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = usage.page.format;
    let columns = Signal::derive(move || {
        let titles = [
            t_string!(i18n, reports.column_from),
            t_string!(i18n, reports.column_occupied),
            t_string!(i18n, reports.column_waiting),
            t_string!(i18n, reports.column_refused),
        ];
        titles.map(str::to_owned).to_vec()
    });
    let rows = Signal::derive(move || {
        timeline.with(|chart| {
            let row = |point: &seatkeeper_shared::wire::reports::TimelinePoint| {
                let refusals = chart.refusals_at(point.at.timestamp_millis());
                vec![
                    format.exact(point.at),
                    occupied_text(format, point),
                    format.number(point.waiting),
                    format.number(refusals),
                ]
            };
            chart.timeline.points.iter().map(row).collect()
        })
    });
    view! { <DataTable caption=text!(reports.timeline_caption) columns rows /> }
}

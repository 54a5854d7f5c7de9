//! How long the first, the second and each further seat was in use, and how many seats would have been enough.

use super::UsageState;
use crate::{
    charts::{
        bar_chart::{Bar, BarChart, BarData, BarMark},
        data_table::DataTable,
        parts_bar::share,
        scale::duration_ticks,
    },
    format::Format,
    i18n::*,
    text::{Text, text},
};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::{Efficiency, EnoughSeats, UsageReport};

/// How long each seat was in use.
#[component]
pub fn EfficiencyCard(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (report, format) = (usage.report, usage.page.format);
    let data = Signal::derive(move || report.with(|report| bars(format, report)));
    let said = Memo::new(move |_| report.with(|report| sentence(format, &report.efficiency)));
    let columns = Signal::derive(move || {
        let titles = [
            t_string!(i18n, reports.column_seat),
            t_string!(i18n, reports.column_in_use),
            t_string!(i18n, reports.column_share),
        ];
        titles.map(str::to_owned).to_vec()
    });
    let rows = Signal::derive(move || report.with(|report| rows(format, report)));
    view! {
        <section class="card">
            <h2>{t!(i18n, reports.efficiency)}</h2>
            <p>{move || said.get()}</p>
            <BarChart label=Text::from(said) data />
            <p class="muted">{t!(i18n, reports.efficiency_definition)}</p>
            <DataTable caption=text!(reports.efficiency) columns rows />
        </section>
    }
}

/// The seconds of each seat, also of those that nobody used.
fn seconds(report: &UsageReport) -> Vec<i64> {
    let mut seconds = report.efficiency.seconds_by_seat.clone();
    let seats = usize::try_from(report.figures.seats).unwrap_or_default();
    seconds.resize(seconds.len().max(seats), 0);
    seconds
}

fn bars(format: Format, report: &UsageReport) -> BarData {
    let seconds = seconds(report);
    let highest = seconds.first().copied().unwrap_or(0);
    let bar = |(index, seconds): (usize, &i64)| Bar {
        label: format.number(i64::try_from(index + 1).unwrap_or_default()),
        value: *seconds,
        limit: None,
        full: false,
    };
    let tick = |seconds: i64| (seconds, if seconds == 0 { format.number(0) } else { format.hours(seconds) });
    let i18n = format.texts();
    let efficiency = &report.efficiency;
    let time = marks(format, &efficiency.enough_for_time, 0, |n| t_string!(i18n, reports.mark_time, n = n));
    let requests = marks(format, &efficiency.enough_for_requests, 1, |n| t_string!(i18n, reports.mark_requests, n = n));
    BarData {
        bars: seconds.iter().enumerate().map(bar).collect(),
        ticks: duration_ticks(highest, 4).into_iter().map(tick).collect(),
        marks: time.into_iter().chain(requests).collect(),
    }
}

/// One mark for the highest share only: the others stand in the sentence.
fn marks(format: Format, enough: &[EnoughSeats], row: usize, label: impl Fn(String) -> String) -> Option<BarMark> {
    let enough = enough.iter().find(|enough| enough.percent == 99).or(enough.last())?;
    Some(BarMark {
        after: usize::try_from(enough.seats).unwrap_or_default(),
        label: label(format.number(enough.percent)),
        row,
    })
}

fn sentence(format: Format, efficiency: &Efficiency) -> String {
    let i18n = format.texts();
    let seats = |enough: &[EnoughSeats], percent: i64| {
        let found = enough.iter().find(|enough| enough.percent == percent);
        found.map_or_else(|| t_string!(i18n, common.dash).to_owned(), |enough| format.number(enough.seats))
    };
    let (time, requests) = (&efficiency.enough_for_time, &efficiency.enough_for_requests);
    let for_time =
        t_string!(i18n, reports.enough_for_time, a = seats(time, 95), b = seats(time, 99), c = seats(time, 100));
    if requests.is_empty() {
        return for_time;
    }
    let for_requests = t_string!(
        i18n,
        reports.enough_for_requests,
        a = seats(requests, 95),
        b = seats(requests, 99),
        c = seats(requests, 100)
    );
    format!("{for_time} {for_requests}")
}

fn rows(format: Format, report: &UsageReport) -> Vec<Vec<String>> {
    let whole = (report.period.to - report.period.from).num_seconds();
    let row = |(index, seconds): (usize, &i64)| {
        let seat = format.number(i64::try_from(index + 1).unwrap_or_default());
        vec![seat, format.hours(*seconds), format.percent(share(*seconds, whole))]
    };
    seconds(report).iter().enumerate().map(row).collect()
}

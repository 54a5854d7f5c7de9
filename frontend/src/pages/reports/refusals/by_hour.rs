//! The refusals by hour of the day.

use super::RefusalState;
use crate::{
    charts::{
        bar_chart::{Bar, BarChart, BarData},
        data_table::DataTable,
        scale::count_ticks,
    },
    format::Format,
    i18n::*,
    text::{Text, text},
};
use leptos::prelude::*;

/// The refusals by hour of the day.
#[component]
pub fn HoursCard(
    /// The report and the state of its page.
    state: RefusalState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (report, format) = (state.report, state.page.format);
    let data = Signal::derive(move || report.with(|report| bars(format, &report.by_hour)));
    let label = Text::derive(move |locale| {
        report.with(|report| match report.by_hour.iter().enumerate().max_by_key(|(_, count)| **count) {
            Some((hour, count)) if *count > 0 => {
                td_string!(locale, reports.hours_label, from = hour, to = hour + 1, n = format.number(*count))
            }
            _ => td_string!(locale, reports.say_none_refused).to_owned(),
        })
    });
    let columns = Signal::derive(move || {
        let titles = [t_string!(i18n, reports.column_hour), t_string!(i18n, reports.column_count)];
        titles.map(str::to_owned).to_vec()
    });
    let rows = Signal::derive(move || {
        let row = |(hour, count): (usize, &i64)| {
            vec![t_string!(i18n, reports.hour_span, from = hour, to = hour + 1), format.number(*count)]
        };
        report.with(|report| report.by_hour.iter().enumerate().map(row).collect())
    });
    view! {
        <section class="card">
            <h2>{t!(i18n, reports.by_hour)}</h2>
            <BarChart label data />
            <DataTable caption=text!(reports.by_hour) columns rows />
        </section>
    }
}

fn bars(format: Format, by_hour: &[i64]) -> BarData {
    let highest = by_hour.iter().copied().max().unwrap_or(0);
    let bar = |(hour, count): (usize, &i64)| Bar { label: hour.to_string(), value: *count, limit: None, full: false };
    BarData {
        bars: by_hour.iter().enumerate().map(bar).collect(),
        ticks: count_ticks(highest, 4).into_iter().map(|tick| (tick, format.number(tick))).collect(),
        marks: Vec::new(),
    }
}

//! How long sessions lasted.

use super::UsageState;
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
use seatkeeper_shared::wire::reports::LengthBucket;

/// How long sessions lasted.
#[component]
pub fn LengthsCard(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (report, format) = (usage.report, usage.page.format);
    let data = Signal::derive(move || report.with(|report| bars(format, &report.session_lengths)));
    let label = Text::derive(move |locale| {
        report.with(|report| {
            let sum: i64 = report.session_lengths.iter().map(|bucket| bucket.sessions).sum();
            let most = report.session_lengths.iter().enumerate().max_by_key(|(_, bucket)| bucket.sessions);
            let most = most.map(|(index, _)| bucket_name(format, &report.session_lengths, index)).unwrap_or_default();
            td_string!(locale, reports.lengths_label, n = format.number(sum), most = most)
        })
    });
    let columns = Signal::derive(move || {
        let titles = [t_string!(i18n, reports.column_length), t_string!(i18n, reports.sessions)];
        titles.map(str::to_owned).to_vec()
    });
    let rows = Signal::derive(move || {
        report.with(|report| {
            let all = &report.session_lengths;
            let row = |index: usize| vec![bucket_name(format, all, index), format.number(all[index].sessions)];
            (0..all.len()).map(row).collect()
        })
    });
    view! {
        <section class="card">
            <h2>{t!(i18n, reports.lengths)}</h2>
            <BarChart label data />
            <DataTable caption=text!(reports.lengths) columns rows />
        </section>
    }
}

/// "unter 5 min", "5 min bis 15 min", "ab 8 h"
fn bucket_name(format: Format, all: &[LengthBucket], index: usize) -> String {
    let i18n = format.texts();
    let below = all.get(index).and_then(|bucket| bucket.below_seconds);
    let from = index.checked_sub(1).and_then(|before| all.get(before)?.below_seconds);
    match (from, below) {
        (None, Some(below)) => t_string!(i18n, reports.below, limit = format.hours(below)),
        (Some(from), Some(below)) => {
            t_string!(i18n, reports.between, from = format.hours(from), to = format.hours(below))
        }
        (Some(from), None) => t_string!(i18n, reports.from_on, limit = format.hours(from)),
        (None, None) => t_string!(i18n, reports.any_length).to_owned(),
    }
}

fn bars(format: Format, buckets: &[LengthBucket]) -> BarData {
    let highest = buckets.iter().map(|bucket| bucket.sessions).max().unwrap_or(0);
    let label = |bucket: &LengthBucket| match bucket.below_seconds {
        Some(below) => t_string!(format.texts(), reports.below_short, limit = format.hours(below)),
        None => t_string!(format.texts(), reports.longer).to_owned(),
    };
    let bar = |bucket: &LengthBucket| Bar { label: label(bucket), value: bucket.sessions, limit: None, full: false };
    BarData {
        bars: buckets.iter().map(bar).collect(),
        ticks: count_ticks(highest, 4).into_iter().map(|tick| (tick, format.number(tick))).collect(),
        marks: Vec::new(),
    }
}

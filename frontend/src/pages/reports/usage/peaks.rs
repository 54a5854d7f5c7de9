//! The peak of each hour, day, week or month.

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
    ui::segmented_control::{Segment, SegmentedControl},
};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::{PeakPeriod, PeriodPeak};

/// The peak of each hour, day, week or month.
#[component]
pub fn PeaksCard(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, report) = (usage.page, usage.report);
    let format = page.format;
    let period = Memo::new(move |_| page.peaks());
    let segments = Signal::derive(move || {
        PeakPeriod::ALL
            .iter()
            .map(|one| Segment { value: one.as_str(), text: period_name(format, *one).to_owned(), glyph: None })
            .collect::<Vec<_>>()
    });
    let data = Signal::derive(move || report.with(|report| bars(format, period.get(), &report.peaks)));
    let label = Text::derive(move |locale| {
        let full = report.with(|report| report.peaks.iter().filter(|peak| is_full(peak)).count());
        let n = report.with(|report| report.peaks.len());
        td_string!(locale, reports.peaks_label, full = format.number(full), n = format.number(n))
    });
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, reports.peaks)}</h2>
                <SegmentedControl
                    label=text!(reports.peaks_by)
                    bare=true
                    segments
                    value=Signal::derive(move || period.get().to_string())
                    choose=move |name: &'static str| {
                        page.update_filter(|filter| filter.peaks = name.parse().ok())
                    }
                />
            </div>
            <BarChart label data />
            <p class="legend">
                <span class="legend-full">{t!(i18n, charts.legend_full)}</span>
                <span class="legend-seats">{t!(i18n, charts.legend_seats)}</span>
            </p>
            <PeaksTable usage />
        </section>
    }
}

fn period_name(format: Format, period: PeakPeriod) -> &'static str {
    let i18n = format.texts();
    match period {
        PeakPeriod::Hour => t_string!(i18n, reports.hour),
        PeakPeriod::Day => t_string!(i18n, reports.day),
        PeakPeriod::Week => t_string!(i18n, reports.week),
        PeakPeriod::Month => t_string!(i18n, reports.month),
    }
}

fn is_full(peak: &PeriodPeak) -> bool {
    peak.seats > 0 && peak.occupied >= peak.seats
}

fn bars(format: Format, period: PeakPeriod, peaks: &[PeriodPeak]) -> BarData {
    let highest = peaks.iter().map(|peak| peak.occupied.max(peak.seats)).max().unwrap_or(0);
    let is_one_day =
        peaks.first().zip(peaks.last()).is_some_and(|(first, last)| (last.to - first.from).num_hours() <= 25);
    let label = |peak: &PeriodPeak| match period {
        PeakPeriod::Hour if is_one_day => format.time(peak.from),
        PeakPeriod::Month => format.month(peak.from),
        _ => format.day(peak.from),
    };
    let bar = |peak: &PeriodPeak| Bar {
        label: label(peak),
        value: peak.occupied,
        limit: Some(peak.seats),
        full: is_full(peak),
    };
    BarData {
        bars: peaks.iter().map(bar).collect(),
        ticks: count_ticks(highest, 4).into_iter().map(|tick| (tick, format.number(tick))).collect(),
        marks: Vec::new(),
    }
}

#[component]
fn PeaksTable(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = usage.page.format;
    let columns = Signal::derive(move || {
        let titles = [
            t_string!(i18n, reports.column_from),
            t_string!(i18n, reports.peak),
            t_string!(i18n, reports.column_seats),
            t_string!(i18n, reports.column_reached),
        ];
        titles.map(str::to_owned).to_vec()
    });
    let rows = Signal::derive(move || {
        let row = |peak: &PeriodPeak| {
            let (occupied, seats) = (format.number(peak.occupied), format.number(peak.seats));
            vec![format.date_time(peak.from), occupied, seats, format.exact(peak.at)]
        };
        usage.report.with(|report| report.peaks.iter().map(row).collect())
    });
    view! { <DataTable caption=text!(reports.peaks) columns rows /> }
}

//! The hours of the week: when it is busy.

use super::UsageState;
use crate::{
    charts::{
        data_table::DataTable,
        heat_map::{HeatCell, HeatData, HeatMap},
    },
    format::Format,
    i18n::*,
    pages::reports::filter::HeatValue,
    text::{Text, text},
    ui::select::{Select, SelectOption},
};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::WeeklyHour;

/// The hours of the week.
#[component]
pub fn WeekCard(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (page, report) = (usage.page, usage.report);
    let format = page.format;
    let value = Memo::new(move |_| page.filter.with(|filter| filter.heat));
    let data = Signal::derive(move || report.with(|report| heat(format, value.get(), &report.weekly_hours)));
    let options = Signal::derive(move || {
        HeatValue::ALL.map(|one| SelectOption::new(one.as_str(), value_name(format, one))).to_vec()
    });
    let label = Text::derive(move |locale| {
        let busiest =
            report.with(|report| report.weekly_hours.iter().max_by_key(|hour| amount(value.get(), hour)).copied());
        let name = value_name(format, value.get());
        busiest.map_or_else(String::new, |hour| {
            let (day, number) = (format.weekday(day_index(&hour)), text_of(format, value.get(), &hour));
            td_string!(locale, reports.week_label, what = name, day = day, hour = hour.hour, n = number)
        })
    });
    let columns = Signal::derive(move || {
        let mut titles = vec![t_string!(i18n, reports.column_hour).to_owned()];
        titles.extend((0..7).map(|day| format.weekday(day)));
        titles
    });
    let rows = Signal::derive(move || report.with(|report| rows(format, value.get(), &report.weekly_hours)));
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!(i18n, reports.week_hours)}</h2>
                <div class="bare-field">
                    <Select
                        label=text!(reports.shown_value)
                        name="heat"
                        options
                        value=page.chosen(|filter| filter.heat.as_str().to_owned())
                        choose=move |name: String| page.update_filter(|filter| filter.heat = HeatValue::read(&name))
                    />
                </div>
            </div>
            <HeatMap label data />
            <p class="legend">
                <span class="legend-heat">{t!(i18n, charts.legend_heat)}</span>
                <span class="legend-heat-full">{t!(i18n, charts.legend_heat_full)}</span>
            </p>
            <DataTable caption=text!(reports.week_hours) columns rows />
        </section>
    }
}

fn value_name(format: Format, value: HeatValue) -> &'static str {
    let i18n = format.texts();
    match value {
        HeatValue::Peak => t_string!(i18n, reports.heat_peak),
        HeatValue::Mean => t_string!(i18n, reports.heat_mean),
        HeatValue::Refusals => t_string!(i18n, reports.heat_refusals),
        HeatValue::Waits => t_string!(i18n, reports.heat_waits),
    }
}

/// 0 is Monday.
fn day_index(hour: &WeeklyHour) -> usize {
    usize::from(hour.weekday.clamp(1, 7) - 1)
}

/// Decides the color; means in thousandths of a seat.
#[expect(clippy::cast_possible_truncation, reason = "a number of seats")]
fn amount(value: HeatValue, hour: &WeeklyHour) -> i64 {
    match value {
        HeatValue::Peak => hour.peak,
        HeatValue::Mean => (hour.mean_occupied * 1_000.0).round() as i64,
        HeatValue::Refusals => hour.refusals,
        HeatValue::Waits => hour.waited_seconds,
    }
}

fn text_of(format: Format, value: HeatValue, hour: &WeeklyHour) -> String {
    match value {
        HeatValue::Peak => format.number(hour.peak),
        HeatValue::Mean => format.decimal(hour.mean_occupied),
        HeatValue::Refusals => format.number(hour.refusals),
        HeatValue::Waits => format.hours(hour.waited_seconds),
    }
}

fn heat(format: Format, value: HeatValue, hours: &[WeeklyHour]) -> HeatData {
    let cell = |hour: &WeeklyHour| HeatCell {
        day: day_index(hour),
        hour: usize::from(hour.hour),
        value: amount(value, hour),
        text: text_of(format, value, hour),
        full: hour.full_seconds > 0,
    };
    HeatData { cells: hours.iter().map(cell).collect(), days: (0..7).map(|day| format.weekday(day)).collect() }
}

/// A row for each hour of the day, a column for each day.
fn rows(format: Format, value: HeatValue, hours: &[WeeklyHour]) -> Vec<Vec<String>> {
    let cell = |day: usize, hour: u8| {
        let found = hours.iter().find(|one| day_index(one) == day && one.hour == hour);
        found.map_or_else(|| t_string!(format.texts(), common.dash).to_owned(), |one| text_of(format, value, one))
    };
    let row = |hour: u8| {
        let name = t_string!(format.texts(), reports.hour_span, from = hour, to = hour + 1);
        [name].into_iter().chain((0..7).map(|day| cell(day, hour))).collect()
    };
    (0..24).map(row).collect()
}

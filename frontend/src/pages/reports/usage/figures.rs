//! The figures of a period, each with its definition: three of them are often mixed up as "utilization".

use super::{UsageState, sentence::FullTime};
use crate::{
    format::Format,
    i18n::*,
    text::{Text, text},
};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::UsageReport;

/// A number with its meaning.
struct Figure {
    name: Text,
    value: fn(Format, &UsageReport) -> String,
    /// What it means, with the numbers that it was computed from.
    definition: fn(Format, &UsageReport) -> String,
}

/// The figures of a period.
#[component]
pub fn Figures(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = usage.page.format;
    let figure = move |Figure { name, value, definition }: Figure| {
        let of = move |text: fn(Format, &UsageReport) -> String| usage.report.with(|report| text(format, report));
        view! {
            <div>
                <dt>{move || name.get(i18n)}</dt>
                <dd>
                    <b class="num">{move || of(value)}</b>
                    <small>{move || of(definition)}</small>
                </dd>
            </div>
        }
    };
    view! {
        <section class="card">
            <h2>{t!(i18n, reports.figures)}</h2>
            <dl class="figures">{all().map(figure).collect_view()}</dl>
        </section>
    }
}

fn all() -> [Figure; 6] {
    [
        Figure { name: text!(reports.peak), value: peak, definition: peak_definition },
        Figure { name: text!(reports.use_mean), value: use_mean, definition: use_mean_definition },
        Figure { name: text!(reports.share_at_peak), value: share_at_peak, definition: share_at_peak_definition },
        Figure { name: text!(reports.at_capacity), value: at_capacity, definition: at_capacity_definition },
        Figure { name: text!(reports.sessions), value: sessions, definition: sessions_definition },
        Figure { name: text!(reports.people_per_seat), value: ratio, definition: ratio_definition },
    ]
}

fn dash(format: Format) -> String {
    t_string!(format.texts(), common.dash).to_owned()
}

fn when(format: Format, report: &UsageReport, at: chrono::DateTime<chrono::Utc>) -> String {
    format.at_precision(at, (report.period.to - report.period.from).num_milliseconds())
}

fn peak(format: Format, report: &UsageReport) -> String {
    report.figures.peak.map_or_else(|| dash(format), |peak| format.number(peak.occupied))
}

fn peak_definition(format: Format, report: &UsageReport) -> String {
    let i18n = format.texts();
    match report.figures.peak {
        Some(peak) => t_string!(i18n, reports.peak_definition, at = when(format, report, peak.at)),
        None => t_string!(i18n, reports.say_unused).to_owned(),
    }
}

fn use_mean(format: Format, report: &UsageReport) -> String {
    report.figures.time_weighted_use.map_or_else(|| dash(format), |share| format.percent(share))
}

fn use_mean_definition(format: Format, report: &UsageReport) -> String {
    let hours = |seat_seconds| format.decimal(seat_hours(seat_seconds));
    let occupied = hours(report.figures.occupied_seat_seconds);
    let available = hours(report.figures.available_seat_seconds);
    t_string!(format.texts(), reports.use_mean_definition, occupied = occupied, available = available)
}

/// Seat seconds as hours.
#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
pub fn seat_hours(seat_seconds: i64) -> f64 {
    seat_seconds as f64 / 3_600.0
}

fn share_at_peak(format: Format, report: &UsageReport) -> String {
    report.figures.share_at_peak.map_or_else(|| dash(format), |share| format.percent(share))
}

fn share_at_peak_definition(format: Format, _: &UsageReport) -> String {
    t_string!(format.texts(), reports.share_at_peak_definition).to_owned()
}

fn at_capacity(format: Format, report: &UsageReport) -> String {
    format.hours(report.figures.at_capacity.seconds)
}

fn at_capacity_definition(format: Format, report: &UsageReport) -> String {
    let i18n = format.texts();
    match FullTime::of(&report.figures.at_capacity) {
        FullTime::Never => t_string!(i18n, reports.never_full).to_owned(),
        FullTime::Once(from, to) => {
            let (from, to) = (when(format, report, from), when(format, report, to));
            t_string!(i18n, reports.full_once, from = from, to = to)
        }
        FullTime::Often { spells, longest: (from, seconds), .. } => t_string!(
            i18n,
            reports.full_often,
            n = format.number(spells),
            longest = format.hours(seconds),
            from = when(format, report, from)
        ),
    }
}

fn sessions(format: Format, report: &UsageReport) -> String {
    format.number(report.figures.sessions)
}

fn sessions_definition(format: Format, _: &UsageReport) -> String {
    t_string!(format.texts(), reports.sessions_definition).to_owned()
}

fn ratio(format: Format, report: &UsageReport) -> String {
    people_per_seat(format, report.figures.users, report.figures.seats)
}

/// "1,5 : 1"
#[expect(clippy::cast_precision_loss, reason = "numbers of people and seats")]
pub fn people_per_seat(format: Format, users: i64, seats: i64) -> String {
    match seats {
        ..=0 => dash(format),
        _ => t_string!(format.texts(), reports.ratio, n = format.decimal(users as f64 / seats as f64)),
    }
}

fn ratio_definition(format: Format, report: &UsageReport) -> String {
    let (users, seats) = (format.number(report.figures.users), format.number(report.figures.seats));
    t_string!(format.texts(), reports.ratio_definition, users = users, seats = seats)
}

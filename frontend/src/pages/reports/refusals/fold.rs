//! How many of the refused requests count: repetitions, and those that got a seat soon, do not.

use super::RefusalState;
use crate::{
    charts::parts_bar::{BarPart, PartsBar},
    format::Format,
    i18n::*,
    text::text,
    ui::select::{Select, SelectOption},
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::{RefusalReport, WindowAttempts};

/// The windows that are offered, in seconds.
const WINDOWS: [i64; 5] = [0, 1, 10, 60, 600];

/// How many of the refused requests count.
#[component]
pub fn FoldCard(
    /// The report and the state of its page.
    state: RefusalState,
) -> impl IntoView {
    let (page, report) = (state.page, state.report);
    let format = page.format;
    let options = Signal::derive(move || {
        let chosen = page.filter.with(|filter| filter.window);
        let own = (!WINDOWS.contains(&chosen)).then_some(chosen);
        let option = |seconds: i64| SelectOption::new(seconds.to_string(), window_text(format, seconds));
        WINDOWS.into_iter().chain(own).map(option).collect::<Vec<_>>()
    });
    let choose = move |seconds: String| {
        page.update_filter(|filter| filter.window = seconds.parse().unwrap_or(filter.window));
    };
    let bar = move || {
        report.with(|report| {
            let parts = [
                ("part-refused", report.attempts),
                ("part-soon", report.soon_seated),
                ("part-repeated", report.repeated),
            ];
            let parts = parts.map(|(class, amount)| BarPart { class, amount }).to_vec();
            Some(view! { <PartsBar parts whole=report.requests /> })
        })
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{move || page.subject()} <small>{move || page.period_text()}</small></h2>
            </div>
            <p class="say">{move || report.with(|report| sentence(format, report))}</p>
            <div class="fold-bar">{bar}</div>
            <p class="legend">
                <span class="legend-refused">
                    {move || report.with(|report| counted(format, report))}
                </span>
                <span class="legend-soon">{move || report.with(|report| soon(format, report))}</span>
                <span class="legend-repeated">{move || report.with(|report| repeated(format, report))}</span>
            </p>
            <div class="fold-window">
                <Select
                    label=text!(reports.window)
                    name="window"
                    options
                    value=page.chosen(|filter| filter.window.to_string())
                    choose
                    hint=text!(reports.window_hint)
                />
                <Sensitivity state />
            </div>
        </section>
    }
}

fn window_text(format: Format, seconds: i64) -> String {
    match seconds {
        0 => t_string!(format.texts(), reports.every_request).to_owned(),
        _ => format.duration(TimeDelta::seconds(seconds)),
    }
}

/// "12 von 214 Anfragen zählen: …"
fn sentence(format: Format, report: &RefusalReport) -> String {
    let (n, all) = (format.number(report.attempts), format.number(report.requests));
    t_string!(format.texts(), reports.say_counted, count = report.attempts, n = n, all = all)
}

fn counted(format: Format, report: &RefusalReport) -> String {
    let n = format.number(report.attempts);
    t_string!(format.texts(), reports.counted, count = report.attempts, n = n)
}

fn repeated(format: Format, report: &RefusalReport) -> String {
    let n = format.number(report.repeated);
    t_string!(format.texts(), reports.repeated, count = report.repeated, n = n)
}

fn soon(format: Format, report: &RefusalReport) -> String {
    let window = format.duration(TimeDelta::seconds(report.window_seconds));
    let n = format.number(report.soon_seated);
    t_string!(format.texts(), reports.soon_seated, count = report.soon_seated, n = n, window = window)
}

/// How many would count with other windows.
#[component]
fn Sensitivity(
    /// The report and the state of its page.
    state: RefusalState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (report, format) = (state.report, state.page.format);
    let row = move |one: &WindowAttempts, all: i64| {
        let parts = vec![BarPart { class: "part-refused", amount: one.attempts }];
        view! {
            <tr>
                <th scope="row">{window_text(format, one.window_seconds)}</th>
                <td class="num with-bar">{format.number(one.attempts)} <PartsBar parts whole=all /></td>
            </tr>
        }
    };
    let rows = move || {
        report.with(|report| {
            let all = report.sensitivity.iter().map(|one| one.attempts).max().unwrap_or(0);
            report.sensitivity.iter().map(|one| row(one, all)).collect::<Vec<_>>()
        })
    };
    view! {
        <table class="sensitivity">
            <caption>{t!(i18n, reports.sensitivity)}</caption>
            <thead>
                <tr>
                    <th scope="col">{t!(i18n, reports.window_short)}</th>
                    <th scope="col">{t!(i18n, reports.column_count)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

//! How long agents waited in the queue, by how it ended.

use super::UsageState;
use crate::{
    charts::parts_bar::{BarPart, PartsBar},
    format::Format,
    i18n::*,
    labels,
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::WaitSummary;

/// How long agents waited.
#[component]
pub fn WaitsCard(
    /// The report and the state of its page.
    usage: UsageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (report, format) = (usage.report, usage.page.format);
    let rows = move || {
        report.with(|report| {
            let most = report.waits.iter().map(|wait| wait.tickets).max().unwrap_or(0);
            report.waits.iter().map(|wait| row(format, wait, most)).collect::<Vec<_>>()
        })
    };
    view! {
        <section class="card">
            <h2 id="waits">{t!(i18n, reports.waits)}</h2>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="waits">
                <table>
                    <caption class="vh">{t!(i18n, reports.waits)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{t!(i18n, reports.column_end)}</th>
                            <th scope="col">{t!(i18n, reports.column_count)}</th>
                            <th scope="col">{t!(i18n, reports.column_median)}</th>
                            <th scope="col">{t!(i18n, reports.column_p95)}</th>
                            <th scope="col">{t!(i18n, reports.column_longest)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="muted">{t!(i18n, reports.waits_definition)}</p>
        </section>
    }
}

fn row(format: Format, wait: &WaitSummary, most: i64) -> AnyView {
    let i18n = format.texts();
    let end = match wait.end {
        Some(end) => labels::ticket_end(i18n, end),
        None => t_string!(i18n, reports.still_waiting),
    };
    let length = |seconds| format.duration(TimeDelta::seconds(seconds));
    let parts = vec![BarPart { class: "part-waiting", amount: wait.tickets }];
    view! {
        <tr>
            <th scope="row">{end}</th>
            <td class="num with-bar">{format.number(wait.tickets)} <PartsBar parts whole=most /></td>
            <td class="num">{length(wait.median_seconds)}</td>
            <td class="num">{length(wait.p95_seconds)}</td>
            <td class="num">{length(wait.longest_seconds)}</td>
        </tr>
    }
    .into_any()
}

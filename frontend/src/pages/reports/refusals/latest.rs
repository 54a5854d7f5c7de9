//! The latest attempts that were refused.

use super::RefusalState;
use crate::{
    i18n::*,
    labels,
    pages::reports::person_filter::PersonName,
    ui::{show::Show, time::Time},
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::RefusedAttempt;

/// The latest attempts that were refused.
#[component]
pub fn LatestCard(
    /// The report and the state of its page.
    state: RefusalState,
) -> impl IntoView {
    let i18n = use_i18n();
    let report = state.report;
    let rows = move || {
        report.with(|report| report.latest.iter().map(|attempt| row(state, attempt.clone())).collect::<Vec<_>>())
    };
    view! {
        <Show when=move || report.with(|report| !report.latest.is_empty())>
            <section class="card">
                <h2 id="latest">{t!(i18n, reports.latest)}</h2>
                <div class="scroll" tabindex="0" role="region" aria-labelledby="latest">
                    <table>
                        <caption class="vh">{t!(i18n, reports.latest)}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{t!(i18n, reports.column_when)}</th>
                                <th scope="col">{t!(i18n, reports.person)}</th>
                                <th scope="col">{t!(i18n, reports.column_rule)}</th>
                                <th scope="col">{t!(i18n, reports.column_requests)}</th>
                                <th scope="col">{t!(i18n, reports.column_then)}</th>
                                <th scope="col">{t!(i18n, reports.device)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        </Show>
    }
}

fn row(state: RefusalState, attempt: RefusedAttempt) -> AnyView {
    let (page, format) = (state.page, state.page.format);
    let i18n = format.texts();
    let at = attempt.first_at;
    let outcome = match attempt.seated_after_seconds {
        Some(seconds) => t_string!(i18n, reports.seated_after, span = format.duration(TimeDelta::seconds(seconds))),
        None => t_string!(i18n, reports.never_seated).to_owned(),
    };
    let device = attempt.device.unwrap_or_else(|| t_string!(i18n, common.dash).to_owned());
    view! {
        <tr>
            <td class="num nowrap">
                <Time at=Signal::stored(at) in_row=true>
                    {format.date_time(at)}
                </Time>
            </td>
            <th scope="row">
                <PersonName page id=attempt.user_id name=attempt.user_name />
            </th>
            <td>{labels::refusal_rule(i18n, attempt.code)}</td>
            <td class="num">{format.number(attempt.requests)}</td>
            <td>{outcome}</td>
            <td>{device}</td>
        </tr>
    }
    .into_any()
}

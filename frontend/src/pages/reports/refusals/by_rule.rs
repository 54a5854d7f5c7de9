//! The refusals by the rule that refused.

use super::RefusalState;
use crate::{
    charts::parts_bar::{BarPart, PartsBar},
    format::Format,
    i18n::*,
    labels,
};
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::RuleRefusals;

/// The refusals by the rule that refused.
#[component]
pub fn RulesCard(
    /// The report and the state of its page.
    state: RefusalState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (report, format) = (state.report, state.page.format);
    let rows = move || {
        report.with(|report| {
            let most = report.by_rule.iter().map(|rule| rule.attempts).max().unwrap_or(0);
            report.by_rule.iter().map(|rule| row(format, rule, most)).collect::<Vec<_>>()
        })
    };
    view! {
        <section class="card">
            <h2>{t!(i18n, reports.by_rule)}</h2>
            <table>
                <caption class="vh">{t!(i18n, reports.by_rule)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t!(i18n, reports.column_rule)}</th>
                        <th scope="col">{t!(i18n, reports.column_count)}</th>
                        <th scope="col">{t!(i18n, reports.column_requests)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn row(format: Format, rule: &RuleRefusals, most: i64) -> AnyView {
    let parts = vec![BarPart { class: "part-refused", amount: rule.attempts }];
    view! {
        <tr>
            <th scope="row">{labels::refusal_rule(format.texts(), rule.code)}</th>
            <td class="num with-bar">{format.number(rule.attempts)} <PartsBar parts whole=most /></td>
            <td class="num muted">{format.number(rule.requests)}</td>
        </tr>
    }
    .into_any()
}

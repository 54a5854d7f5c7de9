//! The refusals by the rule that refused.

use super::RefusalState;
use crate::{
    charts::parts_bar::{BarPart, PartsBar},
    format::{Format, Texts},
    i18n::*,
    labels,
};
use leptos::prelude::*;
use seatkeeper_shared::{problem::Code, wire::reports::RuleRefusals};

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
            <th scope="row">{rule_name(format.texts(), rule.code)}</th>
            <td class="num with-bar">{format.number(rule.attempts)} <PartsBar parts whole=most /></td>
            <td class="num muted">{format.number(rule.requests)}</td>
        </tr>
    }
    .into_any()
}

/// The name of a rule that refuses requests.
pub fn rule_name(i18n: Texts, code: Code) -> &'static str {
    match code {
        Code::PoolFull => t_string!(i18n, reports.rule_full),
        Code::NotAssigned => t_string!(i18n, reports.rule_not_assigned),
        Code::ReservedForGroup => t_string!(i18n, reports.rule_reserved),
        Code::GroupLimit => t_string!(i18n, reports.rule_group_limit),
        Code::LicenseNotStarted => t_string!(i18n, reports.rule_not_started),
        Code::LicenseEnded => t_string!(i18n, reports.rule_ended),
        Code::OverCapacity => t_string!(i18n, reports.rule_over),
        Code::CoolingDown => t_string!(i18n, reports.rule_cooling),
        Code::OtherDevice => t_string!(i18n, reports.rule_other_device),
        Code::Archived => t_string!(i18n, reports.rule_archived),
        Code::NotLendable => t_string!(i18n, reports.rule_not_lendable),
        Code::BorrowLimit => t_string!(i18n, reports.rule_borrow_limit),
        Code::BorrowTooLong => t_string!(i18n, reports.rule_borrow_long),
        Code::UserSuspended => t_string!(i18n, word.suspended),
        other => labels::problem(i18n, other),
    }
}

//! Summary of the terms of a license: assignments, validity, seat rule, rules and contract.

use super::{catalog::Catalog, rule_summary::RuleSummary, validity::last_day};
use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
    pages::users::filter::holders,
    ui::show::Show,
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{
    license::{Model, SeatRule},
    wire::licenses::{Contract, LicenseView},
};

#[component]
pub fn TermsSummary(
    /// The license shown.
    license: Signal<LicenseView>,
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let assigned = move || match license.with(|license| license.usage.assigned) {
        0 => t_string!(i18n, licenses.assigned_to_none).to_owned(),
        count => t_string!(i18n, licenses.assigned_users, count = count, n = format.number(count)),
    };
    let users = move || license.with(|license| holders(license.id));
    let name = move || license.with(|license| labels::license(i18n, license));
    view! {
        <dl class="terms">
            <dt>{t!(i18n, licenses.assigned_to)}</dt>
            <dd>
                <Show when=move || license.with(|license| license.usage.assigned) != 0 fallback=assigned>
                    <A href=users>{assigned} " " <span class="vh">{name}</span></A>
                </Show>
            </dd>
            <dt>{t!(i18n, licenses.valid)}</dt>
            <dd>{move || license.with(|license| validity_text(i18n, format, license))}</dd>
            <dt>{t!(i18n, licenses.seat)}</dt>
            <dd>{move || license.with(|license| seat_rule_text(i18n, license))}</dd>
            <RuleSummary license />
            <ContractSummary license catalog />
        </dl>
    }
}

/// Contract data, as far as the user may see it.
#[component]
fn ContractSummary(
    /// The license shown.
    license: Signal<LicenseView>,
    /// Products and licenses of the page.
    catalog: Catalog,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let contract = Memo::new(move |_| catalog.contract(license.with(|license| license.id)));
    let line = |(term, text): (&'static str, String)| {
        view! {
            <dt>{term}</dt>
            <dd class="notes-text">{text}</dd>
        }
    };
    move || {
        let Contract { notes, order_number, price_per_seat } = contract.get();
        let group_limits = license.with(|license| group_limits_line(i18n, format, license));
        let price = price_per_seat.map(|price| (t_string!(i18n, licenses.price), format.money(&price)));
        let order = order_number.map(|number| (t_string!(i18n, licenses.order_number), number));
        let notes = notes.map(|notes| (t_string!(i18n, licenses.notes), notes));
        [group_limits, price, order, notes].into_iter().flatten().map(line).collect_view()
    }
}

/// Number of seats reserved for groups, and of groups with a cap.
fn group_limits_line(i18n: Texts, format: Format, license: &LicenseView) -> Option<(&'static str, String)> {
    let limits = &license.group_limits;
    let floors: i64 = limits.iter().map(|limit| limit.floor).sum();
    let caps = limits.iter().filter(|limit| limit.cap.is_some()).count();
    let floors = (floors > 0).then(|| t_string!(i18n, licenses.reserved, count = floors, n = format.number(floors)));
    let caps = (caps > 0).then(|| t_string!(i18n, licenses.capped, count = caps, n = format.number(caps)));
    let all: Vec<_> = [floors, caps].into_iter().flatten().collect();
    (!all.is_empty()).then(|| (t_string!(i18n, licenses.groups), all.join(t_string!(i18n, common.dot))))
}

/// "1. Januar 2026 bis 31. Dezember 2026"
fn validity_text(i18n: Texts, format: Format, license: &LicenseView) -> String {
    let (from, until) =
        (license.starts_at.map(|at| format.date(at)), license.ends_at.map(|at| format.date(last_day(at))));
    match (from, until) {
        (None, None) => t_string!(i18n, licenses.unlimited).to_owned(),
        (Some(from), None) => t_string!(i18n, licenses.valid_from, date = from),
        (None, Some(until)) => t_string!(i18n, licenses.valid_until, date = until),
        (Some(from), Some(until)) => t_string!(i18n, licenses.valid_between, from = from, until = until),
    }
}

/// What occupies a seat, in one sentence. Named licenses ignore the seat rule.
fn seat_rule_text(i18n: Texts, license: &LicenseView) -> &'static str {
    match license.model {
        Model::Named => t_string!(i18n, licenses.rule_named),
        Model::Concurrent => seat_rule_help(i18n, license.rules.seat_rule),
    }
}

/// Explains a seat rule in one sentence.
pub fn seat_rule_help(i18n: Texts, rule: SeatRule) -> &'static str {
    match rule {
        SeatRule::Agent => t_string!(i18n, licenses.rule_agent_help),
        SeatRule::Device => t_string!(i18n, licenses.rule_device_help),
        SeatRule::Session => t_string!(i18n, licenses.rule_session_help),
    }
}

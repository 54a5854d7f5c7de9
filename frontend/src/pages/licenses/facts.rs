//! The terms of a license: to whom it is assigned, from when to when it counts, what occupies a seat, and its rules.

use super::{rule_facts::RuleFacts, stock::Stock, validity::last_day};
use crate::{
    format::{Format, Texts},
    i18n::*,
    pages::users::filter::holders,
    words,
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{
    license::{Model, SeatRule},
    wire::licenses::{Contract, LicenseView},
};

/// The terms of a license.
#[component]
pub fn Facts(
    /// The license.
    license: Signal<LicenseView>,
    /// The licenses with their contracts.
    stock: Stock,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let assigned = move || match license.with(|license| license.usage.assigned) {
        0 => t_string!(i18n, licenses.assigned_nobody).to_owned(),
        count => t_string!(i18n, licenses.assigned_users, count = count, n = format.number(count)),
    };
    let users = move || license.with(|license| holders(license.id));
    let name = move || license.with(|license| words::license(i18n, license));
    view! {
        <dl class="terms">
            <dt>{t!(i18n, licenses.assigned_to)}</dt>
            <dd>
                <Show when=move || license.with(|license| license.usage.assigned) != 0 fallback=assigned>
                    <A href=users>{assigned} " " <span class="vh">{name}</span></A>
                </Show>
            </dd>
            <dt>{t!(i18n, licenses.valid)}</dt>
            <dd>{move || license.with(|license| valid(i18n, format, license))}</dd>
            <dt>{t!(i18n, licenses.seat)}</dt>
            <dd>{move || license.with(|license| rule(i18n, license))}</dd>
            <RuleFacts license />
            <ContractFacts license stock />
        </dl>
    }
}

/// What stands in the contract, as far as the reader may see it.
#[component]
fn ContractFacts(
    /// The license.
    license: Signal<LicenseView>,
    /// The licenses with their contracts.
    stock: Stock,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let contract = Memo::new(move |_| stock.contract(license.with(|license| license.id)));
    let line = |(term, text): (&'static str, String)| {
        view! {
            <dt>{term}</dt>
            <dd class="notes-text">{text}</dd>
        }
    };
    move || {
        let Contract { notes, order_number, price_per_seat } = contract.get();
        let kept = license.with(|license| kept(i18n, format, license));
        let price = price_per_seat.map(|price| (t_string!(i18n, licenses.price), format.money(&price)));
        let order = order_number.map(|number| (t_string!(i18n, licenses.order_number), number));
        let notes = notes.map(|notes| (t_string!(i18n, licenses.notes), notes));
        [kept, price, order, notes].into_iter().flatten().map(line).collect_view()
    }
}

/// How many seats are kept for groups, and how many groups are limited.
fn kept(i18n: Texts, format: Format, license: &LicenseView) -> Option<(&'static str, String)> {
    let limits = &license.group_limits;
    let floors: i64 = limits.iter().map(|limit| limit.floor).sum();
    let caps = limits.iter().filter(|limit| limit.cap.is_some()).count();
    let floors = (floors > 0).then(|| t_string!(i18n, licenses.kept, count = floors, n = format.number(floors)));
    let caps = (caps > 0).then(|| t_string!(i18n, licenses.capped, count = caps, n = format.number(caps)));
    let all: Vec<_> = [floors, caps].into_iter().flatten().collect();
    (!all.is_empty()).then(|| (t_string!(i18n, licenses.groups), all.join(t_string!(i18n, common.dot))))
}

/// "1. Januar 2026 bis 31. Dezember 2026"
fn valid(i18n: Texts, format: Format, license: &LicenseView) -> String {
    let (from, until) =
        (license.starts_at.map(|at| format.date(at)), license.ends_at.map(|at| format.date(last_day(at))));
    match (from, until) {
        (None, None) => t_string!(i18n, licenses.unlimited).to_owned(),
        (Some(from), None) => t_string!(i18n, licenses.valid_from, date = from),
        (None, Some(until)) => t_string!(i18n, licenses.valid_until, date = until),
        (Some(from), Some(until)) => t_string!(i18n, licenses.valid_between, from = from, until = until),
    }
}

/// What occupies a seat, in one sentence. A named seat is its owner's, whatever the rule.
fn rule(i18n: Texts, license: &LicenseView) -> &'static str {
    match license.model {
        Model::Named => t_string!(i18n, licenses.rule_named),
        Model::Concurrent => rule_help(i18n, license.rules.seat_rule),
    }
}

/// A seat rule in one sentence.
pub fn rule_help(i18n: Texts, rule: SeatRule) -> &'static str {
    match rule {
        SeatRule::Agent => t_string!(i18n, licenses.rule_agent_help),
        SeatRule::Device => t_string!(i18n, licenses.rule_device_help),
        SeatRule::Session => t_string!(i18n, licenses.rule_session_help),
    }
}

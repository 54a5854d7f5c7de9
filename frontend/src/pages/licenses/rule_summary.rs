//! Summary of the rules of a license in words.

use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::{
    license::{Model, Rules},
    wire::licenses::LicenseView,
};

/// The rules, one per line, without those that have no effect.
#[component]
pub fn RuleSummary(
    /// The license shown.
    license: Signal<LicenseView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let rules = Memo::new(move |_| license.with(|license| (license.rules, license.model)));
    let line = |(term, text): (&'static str, String)| {
        view! {
            <dt>{term}</dt>
            <dd>{text}</dd>
        }
    };
    move || {
        let (rules, model) = rules.get();
        rule_lines(i18n, format, &rules, model).into_iter().map(line).collect_view()
    }
}

fn rule_lines(i18n: Texts, format: Format, rules: &Rules, model: Model) -> Vec<(&'static str, String)> {
    let span = |seconds: i64| format.duration(TimeDelta::seconds(seconds));
    let shared = model == Model::Concurrent;
    let second = (t_string!(i18n, licenses.second_device), labels::second_device(i18n, rules.second_device).to_owned());
    let lease = (
        t_string!(i18n, licenses.lost_contact),
        t_string!(i18n, licenses.freed_after, span = span(rules.lease_seconds)),
    );
    let queue = shared.then(|| {
        let kept = t_string!(i18n, licenses.held_for, span = span(rules.offer_seconds));
        (t_string!(i18n, licenses.queue), kept)
    });
    let idle = (rules.idle_seconds > 0).then(|| (t_string!(i18n, licenses.idleness), idle_text(i18n, format, rules)));
    let cool = (shared && rules.cool_down_seconds > 0).then(|| {
        let text = t_string!(i18n, licenses.cools_down, span = span(rules.cool_down_seconds));
        (t_string!(i18n, licenses.after_end), text)
    });
    let overdraft = (shared && rules.overdraft > 0).then(|| {
        let count = rules.overdraft;
        let text = t_string!(i18n, licenses.overdrafts, count = count, n = format.number(count));
        (t_string!(i18n, licenses.overdraft_term), text)
    });
    let borrowing = (rules.borrow_seconds > 0).then(|| {
        let longest = span(rules.borrow_seconds);
        let text = if shared && rules.borrow_seats > 0 {
            let count = rules.borrow_seats;
            t_string!(i18n, licenses.borrowing_limited, count = count, n = format.number(count), span = longest)
        } else {
            t_string!(i18n, licenses.borrowing_allowed, span = longest)
        };
        (t_string!(i18n, licenses.borrowing), text)
    });
    [Some(second), queue, Some(lease), idle, cool, overdraft, borrowing].into_iter().flatten().collect()
}

fn idle_text(i18n: Texts, format: Format, rules: &Rules) -> String {
    let span = |seconds: i64| format.duration(TimeDelta::seconds(seconds));
    let (after, warning) = (span(rules.idle_seconds), span(rules.idle_warning_seconds));
    if rules.idle_ends_connected {
        t_string!(i18n, licenses.idle_all, span = after, warning = warning)
    } else {
        t_string!(i18n, licenses.idle_waiting, span = after, warning = warning)
    }
}

//! Form fields for the rules of a license, each with an explanation.

use super::{
    rule_values::{NUMBER_RULES, NumberRule, RuleFields, RuleScope},
    terms_summary::seat_rule_help,
};
use crate::{
    i18n::*,
    labels,
    text::text,
    ui::{
        checkbox::Checkbox,
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::license::{SeatRule, SecondDevice};
use std::ops::Range;

/// All rule fields; for a named license only those that apply.
#[component]
pub fn RulesFieldset(
    /// The form fields.
    rules: RuleFields,
    /// State and errors of the form.
    form: Form,
    /// Whether the license is concurrent.
    #[prop(into)]
    shared: Signal<bool>,
    /// Whether the user may change the number of seats, which an overdraft requires.
    #[prop(into)]
    may_buy: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="form">
            <Show when=move || shared.get()>
                <SeatRuleField rules />
            </Show>
            <SecondDeviceField rules />
            <NumberFields range=0..5 rules form shared may_buy />
            <Checkbox
                label=text!(licenses.idle_connected)
                hint=text!(licenses.idle_connected_hint)
                name="idle_ends_connected"
                value=rules.connected
            />
            <NumberFields range=5..NUMBER_RULES.len() rules form shared may_buy />
        </div>
    }
}

#[component]
fn SeatRuleField(
    /// The form fields.
    rules: RuleFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        let one = |rule: &SeatRule| SelectOption::new(rule.as_str(), labels::seat_rule(i18n, *rule));
        SeatRule::ALL.iter().map(one).collect::<Vec<_>>()
    };
    view! {
        <Select
            label=text!(licenses.rule)
            name="seat_rule"
            options=Signal::derive(options)
            value=Signal::derive(move || rules.seat_rule.get().to_string())
            choose=move |rule: String| rules.seat_rule.set(rule.parse().unwrap_or(SeatRule::Agent))
            hint=Signal::derive(move || seat_rule_help(i18n, rules.seat_rule.get()).to_owned())
        />
    }
}

#[component]
fn SecondDeviceField(
    /// The form fields.
    rules: RuleFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        let one = |rule: &SecondDevice| SelectOption::new(rule.as_str(), labels::second_device(i18n, *rule));
        SecondDevice::ALL.iter().map(one).collect::<Vec<_>>()
    };
    view! {
        <Select
            label=text!(licenses.second_device)
            name="second_device"
            options=Signal::derive(options)
            value=Signal::derive(move || rules.second_device.get().to_string())
            choose=move |rule: String| rules.second_device.set(rule.parse().unwrap_or(SecondDevice::Share))
        />
    }
}

/// Some of the rules that are numbers.
#[component]
fn NumberFields(
    /// Their places in [`NUMBER_RULES`].
    range: Range<usize>,
    /// The form fields.
    rules: RuleFields,
    /// State and errors of the form.
    form: Form,
    /// Whether the license is concurrent.
    shared: Signal<bool>,
    /// Whether the user may change the number of seats.
    may_buy: Signal<bool>,
) -> impl IntoView {
    let field = move |(rule, value): (&'static NumberRule, RwSignal<String>)| {
        let applies = move || match rule.scope {
            RuleScope::Any => true,
            RuleScope::Shared => shared.get(),
            RuleScope::SharedPurchase => shared.get() && may_buy.get(),
        };
        view! {
            <Show when=applies>
                <TextField label=rule.label value kind="number" name=rule.name hint=rule.hint form />
            </Show>
        }
    };
    NUMBER_RULES[range.clone()].iter().zip(rules.numbers[range].iter().copied()).map(field).collect_view()
}

//! Form fields for the rules of a license, each with an explanation.

use super::{rule_values::RuleFields, terms_summary::seat_rule_help};
use crate::{
    i18n::*,
    labels,
    ui::{
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::license::{SeatRule, SecondDevice};

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
        <div class="rules">
            <Show when=move || shared.get()>
                <SeatRuleField rules />
            </Show>
            <SecondDeviceField rules />
            <Show when=move || shared.get()>
                <QueueFields rules form may_buy />
            </Show>
            <IdleFields rules form />
            <LeaseField rules form />
            <BorrowFields rules form shared />
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
            label=Signal::derive(move || t_string!(i18n, licenses.rule).to_owned())
            name="seat_rule"
            options=Signal::derive(options)
            value=Signal::derive(move || rules.seat_rule.get().to_string())
            choose=move |rule: String| rules.seat_rule.set(rule.parse().unwrap_or(SeatRule::Agent))
            hint=Signal::derive(move || Some(seat_rule_help(i18n, rules.seat_rule.get()).to_owned()))
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
            label=Signal::derive(move || t_string!(i18n, licenses.second_device).to_owned())
            name="second_device"
            options=Signal::derive(options)
            value=Signal::derive(move || rules.second_device.get().to_string())
            choose=move |rule: String| rules.second_device.set(rule.parse().unwrap_or(SecondDevice::Share))
        />
    }
}

/// Offer time, cool-down and overdraft.
#[component]
fn QueueFields(
    /// The form fields.
    rules: RuleFields,
    /// State and errors of the form.
    form: Form,
    /// Whether the user may change the number of seats.
    may_buy: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.offer).to_owned())
            value=rules.offer
            kind="number"
            name="offer_seconds"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.offer_hint).to_owned()))
            error=form.error("offer_seconds")
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.cool_down).to_owned())
            value=rules.cool_down
            kind="number"
            name="cool_down_seconds"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.cool_down_hint).to_owned()))
            error=form.error("cool_down_seconds")
        />
        <Show when=move || may_buy.get()>
            <TextField
                label=Signal::derive(move || t_string!(i18n, licenses.overdraft).to_owned())
                value=rules.overdraft
                kind="number"
                name="overdraft"
                hint=Signal::derive(move || Some(t_string!(i18n, licenses.overdraft_hint).to_owned()))
                error=form.error("overdraft")
            />
        </Show>
    }
}

/// When idle sessions end, and the warning before.
#[component]
fn IdleFields(
    /// The form fields.
    rules: RuleFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.idle).to_owned())
            value=rules.idle
            kind="number"
            name="idle_seconds"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.idle_hint).to_owned()))
            error=form.error("idle_seconds")
        />
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.idle_warning).to_owned())
            value=rules.warning
            kind="number"
            name="idle_warning_seconds"
            error=form.error("idle_warning_seconds")
        />
        <label class="check">
            <input
                type="checkbox"
                name="idle_ends_connected"
                prop:checked=move || rules.connected.get()
                on:change=move |event| rules.connected.set(event_target_checked(&event))
            />
            <span>
                {t!(i18n, licenses.idle_connected)} <small>{t!(i18n, licenses.idle_connected_hint)}</small>
            </span>
        </label>
    }
}

/// How long a session stays alive without a heartbeat.
#[component]
fn LeaseField(
    /// The form fields.
    rules: RuleFields,
    /// State and errors of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.lease).to_owned())
            value=rules.lease
            kind="number"
            name="lease_seconds"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.lease_hint).to_owned()))
            error=form.error("lease_seconds")
        />
    }
}

/// For how long, and how many, seats can be borrowed for offline use.
#[component]
fn BorrowFields(
    /// The form fields.
    rules: RuleFields,
    /// State and errors of the form.
    form: Form,
    /// Whether the license is concurrent.
    shared: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TextField
            label=Signal::derive(move || t_string!(i18n, licenses.borrow).to_owned())
            value=rules.borrow
            kind="number"
            name="borrow_seconds"
            hint=Signal::derive(move || Some(t_string!(i18n, licenses.borrow_hint).to_owned()))
            error=form.error("borrow_seconds")
        />
        <Show when=move || shared.get()>
            <TextField
                label=Signal::derive(move || t_string!(i18n, licenses.borrow_seats).to_owned())
                value=rules.borrow_seats
                kind="number"
                name="borrow_seats"
                hint=Signal::derive(move || Some(t_string!(i18n, licenses.borrow_seats_hint).to_owned()))
                error=form.error("borrow_seats")
            />
        </Show>
    }
}

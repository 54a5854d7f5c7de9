//! The fields for the rules of a license, each with a sentence that says what it does.

use super::{facts::rule_help, rules::RuleFields};
use crate::{
    i18n::*,
    ui::{
        field::TextField,
        form::Form,
        select::{Choosable, Select},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::license::{SeatRule, SecondDevice};

/// All of them; of a named license only those that mean something.
#[component]
pub fn AllRules(
    /// What is entered.
    rules: RuleFields,
    /// The form.
    form: Form,
    /// Whether seats are shared.
    #[prop(into)]
    shared: Signal<bool>,
    /// Whether the reader may buy seats, which an overdraft is.
    #[prop(into)]
    buys: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="rules">
            <Show when=move || shared.get()>
                <WhatTakes rules />
            </Show>
            <AtSecond rules />
            <Show when=move || shared.get()>
                <Waiting rules form buys />
            </Show>
            <Idleness rules form />
            <Lease rules form />
            <Borrowing rules form shared />
        </div>
    }
}

/// What occupies a seat.
#[component]
fn WhatTakes(
    /// What is entered.
    rules: RuleFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        SeatRule::ALL.iter().map(|rule| Choosable::new(rule.as_str(), words::rule(i18n, *rule))).collect::<Vec<_>>()
    };
    view! {
        <Select
            label=Signal::derive(move || t_string!(i18n, licenses.rule).to_owned())
            name="seat_rule"
            options=Signal::derive(options)
            value=Signal::derive(move || rules.seat_rule.get().to_string())
            choose=move |rule: String| rules.seat_rule.set(rule.parse().unwrap_or(SeatRule::Agent))
            hint=Signal::derive(move || Some(rule_help(i18n, rules.seat_rule.get()).to_owned()))
        />
    }
}

/// What happens at a second device.
#[component]
fn AtSecond(
    /// What is entered.
    rules: RuleFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        let one = |rule: &SecondDevice| Choosable::new(rule.as_str(), words::second_device(i18n, *rule));
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

/// What those who find no seat can count on.
#[component]
fn Waiting(
    /// What is entered.
    rules: RuleFields,
    /// The form.
    form: Form,
    /// Whether the reader may buy seats.
    buys: Signal<bool>,
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
        <Show when=move || buys.get()>
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

/// When sessions end because nobody does anything.
#[component]
fn Idleness(
    /// What is entered.
    rules: RuleFields,
    /// The form.
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

/// How long a seat outlives the contact.
#[component]
fn Lease(
    /// What is entered.
    rules: RuleFields,
    /// The form.
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

/// For how long, and how many, seats can be taken along offline.
#[component]
fn Borrowing(
    /// What is entered.
    rules: RuleFields,
    /// The form.
    form: Form,
    /// Whether seats are shared.
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

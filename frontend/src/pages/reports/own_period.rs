//! The fields of an own period: dates, and optional times.

use super::{
    period::{Period, field_values, from_fields},
    state::ReportState,
};
use crate::{
    i18n::*,
    text::{Text, text},
    ui::field::unique_id,
};
use leptos::prelude::*;

/// The fields of an own period.
#[component]
pub fn OwnPeriod(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let values = Memo::new(move |_| {
        page.filter.with(|filter| match &filter.period {
            Period::Own { from, to } => {
                let to_local = page.to_local();
                [field_values(from, &to_local), field_values(to, &to_local)]
            }
            _ => Default::default(),
        })
    });
    // The whole of what is entered counts: one limit alone may be after the other for a moment.
    let entered = RwSignal::new(None::<[(String, String); 2]>);
    let current = move || entered.get_untracked().unwrap_or_else(|| values.get_untracked());
    let wrong = RwSignal::new(false);
    let change = move |limit: usize, is_time: bool, value: String| {
        let mut fields = current();
        let field = &mut fields[limit];
        if is_time {
            field.1 = value
        } else {
            field.0 = value
        }
        let [from, to] = fields.clone().map(|(date, time)| from_fields(&date, &time));
        let period = Period::read("", &from, &to);
        let is_valid = matches!(period, Period::Own { .. });
        wrong.set(!is_valid);
        entered.set((!is_valid).then_some(fields));
        if is_valid {
            page.update_filter(|filter| (filter.period, filter.at) = (period, None));
        }
    };
    let value = move |limit: usize, is_time: bool| {
        Signal::derive(move || {
            let fields = entered.get().unwrap_or_else(|| values.get());
            let (date, time) = fields[limit].clone();
            if is_time { time } else { date }
        })
    };
    let field = move |limit: usize, is_time: bool, label: Text| {
        let (kind, name) = match (limit, is_time) {
            (0, false) => ("date", "from"),
            (0, true) => ("time", "from-time"),
            (_, false) => ("date", "to"),
            (_, true) => ("time", "to-time"),
        };
        let changed = Callback::new(move |value| change(limit, is_time, value));
        view! { <LimitField label kind name value=value(limit, is_time) changed /> }
    };
    view! {
        <div class="bar own-period" role="group" aria-label=move || t_string!(i18n, reports.own_period)>
            {field(0, false, text!(reports.from_day))}
            {field(0, true, text!(reports.from_time))}
            {field(1, false, text!(reports.to_day))}
            {field(1, true, text!(reports.to_time))}
            <p class="wrong" role="status">
                {move || wrong.get().then(|| t_string!(i18n, field.end_before_start))}
            </p>
        </div>
    }
}

#[component]
fn LimitField(
    /// Label of the field.
    label: Text,
    /// The type of the input.
    kind: &'static str,
    /// The name of the input.
    name: &'static str,
    /// What it shows.
    value: Signal<String>,
    /// Called with what is entered.
    changed: Callback<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id(name);
    view! {
        <div class="field">
            <label for=id.clone()>{move || label.get(i18n)}</label>
            <input
                id=id
                name=name
                type=kind
                step=(kind == "time").then_some("1")
                prop:value=move || value.get()
                on:change=move |event| changed.run(event_target_value(&event))
            />
        </div>
    }
}

//! What is assumed where nobody knows, and can be chosen otherwise.

use super::SizingState;
use crate::{
    format::Texts,
    i18n::*,
    labels,
    text::text,
    ui::select::{Select, SelectOption},
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::{
    license::{SeatRule, SecondDevice},
    wire::reports::RefusedAssumption,
};

/// The times that people wait, in seconds, that are offered.
const PATIENCES: [i64; 5] = [60, 300, 900, 1_800, 3_600];
/// The most seats of one person that are offered.
const CAPS: [i64; 3] = [1, 2, 3];
/// The numbers of people that are offered, in percent of those recorded.
const GROWTHS: [i64; 7] = [50, 80, 100, 120, 150, 200, 300];

/// What is assumed, and can be chosen otherwise.
#[component]
pub fn AssumptionsCard(
    /// The report and the state of its page.
    state: SizingState,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = state.page;
    let format = page.format;
    let refused = Signal::derive(move || {
        let option = |one: &RefusedAssumption| SelectOption::new(one.as_str(), refused_text(i18n, *one));
        RefusedAssumption::ALL.iter().map(option).collect::<Vec<_>>()
    });
    let patience = Signal::derive(move || {
        let chosen = page.filter.with(|filter| filter.patience);
        let own = (!PATIENCES.contains(&chosen)).then_some(chosen);
        let option =
            |seconds: i64| SelectOption::new(seconds.to_string(), format.duration(TimeDelta::seconds(seconds)));
        PATIENCES.into_iter().chain(own).map(option).collect::<Vec<_>>()
    });
    let growth = Signal::derive(move || {
        let chosen = page.filter.with(|filter| filter.growth);
        let own = (!GROWTHS.contains(&chosen)).then_some(chosen);
        let option = |percent: i64| {
            let text = match percent {
                100 => t_string!(i18n, sizing.growth_none).to_owned(),
                more if more > 100 => t_string!(i18n, sizing.growth_more, n = format.number(more - 100)),
                fewer => t_string!(i18n, sizing.growth_fewer, n = format.number(100 - fewer)),
            };
            SelectOption::new(percent.to_string(), text)
        };
        GROWTHS.into_iter().chain(own).map(option).collect::<Vec<_>>()
    });
    view! {
        <section class="card">
            <h2>{t!(i18n, sizing.assumptions)}</h2>
            <p class="muted">{t!(i18n, sizing.assumptions_text)}</p>
            <div class="assumptions">
                <Select
                    label=text!(sizing.refused)
                    name="refused"
                    options=refused
                    value=page.chosen(|filter| filter.refused.to_string())
                    choose=move |one: String| {
                        page.update_filter(|filter| filter.refused = one.parse().unwrap_or(filter.refused));
                    }
                />
                <Select
                    label=text!(sizing.patience)
                    name="patience"
                    options=patience
                    value=page.chosen(|filter| filter.patience.to_string())
                    choose=move |seconds: String| {
                        page.update_filter(|filter| filter.patience = seconds.parse().unwrap_or(filter.patience));
                    }
                />
                <Select
                    label=text!(sizing.growth)
                    name="growth"
                    options=growth
                    value=page.chosen(|filter| filter.growth.to_string())
                    choose=move |percent: String| {
                        page.update_filter(|filter| filter.growth = percent.parse().unwrap_or(filter.growth));
                    }
                />
                <TriedRules state />
            </div>
        </section>
    }
}

/// The rules of the license that can be tried.
#[component]
fn TriedRules(
    /// The report and the state of its page.
    state: SizingState,
) -> impl IntoView {
    let i18n = use_i18n();
    let page = state.page;
    let format = page.format;
    let as_recorded = move || SelectOption::new("", t_string!(i18n, sizing.as_it_was));
    let seat_rules = Signal::derive(move || {
        let rules = SeatRule::ALL.iter().map(|rule| SelectOption::new(rule.as_str(), labels::seat_rule(i18n, *rule)));
        std::iter::once(as_recorded()).chain(rules).collect::<Vec<_>>()
    });
    let second_devices = Signal::derive(move || {
        let option = |rule: &SecondDevice| SelectOption::new(rule.as_str(), labels::second_device(i18n, *rule));
        std::iter::once(as_recorded()).chain(SecondDevice::ALL.iter().map(option)).collect::<Vec<_>>()
    });
    let caps = Signal::derive(move || {
        let chosen = page.filter.with(|filter| filter.person_cap);
        let own = chosen.filter(|cap| !CAPS.contains(cap));
        let option = |cap: i64| SelectOption::new(cap.to_string(), format.number(cap));
        let none = SelectOption::new("", t_string!(i18n, sizing.no_cap));
        std::iter::once(none).chain(CAPS.into_iter().chain(own).map(option)).collect::<Vec<_>>()
    });
    view! {
        <Select
            label=text!(sizing.seat_rule)
            name="seat_rule"
            options=seat_rules
            value=page.chosen(|filter| filter.seat_rule.map(|rule| rule.to_string()).unwrap_or_default())
            choose=move |rule: String| page.update_filter(|filter| filter.seat_rule = rule.parse().ok())
        />
        <Select
            label=text!(sizing.second_device)
            name="second_device"
            options=second_devices
            value=page.chosen(|filter| filter.second_device.map(|rule| rule.to_string()).unwrap_or_default())
            choose=move |rule: String| page.update_filter(|filter| filter.second_device = rule.parse().ok())
        />
        <Select
            label=text!(sizing.person_cap)
            name="person_cap"
            options=caps
            value=page.chosen(|filter| filter.person_cap.map(|cap| cap.to_string()).unwrap_or_default())
            choose=move |cap: String| page.update_filter(|filter| filter.person_cap = cap.parse().ok())
        />
    }
}

fn refused_text(i18n: Texts, one: RefusedAssumption) -> &'static str {
    match one {
        RefusedAssumption::Wait => t_string!(i18n, sizing.refused_wait),
        RefusedAssumption::GoAway => t_string!(i18n, sizing.refused_go_away),
        RefusedAssumption::AsRecorded => t_string!(i18n, sizing.refused_as_recorded),
    }
}

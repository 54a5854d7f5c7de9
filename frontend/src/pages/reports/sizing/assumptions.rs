//! What is assumed where nobody knows, and can be chosen otherwise.

use super::SizingState;
use crate::{
    format::Texts,
    i18n::*,
    text::text,
    ui::select::{Select, SelectOption},
};
use chrono::TimeDelta;
use leptos::prelude::*;
use seatkeeper_shared::wire::reports::RefusedAssumption;

/// The times that people wait, in seconds, that are offered.
const PATIENCES: [i64; 5] = [60, 300, 900, 1_800, 3_600];
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
            </div>
        </section>
    }
}

fn refused_text(i18n: Texts, one: RefusedAssumption) -> &'static str {
    match one {
        RefusedAssumption::Wait => t_string!(i18n, sizing.refused_wait),
        RefusedAssumption::GoAway => t_string!(i18n, sizing.refused_go_away),
        RefusedAssumption::AsRecorded => t_string!(i18n, sizing.refused_as_recorded),
    }
}

//! The filters of a report: license or product, period, group, person and platform.

use super::{
    filter::Scope,
    own_period::OwnPeriod,
    period::Period,
    person_filter::{PersonChip, PersonField},
    state::ReportState,
};
use crate::{
    i18n::*,
    labels,
    text::text,
    ui::{
        select::{Select, SelectOption},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{permissions::Action, session::Platform, wire::licenses::LicenseView};

/// The filters of a report.
#[component]
pub fn FilterBar(
    /// Shared state of the report.
    page: ReportState,
) -> impl IntoView {
    let i18n = use_i18n();
    let is_own = Memo::new(move |_| page.filter.with(|filter| matches!(filter.period, Period::Own { .. })));
    let chosen_scope = Signal::derive(move || page.scope.get().unwrap_or_default().choice());
    let choose_platform = move |name: String| page.update_filter(|filter| filter.platform = name.parse().ok());
    view! {
        <section class="list report-filter" aria-label=move || t_string!(i18n, reports.filter)>
            <div class="bar">
                <Select
                    label=text!(reports.subject)
                    name="subject"
                    options=Signal::derive(move || scope_options(page))
                    value=chosen_scope
                    choose=move |choice: String| page.update_filter(|filter| filter.scope = Scope::from_choice(&choice))
                />
                <Select
                    label=text!(reports.period)
                    name="period"
                    options=Signal::derive(move || period_options(page))
                    value=page.chosen(|filter| filter.period.name().to_owned())
                    choose=move |name: String| choose_period(page, &name)
                />
                <Show when=move || page.tab.filters_people() && page.may(Action::ViewUsers)>
                    <Select
                        label=text!(reports.group)
                        name="group"
                        options=Signal::derive(move || group_options(page))
                        value=page.chosen(|filter| filter.group.map(|id| id.to_string()).unwrap_or_default())
                        choose=move |id: String| page.update_filter(|filter| filter.group = id.parse().ok())
                    />
                    <PersonField page />
                </Show>
                {page
                    .tab
                    .filters_platform()
                    .then(|| {
                        view! {
                            <Select
                                label=text!(reports.platform)
                                name="platform"
                                options=Signal::derive(move || platform_options(page))
                                value=page
                                    .chosen(|filter| filter.platform.map(|one| one.to_string()).unwrap_or_default())
                                choose=choose_platform
                            />
                        }
                    })}
            </div>
            <Show when=move || is_own.get()>
                <OwnPeriod page />
            </Show>
            {page.tab.filters_people().then(|| view! { <PersonChip page /> })}
        </section>
    }
}

/// All licenses, and the products whose licenses are counted together.
fn scope_options(page: ReportState) -> Vec<SelectOption> {
    let i18n = page.format.texts();
    let all = page.tab.accepts_all().then(|| SelectOption::new("", t_string!(i18n, reports.all_licenses)));
    page.live.state.with(|state| {
        let license = |one: &LicenseView| {
            let option = SelectOption::new(Scope::License(one.id).choice(), labels::license(i18n, one));
            option.in_group(t_string!(i18n, reports.licenses))
        };
        let mut products: Vec<_> = state
            .licenses
            .iter()
            .map(|one| (one.product_name.clone(), Scope::Product(one.product_id).choice()))
            .collect();
        products.sort();
        products.dedup();
        let product = |(name, choice)| SelectOption::new(choice, name).in_group(t_string!(i18n, reports.products));
        all.into_iter().chain(state.licenses.iter().map(license)).chain(products.into_iter().map(product)).collect()
    })
}

fn period_options(page: ReportState) -> Vec<SelectOption> {
    let i18n = page.format.texts();
    let text = |period: &Period| match period {
        Period::Today => t_string!(i18n, reports.today).to_owned(),
        Period::Yesterday => t_string!(i18n, reports.yesterday).to_owned(),
        Period::Week => t_string!(i18n, reports.last_days, n = "7"),
        Period::Days(days) => t_string!(i18n, reports.last_days, n = page.format.number(*days)),
        Period::Year => t_string!(i18n, reports.this_year).to_owned(),
        Period::Own { .. } => t_string!(i18n, reports.own_period).to_owned(),
    };
    let own = Period::Own { from: String::new(), to: String::new() };
    Period::NAMED.iter().chain([&own]).map(|period| SelectOption::new(period.name(), text(period))).collect()
}

/// Own limits begin with those of the period before.
fn choose_period(page: ReportState, name: &str) {
    let period = if name == "own" {
        let ((from, to), to_local) = untrack(|| (page.limits(), page.to_local()));
        let last = to_local(to - chrono::TimeDelta::seconds(1)).date();
        Period::Own { from: to_local(from).date().to_string(), to: last.to_string() }
    } else {
        Period::read(name, "", "")
    };
    page.update_filter(|filter| (filter.period, filter.at) = (period, None));
}

fn group_options(page: ReportState) -> Vec<SelectOption> {
    let all = SelectOption::new("", t_string!(page.format.texts(), reports.every_group));
    let groups = page.groups.get().unwrap_or_default();
    let group = groups.into_iter().map(|group| SelectOption::new(group.id.to_string(), group.name));
    [all].into_iter().chain(group).collect()
}

fn platform_options(page: ReportState) -> Vec<SelectOption> {
    let i18n = page.format.texts();
    let all = SelectOption::new("", t_string!(i18n, reports.every_platform));
    let platform = |one: &Platform| SelectOption::new(one.as_str(), labels::platform(i18n, *one));
    [all].into_iter().chain(Platform::ALL.iter().map(platform)).collect()
}

//! The filters of the table.

use super::{
    filter::{Column, Filter, LicenseScope},
    state::SessionsPageState,
};
use crate::{
    i18n::*,
    labels,
    text::text,
    ui::{
        search::SearchField,
        select::{Select, SelectOption},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    license::Model,
    session::{Platform, SessionState},
};

#[component]
pub fn FilterBar(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let all = move || SelectOption::new("", t_string!(i18n, common.all));
    let states = move || {
        let one = |state: SessionState| SelectOption::new(state.as_str(), labels::session_state(i18n, state));
        vec![all(), one(SessionState::Connected), one(SessionState::Waiting)]
    };
    let platforms = move || {
        let each = Platform::ALL.iter().map(|p| SelectOption::new(p.as_str(), labels::platform(i18n, *p)));
        std::iter::once(all()).chain(each).collect()
    };
    let value = move |text: fn(&Filter) -> String| Signal::derive(move || page.filter.with(text));
    view! {
        <div class="bar">
            <LicenseSelect page />
            <Select
                label=text!(sessions.state)
                name="state"
                options=Signal::derive(states)
                value=value(|filter| filter.state.map(|state| state.to_string()).unwrap_or_default())
                choose=move |text: String| page.update_filter(|filter| filter.state = text.parse().ok())
            />
            <Select
                label=text!(sessions.platform)
                name="platform"
                options=Signal::derive(platforms)
                value=value(|filter| filter.platform.map(|one| one.to_string()).unwrap_or_default())
                choose=move |text: String| page.update_filter(|filter| filter.platform = text.parse().ok())
            />
            <PhoneSortSelect page />
            <SearchField
                value=value(|filter| filter.q.clone())
                search=move |text| page.update_filter(|filter| filter.q = text)
            />
        </div>
    }
}

/// Filter by license: all concurrent licenses, all licenses, or a single one.
#[component]
fn LicenseSelect(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let licenses = page.live.licenses();
    let options = move || {
        let mut options = vec![
            SelectOption::new("", t_string!(i18n, sessions.all_shared)),
            SelectOption::new("all", t_string!(i18n, sessions.everything)),
        ];
        for (model, group) in [
            (Model::Concurrent, t_string!(i18n, sessions.group_shared)),
            (Model::Named, t_string!(i18n, sessions.group_named)),
        ] {
            licenses.with(|all| {
                let of_model = all.iter().filter(|license| license.model == model);
                options.extend(
                    of_model.map(|l| SelectOption::new(l.id.to_string(), labels::license(i18n, l)).in_group(group)),
                );
            });
        }
        options
    };
    // A memo, because the counts change often but the names do not.
    let options = Memo::new(move |_| options());
    let value = move || match page.filter.with(|filter| filter.scope) {
        LicenseScope::Shared => String::new(),
        LicenseScope::Everything => "all".to_owned(),
        LicenseScope::One(id) => id.to_string(),
    };
    let choose = move |text: String| {
        let scope = match text.as_str() {
            "all" => LicenseScope::Everything,
            id => id.parse().map_or(LicenseScope::Shared, LicenseScope::One),
        };
        page.update_filter(|filter| filter.scope = scope);
    };
    view! {
        <Select
            label=text!(sessions.product)
            name="license"
            options
            value=Signal::derive(value)
            choose
        />
    }
}

/// Sort order on phones, where the table has no header.
#[component]
fn PhoneSortSelect(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        vec![
            SelectOption::new("since", t_string!(i18n, sessions.since)),
            SelectOption::new("agent", t_string!(i18n, sessions.agent)),
            SelectOption::new("state", t_string!(i18n, sessions.state)),
            SelectOption::new("contact", t_string!(i18n, sessions.contact)),
        ]
    };
    let choose = move |text: String| {
        let column = Column::ALL.into_iter().find(|column| column.as_str() == text).unwrap_or(Column::Since);
        page.sort((column, matches!(column, Column::Since | Column::Contact)));
    };
    view! {
        <div class="field only-phone">
            <Select
                label=text!(sessions.sort_by)
                name="order"
                options=Signal::derive(options)
                value=Signal::derive(move || page.filter.with(|filter| filter.order.0.as_str().to_owned()))
                choose
            />
        </div>
    }
}

//! Bars above the table: filters, and actions for the selected sessions.

use super::{
    filter::{Column, Filter, LicenseScope},
    state::SessionsPageState,
};
use crate::{
    format::Format,
    i18n::*,
    labels,
    ui::{
        export::Export,
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
                label=Signal::derive(move || t_string!(i18n, sessions.state).to_owned())
                name="state"
                options=Signal::derive(states)
                value=value(|filter| filter.state.map(|state| state.to_string()).unwrap_or_default())
                choose=move |text: String| page.update_filter(|filter| filter.state = text.parse().ok())
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, sessions.platform).to_owned())
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
            <Export address=Signal::derive(move || page.filter.with(Filter::export)) />
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
            label=Signal::derive(move || t_string!(i18n, sessions.product).to_owned())
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
        page.update_filter(|filter| filter.order = (column, matches!(column, Column::Since | Column::Contact)));
    };
    view! {
        <div class="only-phone">
            <Select
                label=Signal::derive(move || t_string!(i18n, sessions.sort_by).to_owned())
                name="order"
                options=Signal::derive(options)
                value=Signal::derive(move || page.filter.with(|filter| filter.order.0.as_str().to_owned()))
                choose
            />
        </div>
    }
}

/// Number of selected sessions, with buttons to end them or clear the selection.
#[component]
pub fn SelectionBar(
    /// Shared state of the page.
    page: SessionsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let count = Memo::new(move |_| page.selected.with(std::collections::BTreeSet::len));
    let selected = move || t_string!(i18n, sessions.selected, count = count.get(), n = format.number(count.get()));
    view! {
        <p class="vh" role="status">
            {move || (count.get() > 0).then(selected)}
        </p>
        <Show when=move || { count.get() > 0 && page.may_end.get() }>
            <div class="selection-bar">
                <b>{selected}</b>
                <button type="button" class="button small ghost" on:click=move |_| page.selection.update(|s| s.clear())>
                    {t!(i18n, sessions.clear)}
                </button>
                <button type="button" class="button small danger" on:click=move |_| page.ask_to_end_selected()>
                    {move || t_string!(i18n, sessions.end_n, count = count.get(), n = format.number(count.get()))}
                </button>
            </div>
        </Show>
    }
}

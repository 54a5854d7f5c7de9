//! What is shown: license, state, platform, search. And what is ticked, with what can be done to it.

use super::{
    board::Board,
    filter::{Column, Filter, Which},
};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        export::Export,
        search::SearchField,
        select::{Choosable, Select},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{
    license::Model,
    session::{Platform, SessionState},
};

/// The filters.
#[component]
pub fn Bar(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let all = move || Choosable::new("", t_string!(i18n, common.all));
    let states = move || {
        let one = |state: SessionState| Choosable::new(state.as_str(), words::state(i18n, state));
        vec![all(), one(SessionState::Connected), one(SessionState::Waiting)]
    };
    let platforms = move || {
        let each = Platform::ALL.iter().map(|p| Choosable::new(p.as_str(), words::platform(i18n, *p)));
        std::iter::once(all()).chain(each).collect()
    };
    let value = move |text: fn(&Filter) -> String| Signal::derive(move || board.filter.with(text));
    view! {
        <div class="bar">
            <LicenseFilter board />
            <Select
                label=Signal::derive(move || t_string!(i18n, sessions.state).to_owned())
                name="state"
                options=Signal::derive(states)
                value=value(|filter| filter.state.map(|state| state.to_string()).unwrap_or_default())
                choose=move |text: String| board.narrow(|filter| filter.state = text.parse().ok())
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, sessions.platform).to_owned())
                name="platform"
                options=Signal::derive(platforms)
                value=value(|filter| filter.platform.map(|one| one.to_string()).unwrap_or_default())
                choose=move |text: String| board.narrow(|filter| filter.platform = text.parse().ok())
            />
            <PhoneOrder board />
            <SearchField
                value=value(|filter| filter.q.clone())
                search=move |text| board.narrow(|filter| filter.q = text)
            />
            <Export address=Signal::derive(move || board.filter.with(Filter::export)) />
        </div>
    }
}

/// Which license: each by its name, all shared ones, or named ones too.
#[component]
fn LicenseFilter(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let licenses = board.live.licenses();
    let options = move || {
        let mut options = vec![
            Choosable::new("", t_string!(i18n, sessions.all_shared)),
            Choosable::new("all", t_string!(i18n, sessions.everything)),
        ];
        for (model, group) in [
            (Model::Concurrent, t_string!(i18n, sessions.group_shared)),
            (Model::Named, t_string!(i18n, sessions.group_named)),
        ] {
            licenses.with(|all| {
                let of_model = all.iter().filter(|license| license.model == model);
                options
                    .extend(of_model.map(|l| Choosable::new(l.id.to_string(), words::license(i18n, l)).under(group)));
            });
        }
        options
    };
    // Counters change all the time, names do not.
    let options = Memo::new(move |_| options());
    let value = move || match board.filter.with(|filter| filter.which) {
        Which::Shared => String::new(),
        Which::Everything => "all".to_owned(),
        Which::One(id) => id.to_string(),
    };
    let choose = move |text: String| {
        let which = match text.as_str() {
            "all" => Which::Everything,
            id => id.parse().map_or(Which::Shared, Which::One),
        };
        board.narrow(|filter| filter.which = which);
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

/// The order, where there are no column heads.
#[component]
fn PhoneOrder(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let options = move || {
        vec![
            Choosable::new("since", t_string!(i18n, sessions.since)),
            Choosable::new("agent", t_string!(i18n, sessions.agent)),
            Choosable::new("state", t_string!(i18n, sessions.state)),
            Choosable::new("contact", t_string!(i18n, sessions.contact)),
        ]
    };
    let choose = move |text: String| {
        let column = Column::ALL.into_iter().find(|column| column.as_str() == text).unwrap_or(Column::Since);
        board.narrow(|filter| filter.order = (column, matches!(column, Column::Since | Column::Contact)));
    };
    view! {
        <div class="only-phone">
            <Select
                label=Signal::derive(move || t_string!(i18n, sessions.sort_by).to_owned())
                name="order"
                options=Signal::derive(options)
                value=Signal::derive(move || board.filter.with(|filter| filter.order.0.as_str().to_owned()))
                choose
            />
        </div>
    }
}

/// How many are ticked, and ending them.
#[component]
pub fn PickedBar(
    /// The page.
    board: Board,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let count = Memo::new(move |_| board.picked.with(std::collections::BTreeSet::len));
    let selected = move || t_string!(i18n, sessions.selected, count = count.get(), n = format.number(count.get()));
    view! {
        <p class="vh" role="status">
            {move || (count.get() > 0).then(selected)}
        </p>
        <Show when=move || { count.get() > 0 && board.may_end.get() }>
            <div class="picked-bar">
                <b>{selected}</b>
                <button type="button" class="button small ghost" on:click=move |_| board.selection.update(|s| s.clear())>
                    {t!(i18n, sessions.clear)}
                </button>
                <button type="button" class="button small danger" on:click=move |_| board.ask_to_end_picked()>
                    {move || t_string!(i18n, sessions.end_n, count = count.get(), n = format.number(count.get()))}
                </button>
            </div>
        </Show>
    }
}

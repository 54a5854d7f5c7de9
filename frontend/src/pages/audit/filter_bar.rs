//! Filter bar of the audit log: kind, origin, license, period and search.

use super::{
    event_labels,
    filter::{Filter, KindFilter},
    state::AuditPageState,
};
use crate::{
    format::Texts,
    i18n::*,
    labels,
    text::{Text, text},
    ui::{
        field::unique_id,
        focus::focus_on,
        icon::{Glyph, Icon},
        search::SearchField,
        select::{Select, SelectOption},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    audit::{Area, Kind, Origin},
    ids::UserId,
    wire::licenses::LicenseView,
};

#[component]
pub fn FilterBar(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let licenses = page.live.licenses();
    let chosen = move |read: fn(&Filter) -> String| Signal::derive(move || page.filter.with(read));
    view! {
        <div class="bar audit-bar">
            <Select
                label=text!(audit.what)
                name="what"
                options=Signal::derive(move || kind_options(i18n))
                value=chosen(|filter| filter.kind.as_str().to_owned())
                choose=move |name: String| page.update_filter(|filter| filter.kind = KindFilter::read(&name))
            />
            <Select
                label=text!(audit.origin)
                name="origin"
                options=Signal::derive(move || origin_options(i18n))
                value=chosen(|filter| filter.origin.map(|origin| origin.to_string()).unwrap_or_default())
                choose=move |name: String| page.update_filter(|filter| filter.origin = name.parse().ok())
            />
            <Select
                label=text!(audit.license)
                name="license"
                options=Signal::derive(move || licenses.with(|all| license_options(i18n, all)))
                value=chosen(|filter| filter.license.map(|id| id.to_string()).unwrap_or_default())
                choose=move |id: String| page.update_filter(|filter| filter.license = id.parse().ok())
            />
            <DateField
                label=text!(audit.from)
                name="from"
                value=chosen(|filter| filter.from.clone())
                choose=move |day| page.update_filter(|filter| filter.from = day)
            />
            <DateField
                label=text!(audit.to)
                name="to"
                value=chosen(|filter| filter.to.clone())
                choose=move |day| page.update_filter(|filter| filter.to = day)
            />
            <SearchField
                value=chosen(|filter| filter.q.clone())
                search=move |text| page.update_filter(|filter| filter.q = text)
                hint=text!(audit.search)
            />
        </div>
    }
}

fn kind_options(i18n: Texts) -> Vec<SelectOption> {
    let mut all = vec![SelectOption::new("", t_string!(i18n, audit.everything))];
    for area in Area::ALL {
        let name = event_labels::area(i18n, *area);
        let whole_area = t_string!(i18n, audit.all_of, area = name);
        all.push(SelectOption::new(area.as_str(), whole_area).in_group(name));
        let kinds = Kind::ALL.iter().filter(|kind| kind.area() == *area);
        all.extend(kinds.map(|kind| SelectOption::new(kind.as_str(), event_labels::kind(i18n, *kind)).in_group(name)));
    }
    all
}

fn origin_options(i18n: Texts) -> Vec<SelectOption> {
    let mut all = vec![SelectOption::new("", t_string!(i18n, audit.every_origin))];
    all.extend(
        Origin::ALL.iter().map(|origin| SelectOption::new(origin.as_str(), event_labels::origin(i18n, *origin))),
    );
    all
}

fn license_options(i18n: Texts, licenses: &[LicenseView]) -> Vec<SelectOption> {
    let mut all = vec![SelectOption::new("", t_string!(i18n, audit.every_license))];
    all.extend(licenses.iter().map(|one| SelectOption::new(one.id.to_string(), labels::license(i18n, one))));
    all
}

/// Date field, in the account's time zone.
#[component]
fn DateField(
    /// Label of the field.
    label: Text,
    /// Name of the input.
    name: &'static str,
    /// The chosen day; empty if none is.
    value: Signal<String>,
    /// Runs when a day is chosen.
    #[prop(into)]
    choose: Callback<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = unique_id(name);
    view! {
        <div class="field">
            <label for=id.clone()>{move || label.get(i18n)}</label>
            <input
                id=id
                name=name
                type="date"
                prop:value=move || value.get()
                on:change=move |event| choose.run(event_target_value(&event))
            />
        </div>
    }
}

/// Removable chips for the users and the group that the list is filtered by.
#[component]
pub fn UserFilters(
    /// Shared state of the page.
    page: AuditPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move |id: UserId| page.user_name(id).unwrap_or_else(|| t_string!(i18n, audit.this_user).to_owned());
    let actor = Memo::new(move |_| page.filter.with(|filter| filter.actor));
    let user = Memo::new(move |_| page.filter.with(|filter| filter.user));
    let group = Memo::new(move |_| page.filter.with(|filter| filter.group));
    let group_name = move |id| page.group_name(id).unwrap_or_else(|| t_string!(i18n, audit.this_group).to_owned());
    let group_text =
        Signal::derive(move || group.get().map(|id| t_string!(i18n, audit.concerns, name = group_name(id))));
    let actor_text = Signal::derive(move || actor.get().map(|id| t_string!(i18n, audit.did, name = name(id))));
    let user_text = Signal::derive(move || user.get().map(|id| t_string!(i18n, audit.concerns, name = name(id))));
    view! {
        <Show when=move || actor.get().is_some() || user.get().is_some() || group.get().is_some()>
            <ul class="chips audit-narrowed">
                <Chip text=actor_text remove=move |()| page.update_filter(|filter| filter.actor = None) />
                <Chip text=user_text remove=move |()| page.update_filter(|filter| filter.user = None) />
                <Chip text=group_text remove=move |()| page.update_filter(|filter| filter.group = None) />
            </ul>
        </Show>
    }
}

#[component]
fn Chip(
    /// Text of the chip; `None` hides it.
    text: Signal<Option<String>>,
    /// Runs when the chip is removed.
    #[prop(into)]
    remove: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let clicked = move |_| {
        remove.run(());
        // The button goes away with its chip.
        focus_on(".audit-bar select");
    };
    move || {
        text.get().map(|text| {
            let label = t_string!(i18n, audit.remove, text = text.clone());
            view! {
                <li class="chip">
                    {text}
                    <button type="button" class="icon-button" aria-label=label on:click=clicked>
                        <Icon glyph=Glyph::Cross />
                    </button>
                </li>
            }
        })
    }
}

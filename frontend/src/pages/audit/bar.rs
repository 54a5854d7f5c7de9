//! Which entries are listed: what, through which door, on which license, when, and a search.

use super::{
    desk::Desk,
    filter::{Filter, What},
    named,
};
use crate::{
    format::Texts,
    i18n::*,
    ui::{
        field::fresh_id,
        icon::{Glyph, Icon},
        search::SearchField,
        select::{Choosable, Select},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{
    audit::{Area, Door, Kind},
    ids::UserId,
};

/// The filters.
#[component]
pub fn Bar(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = move |read: fn(&Filter) -> String| Signal::derive(move || desk.filter.with(read));
    view! {
        <div class="bar audit-bar">
            <Select
                label=Signal::derive(move || t_string!(i18n, audit.what).to_owned())
                name="what"
                options=Signal::derive(move || whats(i18n))
                value=chosen(|filter| filter.what.as_str().to_owned())
                choose=move |name: String| desk.narrow(|filter| filter.what = What::read(&name))
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, audit.door).to_owned())
                name="door"
                options=Signal::derive(move || doors(i18n))
                value=chosen(|filter| filter.door.map(|door| door.to_string()).unwrap_or_default())
                choose=move |name: String| desk.narrow(|filter| filter.door = name.parse().ok())
            />
            <Select
                label=Signal::derive(move || t_string!(i18n, audit.license).to_owned())
                name="license"
                options=Signal::derive(move || licenses(desk, i18n))
                value=chosen(|filter| filter.license.map(|id| id.to_string()).unwrap_or_default())
                choose=move |id: String| desk.narrow(|filter| filter.license = id.parse().ok())
            />
            <Day
                label=Signal::derive(move || t_string!(i18n, audit.from).to_owned())
                name="from"
                value=chosen(|filter| filter.from.clone())
                choose=move |day| desk.narrow(|filter| filter.from = day)
            />
            <Day
                label=Signal::derive(move || t_string!(i18n, audit.to).to_owned())
                name="to"
                value=chosen(|filter| filter.to.clone())
                choose=move |day| desk.narrow(|filter| filter.to = day)
            />
            <SearchField
                value=chosen(|filter| filter.q.clone())
                search=move |text| desk.narrow(|filter| filter.q = text)
                hint=Signal::derive(move || t_string!(i18n, audit.search).to_owned())
            />
        </div>
    }
}

fn whats(i18n: Texts) -> Vec<Choosable> {
    let mut all = vec![Choosable::new("", t_string!(i18n, audit.everything))];
    for area in Area::ALL {
        let name = named::area(i18n, *area);
        let whole = t_string!(i18n, audit.all_of, area = name);
        all.push(Choosable::new(area.as_str(), whole).under(name));
        let kinds = Kind::ALL.iter().filter(|kind| kind.area() == *area);
        all.extend(kinds.map(|kind| Choosable::new(kind.as_str(), named::kind(i18n, *kind)).under(name)));
    }
    all
}

fn doors(i18n: Texts) -> Vec<Choosable> {
    let mut all = vec![Choosable::new("", t_string!(i18n, audit.every_door))];
    all.extend(Door::ALL.iter().map(|door| Choosable::new(door.as_str(), named::door(i18n, *door))));
    all
}

fn licenses(desk: Desk, i18n: Texts) -> Vec<Choosable> {
    let mut all = vec![Choosable::new("", t_string!(i18n, audit.every_license))];
    desk.live.state.with(|state| {
        all.extend(state.licenses.iter().map(|one| Choosable::new(one.id.to_string(), words::license(i18n, one))));
    });
    all
}

/// A day, in the account's time zone.
#[component]
fn Day(
    /// Which day is asked for.
    label: Signal<String>,
    /// The field's name.
    name: &'static str,
    /// The day that is chosen; empty if none is.
    value: Signal<String>,
    /// Somebody chose this day.
    #[prop(into)]
    choose: Callback<String>,
) -> impl IntoView {
    let id = fresh_id(name);
    view! {
        <div class="field">
            <label for=id.clone()>{move || label.get()}</label>
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

/// The people to whom the list is narrowed, each with a way back.
#[component]
pub fn Narrowed(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let name = move |id: UserId| desk.name_of(id).unwrap_or_else(|| t_string!(i18n, audit.somebody).to_owned());
    let actor = Memo::new(move |_| desk.filter.with(|filter| filter.actor));
    let user = Memo::new(move |_| desk.filter.with(|filter| filter.user));
    let did = Signal::derive(move || actor.get().map(|id| t_string!(i18n, audit.did, name = name(id))));
    let concerns = Signal::derive(move || user.get().map(|id| t_string!(i18n, audit.concerns, name = name(id))));
    view! {
        <Show when=move || actor.get().is_some() || user.get().is_some()>
            <ul class="chips audit-narrowed">
                <Chip text=did remove=move |()| desk.narrow(|filter| filter.actor = None) />
                <Chip text=concerns remove=move |()| desk.narrow(|filter| filter.user = None) />
            </ul>
        </Show>
    }
}

#[component]
fn Chip(
    /// What it says; nothing if it is not there.
    text: Signal<Option<String>>,
    /// Somebody takes it away.
    #[prop(into)]
    remove: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    move || {
        text.get().map(|text| {
            let label = t_string!(i18n, audit.remove, text = text.clone());
            view! {
                <li class="chip">
                    {text}
                    <button type="button" class="icon-button" aria-label=label on:click=move |_| remove.run(())>
                        <Icon glyph=Glyph::Cross />
                    </button>
                </li>
            }
        })
    }
}

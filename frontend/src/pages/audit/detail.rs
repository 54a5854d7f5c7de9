//! The details of an entry: what changed from what to what, what else is known, and the way to more of the same.

use super::{
    desk::Desk,
    facts::{self, Line, Said},
    named,
};
use crate::{format::Format, i18n::*};
use leptos::prelude::*;
use seatkeeper_shared::wire::audit::{AuditEvent, AuditUser};

/// What stands below an entry that is opened.
#[component]
pub fn Detail(
    /// The page.
    desk: Desk,
    /// The entry.
    event: StoredValue<AuditEvent>,
) -> impl IntoView {
    let lines = StoredValue::new(event.with_value(|event| facts::lines(&event.facts)));
    let changed = lines.with_value(|lines| lines.iter().any(|line| matches!(line, Line::Changed { .. })));
    view! {
        <div class="audit-facts">
            {changed.then(|| view! { <Changes desk lines /> })}
            <Rest desk event lines />
            <Ways desk event />
        </div>
    }
    .into_any()
}

/// Before and after.
#[component]
fn Changes(
    /// The page.
    desk: Desk,
    /// What is known.
    lines: StoredValue<Vec<Line>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let said = Said { i18n, format: Format::get(), groups: desk.groups };
    let rows = move || {
        lines.with_value(|lines| {
            let changed = lines.iter().filter_map(|line| match line {
                Line::Changed { field, before, after } => Some((field.clone(), before.clone(), after.clone())),
                Line::Known { .. } => None,
            });
            let row = |(field, before, after): (String, _, _)| {
                view! {
                    <tr>
                        <th scope="row">{named::field(i18n, &field)}</th>
                        <td class="was">{said.value(&field, &before)}</td>
                        <td class="is">{said.value(&field, &after)}</td>
                    </tr>
                }
            };
            changed.map(row).collect_view()
        })
    };
    view! {
        <table class="audit-changes">
            <caption class="vh">{t!(i18n, audit.changes)}</caption>
            <thead>
                <tr>
                    <th scope="col">{t!(i18n, audit.field)}</th>
                    <th scope="col">{t!(i18n, audit.was)}</th>
                    <th scope="col">{t!(i18n, audit.is)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// What else is known.
#[component]
fn Rest(
    /// The page.
    desk: Desk,
    /// The entry.
    event: StoredValue<AuditEvent>,
    /// What is known.
    lines: StoredValue<Vec<Line>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let said = Said { i18n, format, groups: desk.groups };
    let all = move || {
        let event = event.get_value();
        let mut all = vec![
            (t_string!(i18n, audit.when).to_owned(), format.exact(event.at)),
            (t_string!(i18n, audit.entry).to_owned(), event.position.to_string()),
        ];
        let mut add = |label: String, text: Option<String>| all.extend(text.map(|text| (label, text)));
        add(t_string!(i18n, audit.address).to_owned(), event.address);
        add(named::field(i18n, "session"), event.session.map(|id| id.to_string()));
        let in_use = event.occupied.zip(event.seats).map(|(occupied, seats)| {
            t_string!(i18n, audit.in_use_of, occupied = format.number(occupied), seats = format.number(seats))
        });
        add(t_string!(i18n, audit.in_use).to_owned(), in_use);
        lines.with_value(|lines| {
            for line in lines {
                if let Line::Known { field, value } = line {
                    add(named::field(i18n, field), Some(said.value(field, value)));
                }
            }
        });
        let pair = |(label, text): (String, String)| {
            view! {
                <div>
                    <dt>{label}</dt>
                    <dd>{text}</dd>
                </div>
            }
        };
        all.into_iter().map(pair).collect_view()
    };
    view! { <dl class="audit-known">{all}</dl> }
}

/// Only what this person did, only what concerns that one.
#[component]
fn Ways(
    /// The page.
    desk: Desk,
    /// The entry.
    event: StoredValue<AuditEvent>,
) -> impl IntoView {
    let i18n = use_i18n();
    let named = |user: AuditUser| user.name.map(|name| (user.id, name));
    let actor = event.with_value(|event| event.actor.clone()).and_then(named).map(|(id, name)| {
        view! {
            <button type="button" class="link" on:click=move |_| desk.narrow(|filter| filter.actor = Some(id))>
                {move || t_string!(i18n, audit.only_actor, name = name.clone())}
            </button>
        }
    });
    let user = event.with_value(|event| event.user.clone()).and_then(named).map(|(id, name)| {
        view! {
            <button type="button" class="link" on:click=move |_| desk.narrow(|filter| filter.user = Some(id))>
                {move || t_string!(i18n, audit.only_user, name = name.clone())}
            </button>
        }
    });
    view! { <div class="audit-ways">{actor} {user}</div> }
}

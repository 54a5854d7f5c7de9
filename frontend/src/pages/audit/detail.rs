//! Details of an event: changed values, other facts, and links to filter by its users.

use super::{event_labels, facts::FactFormatter, mentions::group_of, state::AuditPageState};
use crate::{format::Format, i18n::*, labels};
use leptos::prelude::*;
use seatkeeper_shared::{
    audit::{Fact, Field, read_facts},
    wire::audit::{AuditEvent, AuditUser},
};

/// The details below an expanded event.
#[component]
pub fn Detail(
    /// Shared state of the page.
    page: AuditPageState,
    /// The event shown.
    event: StoredValue<AuditEvent>,
) -> impl IntoView {
    let facts = StoredValue::new(event.with_value(|event| read_facts(event.kind.parse().ok(), &event.facts)));
    let changed = facts.with_value(|facts| facts.iter().any(|fact| matches!(fact, Fact::Changed(..))));
    view! {
        <div class="audit-facts">
            {changed.then(|| view! { <Changes page facts /> })}
            <OtherFacts page event facts />
            <FilterLinks page event />
        </div>
    }
    .into_any()
}

/// Table of changed fields, before and after.
#[component]
fn Changes(
    /// Shared state of the page.
    page: AuditPageState,
    /// The facts of the event.
    facts: StoredValue<Vec<Fact>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let formatter = FactFormatter { i18n, format: Format::get(), groups: page.groups };
    let rows = move || {
        facts.with_value(|facts| {
            let row = |fact: &Fact| {
                let Fact::Changed(name, [before, after]) = fact else { return None };
                Some(view! {
                    <tr>
                        <th scope="row">{formatter.field(name)}</th>
                        <td class="before">{formatter.value(before)}</td>
                        <td class="after">{formatter.value(after)}</td>
                    </tr>
                })
            };
            facts.iter().filter_map(row).collect_view()
        })
    };
    view! {
        <table class="audit-changes">
            <caption class="vh">{t!(i18n, audit.changes)}</caption>
            <thead>
                <tr>
                    <th scope="col">{t!(i18n, audit.field)}</th>
                    <th scope="col">{t!(i18n, audit.before)}</th>
                    <th scope="col">{t!(i18n, audit.after)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// All other facts.
#[component]
fn OtherFacts(
    /// Shared state of the page.
    page: AuditPageState,
    /// The event shown.
    event: StoredValue<AuditEvent>,
    /// The facts of the event.
    facts: StoredValue<Vec<Fact>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let formatter = FactFormatter { i18n, format, groups: page.groups };
    let all = move || {
        let event = event.get_value();
        let mut all = vec![
            (t_string!(i18n, audit.when).to_owned(), format.exact(event.at)),
            (t_string!(i18n, audit.entry).to_owned(), event.position.to_string()),
        ];
        let mut add = |label: String, text: Option<String>| all.extend(text.map(|text| (label, text)));
        add(t_string!(i18n, audit.address).to_owned(), event.address);
        add(event_labels::field(i18n, Field::Session).to_owned(), event.session.map(|id| id.to_string()));
        let in_use = event.occupied.zip(event.seats).map(|(occupied, seats)| {
            t_string!(i18n, audit.in_use_of, occupied = format.number(occupied), seats = format.number(seats))
        });
        add(t_string!(i18n, audit.in_use).to_owned(), in_use);
        facts.with_value(|facts| {
            for fact in facts {
                if let Fact::Value(name, value) = fact {
                    add(formatter.field(name), Some(formatter.value(value)));
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
    view! { <dl class="audit-values">{all}</dl> }
}

/// Buttons to filter by what the event names; the affected user, whom most events are about, last.
#[component]
fn FilterLinks(
    /// Shared state of the page.
    page: AuditPageState,
    /// The event shown.
    event: StoredValue<AuditEvent>,
) -> impl IntoView {
    let i18n = use_i18n();
    let with_name = |user: AuditUser| user.name.map(|name| (user.id, name));
    let actor = event.with_value(|event| event.actor.clone()).and_then(with_name).map(|(id, name)| {
        view! {
            <button type="button" class="link" on:click=move |_| page.update_filter(|filter| filter.actor = Some(id))>
                {move || t_string!(i18n, audit.only_actor, name = name.clone())}
            </button>
        }
    });
    let user = event.with_value(|event| event.user.clone()).and_then(with_name).map(|(id, name)| {
        view! {
            <button type="button" class="link" on:click=move |_| page.update_filter(|filter| filter.user = Some(id))>
                {move || t_string!(i18n, audit.only_user, name = name.clone())}
            </button>
        }
    });
    let license = event.with_value(|event| event.license.as_ref().map(|license| license.id));
    let license = license.and_then(|id| untrack(|| page.live.license(id))).map(|license| {
        let id = license.id;
        view! {
            <button type="button" class="link" on:click=move |_| page.update_filter(|filter| filter.license = Some(id))>
                {move || t_string!(i18n, audit.only_license, name = labels::license(i18n, &license))}
            </button>
        }
    });
    let group = event.with_value(group_of).and_then(|id| Some((id, untrack(|| page.group_name(id))?)));
    let group = group.map(|(id, name)| {
        view! {
            <button type="button" class="link" on:click=move |_| page.update_filter(|filter| filter.group = Some(id))>
                {move || t_string!(i18n, audit.only_user, name = name.clone())}
            </button>
        }
    });
    view! { <div class="audit-links">{actor} {group} {license} {user}</div> }
}

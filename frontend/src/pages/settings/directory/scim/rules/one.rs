//! One rule: of which group, and what its members get.

use super::{
    super::desk::Desk,
    entered::{Entered, List},
};
use crate::{
    i18n::*,
    ui::{
        form::Form,
        select::{Choosable, Select},
    },
    words,
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::LicenseId, people::Role};

/// The rule.
#[component]
pub fn Rule(
    /// The rule.
    rule: Entered,
    /// All rules.
    list: List,
    /// Their form.
    form: Form,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let missing = form.error("rule_group");
    let missing = Signal::derive(move || missing.get().filter(|_| rule.lacks_group()));
    let place = Memo::new(move |_| list.place(rule.key));
    let groups = move || {
        let mut choices = vec![Choosable::new("", t_string!(i18n, common.select))];
        choices.extend(desk.groups.all.get().into_iter().map(|group| Choosable::new(group.id.to_string(), group.name)));
        choices
    };
    let roles = move || {
        let mut choices = vec![Choosable::new("", t_string!(i18n, scim.no_role))];
        choices.extend(Role::ALL.iter().map(|role| Choosable::new(role.as_str(), words::role(i18n, *role))));
        choices
    };
    view! {
        <li>
            <fieldset class="part">
                <legend>{move || t_string!(i18n, scim.rule_of, n = place.get() + 1)}</legend>
                <Select
                    label=Signal::derive(move || t_string!(i18n, scim.rule_group).to_owned())
                    name="rule_group"
                    options=Signal::derive(groups)
                    value=rule.group
                    choose=move |group| rule.group.set(group)
                    error=missing
                />
                <Licenses licenses=rule.licenses desk />
                <Select
                    label=Signal::derive(move || t_string!(i18n, scim.rule_role).to_owned())
                    name="rule_role"
                    options=Signal::derive(roles)
                    value=rule.role
                    choose=move |role| rule.role.set(role)
                />
                <Buttons key=rule.key place list />
            </fieldset>
        </li>
    }
}

#[component]
fn Buttons(
    /// Which rule.
    key: usize,
    /// Where it stands.
    place: Memo<usize>,
    /// All rules.
    list: List,
) -> impl IntoView {
    let i18n = use_i18n();
    let number = move || place.get() + 1;
    view! {
        <div class="acts">
            <button
                type="button"
                class="button small"
                aria-label=move || t_string!(i18n, scim.up, n = number())
                aria-disabled=move || (place.get() == 0).to_string()
                on:click=move |_| list.up(key)
            >
                {t!(i18n, scim.up_short)}
            </button>
            <button
                type="button"
                class="button small"
                aria-label=move || t_string!(i18n, scim.remove, n = number())
                on:click=move |_| list.remove(key)
            >
                {t!(i18n, scim.remove_short)}
            </button>
        </div>
    }
}

#[component]
fn Licenses(
    /// Those that are given.
    licenses: RwSignal<Vec<LicenseId>>,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let boxes = move || {
        let all = desk.licenses.get().into_iter().filter(|one| one.archived_at.is_none());
        all.map(|license| {
            let id = license.id;
            let choose = move |event: web_sys::Event| {
                let chosen = event_target_checked(&event);
                licenses.update(|all| {
                    all.retain(|one| *one != id);
                    if chosen {
                        all.push(id);
                    }
                });
            };
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=move || licenses.with(|all| all.contains(&id))
                        on:change=choose
                    />
                    <span>{move || words::license(i18n, &license)}</span>
                </label>
            }
        })
        .collect_view()
    };
    view! {
        <fieldset class="check-list">
            <legend class="label">{t!(i18n, scim.rule_licenses)}</legend>
            {boxes}
        </fieldset>
    }
}

//! Form fields of one rule.

use super::{
    super::state::ScimState,
    rule_list::{DirectoryRuleFields, RuleList},
};
use crate::{
    i18n::*,
    labels,
    ui::{
        focus::{focus_again, focus_within},
        form::Form,
        select::{Select, SelectOption},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{ids::LicenseId, people::Role};

#[component]
pub fn RuleFieldset(
    /// Fields of the rule.
    rule: DirectoryRuleFields,
    /// All rules.
    list: RuleList,
    /// State and errors of the form.
    form: Form,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let missing = form.error("rule_group");
    let missing = Signal::derive(move || missing.get().filter(|_| rule.lacks_group()));
    let index = Memo::new(move |_| list.index_of(rule.key));
    let groups = move || {
        let mut choices = vec![SelectOption::new("", t_string!(i18n, common.select))];
        choices
            .extend(scim.groups.all.get().into_iter().map(|group| SelectOption::new(group.id.to_string(), group.name)));
        choices
    };
    let roles = move || {
        let mut choices = vec![SelectOption::new("", t_string!(i18n, scim.no_role))];
        choices.extend(Role::ALL.iter().map(|role| SelectOption::new(role.as_str(), labels::role(i18n, *role))));
        choices
    };
    view! {
        <li>
            <fieldset class="part">
                <legend>{move || t_string!(i18n, scim.rule_of, n = index.get() + 1)}</legend>
                <Select
                    label=Signal::derive(move || t_string!(i18n, scim.rule_group).to_owned())
                    name="rule_group"
                    options=Signal::derive(groups)
                    value=rule.group
                    choose=move |group| rule.group.set(group)
                    error=missing
                />
                <LicenseCheckboxes licenses=rule.licenses scim />
                <Select
                    label=Signal::derive(move || t_string!(i18n, scim.rule_role).to_owned())
                    name="rule_role"
                    options=Signal::derive(roles)
                    value=rule.role
                    choose=move |role| rule.role.set(role)
                />
                <Buttons key=rule.key index list />
            </fieldset>
        </li>
    }
}

#[component]
fn Buttons(
    /// Key of the rule.
    key: usize,
    /// Index of the rule.
    index: Memo<usize>,
    /// All rules.
    list: RuleList,
) -> impl IntoView {
    let i18n = use_i18n();
    let number = move || index.get() + 1;
    view! {
        <div class="acts">
            <button
                type="button"
                class="button small"
                aria-label=move || t_string!(i18n, scim.up, n = number())
                aria-disabled=move || (index.get() == 0).to_string()
                on:click=move |event| {
                    focus_again(&event);
                    list.move_up(key);
                }
            >
                {t!(i18n, scim.up_short)}
            </button>
            <button
                type="button"
                class="button small"
                aria-label=move || t_string!(i18n, scim.remove, n = number())
                on:click=move |event| {
                    focus_within(&event, "form", ".rules + .button");
                    list.remove(key);
                }
            >
                {t!(i18n, scim.remove_short)}
            </button>
        </div>
    }
}

#[component]
fn LicenseCheckboxes(
    /// The chosen licenses.
    licenses: RwSignal<Vec<LicenseId>>,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let boxes = move || {
        let all = scim.licenses.get().into_iter().filter(|one| one.archived_at.is_none());
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
                    <span>{move || labels::license(i18n, &license)}</span>
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

//! Form fields of one rule.

use super::{
    super::state::ScimState,
    rule_list::{DirectoryRuleFields, RuleList},
};
use crate::{
    i18n::*,
    labels,
    text::text,
    ui::{
        check_list::{CheckList, CheckListItem},
        focus::{focus_again, focus_within},
        form::Form,
        select::{Select, SelectOption},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{people::Role, wire::licenses::LicenseView};
use web_sys::MouseEvent;

#[component]
pub fn RuleFieldset(
    /// Fields of the rule.
    rule: DirectoryRuleFields,
    /// All rules.
    list: RuleList,
    /// State and errors of the form.
    form: Form,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let missing = form.error("rule_group");
    let missing = Signal::derive(move || missing.get().filter(|_| rule.lacks_group()));
    let index = Memo::new(move |_| list.index_of(rule.key));
    let groups = move || {
        let none = SelectOption::new("", t_string!(i18n, common.select));
        let all = scim.groups.all.get().into_iter().map(|group| SelectOption::new(group.id.to_string(), group.name));
        std::iter::once(none).chain(all).collect::<Vec<_>>()
    };
    let roles = move || {
        let none = SelectOption::new("", t_string!(i18n, scim.no_role));
        let all = Role::ALL.iter().map(|role| SelectOption::new(role.as_str(), labels::role(i18n, *role)));
        std::iter::once(none).chain(all).collect::<Vec<_>>()
    };
    view! {
        <li>
            <fieldset class="part">
                <legend>{move || t_string!(i18n, scim.rule_of, n = index.get() + 1)}</legend>
                <Select
                    label=text!(scim.rule_group)
                    name="rule_group"
                    options=Signal::derive(groups)
                    value=rule.group
                    choose=move |group| rule.group.set(group)
                    error=missing
                />
                <LicenseCheckboxes rule scim />
                <Select
                    label=text!(scim.rule_role)
                    name="rule_role"
                    options=Signal::derive(roles)
                    value=rule.role
                    choose=move |role| rule.role.set(role)
                />
                <Buttons key=rule.key index list form />
            </fieldset>
        </li>
    }
}

/// Moves or removes the rule.
#[component]
fn Buttons(
    /// Key of the rule.
    key: usize,
    /// Index of the rule.
    index: Memo<usize>,
    /// All rules.
    list: RuleList,
    /// State of the form, which is touched.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let number = move || index.get() + 1;
    let move_up = move |event: MouseEvent| {
        focus_again(&event);
        list.move_up(key);
        form.touch();
    };
    let remove = move |event: MouseEvent| {
        focus_within(&event, "form", ".rules + .button");
        list.remove(key);
        form.touch();
    };
    view! {
        <div class="acts">
            <button
                type="button"
                class="button small"
                aria-label=move || t_string!(i18n, scim.up, n = number())
                aria-disabled=move || (index.get() == 0).to_string()
                on:click=move_up
            >
                {t!(i18n, scim.up_short)}
            </button>
            <button
                type="button"
                class="button small"
                aria-label=move || t_string!(i18n, scim.remove, n = number())
                on:click=remove
            >
                {t!(i18n, scim.remove_short)}
            </button>
        </div>
    }
}

/// The licenses on offer, and those that the rule had when it was shown even if they are archived.
#[component]
fn LicenseCheckboxes(
    /// Fields of the rule.
    rule: DirectoryRuleFields,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let before = StoredValue::new(rule.licenses.get_untracked());
    let items = Signal::derive(move || {
        let mut all = scim.licenses.get().unwrap_or_default();
        all.retain(|one| one.archived_at.is_none() || before.with_value(|before| before.contains(&one.id)));
        let item = |license: LicenseView| {
            let text = labels::license(i18n, &license);
            CheckListItem { value: license.id, text, note: String::new() }
        };
        all.into_iter().map(item).collect::<Vec<_>>()
    });
    view! {
        <CheckList
            label=text!(scim.rule_licenses)
            titled=true
            items
            selected=rule.licenses
            none=text!(groups.no_licenses)
        />
    }
}

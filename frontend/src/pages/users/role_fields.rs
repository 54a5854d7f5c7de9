//! The fields of a form for the role of a user, and for a manager the permissions.

use crate::{
    i18n::*,
    labels,
    text::text,
    ui::{
        check_list::{CheckList, CheckListItem, RadioList},
        show::Show,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::people::{Permission, Role};
use std::collections::BTreeSet;

#[component]
pub fn RoleFields(
    /// The chosen role.
    role: RwSignal<Role>,
    /// The chosen permissions.
    permissions: RwSignal<BTreeSet<Permission>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let hint = move |role| match role {
        Role::Agent => t_string!(i18n, users.role_agent_hint),
        Role::Manager => t_string!(i18n, users.role_manager_hint),
        Role::Admin => t_string!(i18n, users.role_admin_hint),
    };
    let roles = move || {
        let item = |value| CheckListItem { value, text: labels::role(i18n, value).into(), note: hint(value).into() };
        [Role::Agent, Role::Manager, Role::Admin].map(item).to_vec()
    };
    let all = move || {
        let item = |value: &Permission| CheckListItem {
            value: *value,
            text: labels::permission(i18n, *value).into(),
            note: String::new(),
        };
        Permission::ALL.iter().map(item).collect::<Vec<_>>()
    };
    view! {
        <RadioList label=text!(users.role) name="role" items=Signal::derive(roles) selected=role />
        <Show when=move || role.get() == Role::Manager>
            <CheckList
                label=text!(users.permissions)
                titled=true
                items=Signal::derive(all)
                selected=permissions
                hint=text!(users.permissions_hint)
            />
        </Show>
    }
}

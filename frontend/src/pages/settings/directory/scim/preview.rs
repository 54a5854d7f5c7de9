//! Preview of the effects of the entered rules.

use super::state::ScimState;
use crate::{format::Format, i18n::*, labels};
use leptos::prelude::*;
use seatkeeper_shared::wire::directory::{RolePreview, RulesPreview, UserPreview};

/// One line per affected user.
#[component]
pub fn RulesPreviewNote(
    /// The effects.
    preview: RulesPreview,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let RulesPreview { mut users, total, roles } = preview;
    // Changes of roles are the most important ones.
    users.sort_by_key(|user| user.role.is_none());
    let counts = roles.into_iter().map(|of| view! { <RoleNote of /> }).collect_view();
    if total == 0 {
        return view! {
            <div class="note calm">
                <p>{t!(i18n, scim.preview_none)}</p>
                {counts}
            </div>
        }
        .into_any();
    }
    let lines = users.into_iter().map(|user| view! { <UserLine user scim /> }).collect_view();
    view! {
        <div class="note calm assigned-users">
            <p>{move || t_string!(i18n, scim.preview_some, count = total, n = format.number(total))}</p>
            <ul class="name-list" tabindex="0">{lines}</ul>
            {counts}
        </div>
    }
    .into_any()
}

/// Which group members a role rule applies to.
#[component]
fn RoleNote(
    /// The role, and the members of its group.
    of: RolePreview,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let RolePreview { group_name, role, by_directory, others, .. } = of;
    let text = move || {
        let (role, own, group) = (labels::role(i18n, role), format.number(by_directory), group_name.clone());
        t_string!(i18n, scim.role_counts, count = by_directory, role = role, group = group, own = own)
    };
    let others_text =
        move || (others > 0).then(|| t_string!(i18n, scim.role_others, count = others, others = format.number(others)));
    view! { <p>{text} " " {others_text}</p> }
}

#[component]
fn UserLine(
    /// The affected user.
    user: UserPreview,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let UserPreview { name, gets, loses, refused, role, .. } = user;
    let text = move || {
        let mut parts = Vec::new();
        if let Some(role) = role {
            parts.push(t_string!(i18n, scim.becomes, role = labels::role(i18n, role)));
        }
        if !gets.is_empty() {
            parts.push(t_string!(i18n, scim.gets, licenses = scim.license_names(i18n, &gets)));
        }
        if !loses.is_empty() {
            parts.push(t_string!(i18n, scim.loses, licenses = scim.license_names(i18n, &loses)));
        }
        for one in &refused {
            let license = scim.license_name(i18n, one.license_id);
            // The parts of the line are separated by semicolons.
            let why = labels::problem(i18n, one.code).trim_end_matches('.');
            parts.push(t_string!(i18n, scim.gets_not, license = license, why = why));
        }
        parts.join("; ")
    };
    view! {
        <li>
            <b>{name}</b>
            " "
            {text}
        </li>
    }
}

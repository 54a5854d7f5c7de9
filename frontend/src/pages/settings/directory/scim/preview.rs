//! What would become of people under the rules as they are entered.

use super::desk::Desk;
use crate::{i18n::*, words};
use leptos::prelude::*;
use seatkeeper_shared::wire::directory::{RolePreview, RulesPreview, UserPreview};

/// One line for each person.
#[component]
pub fn Preview(
    /// What would become of them.
    preview: RulesPreview,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let RulesPreview { users, total, roles } = preview;
    let counts = roles.into_iter().map(|of| view! { <Counts of /> }).collect_view();
    if total == 0 {
        return view! {
            <div class="note calm">
                <p>{t!(i18n, scim.preview_none)}</p>
                {counts}
            </div>
        }
        .into_any();
    }
    let lines = users.into_iter().map(|user| view! { <Line user desk /> }).collect_view();
    view! {
        <div class="note calm told-all">
            <p>{move || t_string!(i18n, scim.preview_some, count = total)}</p>
            <ul class="told" tabindex="0">{lines}</ul>
            {counts}
        </div>
    }
    .into_any()
}

/// Whose memberships count for a role.
#[component]
fn Counts(
    /// The rule's role, and its group's members.
    of: RolePreview,
) -> impl IntoView {
    let i18n = use_i18n();
    let RolePreview { group_name, role, by_directory, others, .. } = of;
    let text = move || {
        let role = words::role(i18n, role);
        t_string!(i18n, scim.role_counts, role = role, group = group_name.clone(), own = by_directory, others = others)
    };
    view! { <p>{text}</p> }
}

#[component]
fn Line(
    /// Who.
    user: UserPreview,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let UserPreview { name, gets, loses, refused, role, .. } = user;
    let text = move || {
        let mut parts = Vec::new();
        if !gets.is_empty() {
            parts.push(t_string!(i18n, scim.gets, licenses = desk.listed(i18n, &gets)));
        }
        if !loses.is_empty() {
            parts.push(t_string!(i18n, scim.loses, licenses = desk.listed(i18n, &loses)));
        }
        for one in &refused {
            let (license, why) = (desk.license(i18n, one.license_id), words::problem(i18n, one.code));
            parts.push(t_string!(i18n, scim.gets_not, license = license, why = why));
        }
        if let Some(role) = role {
            parts.push(t_string!(i18n, scim.becomes, role = words::role(i18n, role)));
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

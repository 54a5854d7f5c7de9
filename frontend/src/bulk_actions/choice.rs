//! What is chosen in the dialog of a bulk action: the license, group or role, and when sessions end.

use super::job::{BulkActionKind, BulkTargets};
use crate::{
    format::{Format, Texts},
    group_list::GroupList,
    i18n::*,
    labels,
    live::Live,
    pages::licenses::days::{ParsedInstant, day_end, local_time_in, parse_day},
    text::text,
    ui::{
        check_list::{CheckListItem, RadioList},
        field::TextField,
        form::Form,
        select::{Select, SelectOption},
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    people::Role,
    wire::users::UserView,
};

/// The choice of the license, group or role.
#[component]
pub fn Choice(
    /// The kind of action.
    kind: BulkActionKind,
    /// The users it applies to.
    targets: BulkTargets,
    /// The groups to choose from.
    groups: GroupList,
    /// The chosen id or role.
    choice: RwSignal<String>,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    let i18n = use_i18n();
    let live = Live::get();
    let label = match kind {
        BulkActionKind::Grant | BulkActionKind::SetGrantEnd | BulkActionKind::Revoke => text!(users.license),
        BulkActionKind::SetRole => text!(users.role),
        _ => text!(bulk.group),
    };
    let options = Memo::new(move |_| {
        let mut all = vec![SelectOption::new("", t_string!(i18n, common.select))];
        all.extend(choices(i18n, live, groups, kind, &targets));
        all
    });
    let none = move || match options.with(Vec::len) {
        1 => t_string!(i18n, bulk.no_choice).to_owned(),
        _ => String::new(),
    };
    view! {
        <Select
            label
            name="choice"
            options
            value=choice
            choose=move |value| choice.set(value)
            hint=Signal::derive(none)
            form
        />
    }
}

/// The options that make sense: licenses and groups that some user lacks (to add) or has (to remove). For a filter,
/// all.
fn choices(
    i18n: Texts,
    live: Live,
    groups: GroupList,
    kind: BulkActionKind,
    targets: &BulkTargets,
) -> Vec<SelectOption> {
    let (users, any) = (targets.known_users(), matches!(targets, BulkTargets::Matching(..)));
    let licenses = |fits: fn(&UserView, &LicenseId) -> bool| {
        live.state.with(|state| {
            let fit = state.licenses.iter().filter(|one| any || users.iter().any(|user| fits(user, &one.id)));
            fit.map(|license| SelectOption::new(license.id.to_string(), labels::license(i18n, license))).collect()
        })
    };
    let in_groups = |fits: fn(&UserView, &GroupId) -> bool| {
        groups.all.with(|all| {
            let fit = all.iter().filter(|group| any || users.iter().any(|user| fits(user, &group.id)));
            fit.map(|group| SelectOption::new(group.id.to_string(), group.name.clone())).collect()
        })
    };
    match kind {
        BulkActionKind::Grant => licenses(|user, id| !user.license_ids.contains(id)),
        BulkActionKind::SetGrantEnd | BulkActionKind::Revoke => licenses(|user, id| user.license_ids.contains(id)),
        BulkActionKind::AddToGroup => in_groups(|user, id| !user.group_ids.contains(id)),
        BulkActionKind::RemoveFromGroup => in_groups(|user, id| user.group_ids.contains(id)),
        BulkActionKind::SetRole => {
            Role::ALL.iter().map(|role| SelectOption::new(role.as_str(), labels::role(i18n, *role))).collect()
        }
        BulkActionKind::Suspend | BulkActionKind::Reactivate | BulkActionKind::Delete => Vec::new(),
    }
}

/// The last day of an assignment; empty if it does not end by itself.
#[component]
pub fn LastDay(
    /// The value of the date field.
    day: RwSignal<String>,
    /// The state of the form.
    form: Form,
) -> impl IntoView {
    view! {
        <TextField
            label=text!(users.last_day)
            value=day
            name="ends_at"
            kind="date"
            hint=text!(users.last_day_hint)
            form
            optional=true
        />
    }
}

/// When an assignment with this last day ends, in the account's time zone; `None` if the field is empty.
pub fn parse_last_day(text: &str) -> ParsedInstant {
    let zone = untrack(|| Format::get().time_zone());
    parse_day(text).map(|day| day.map(|day| day_end(day, local_time_in(&zone))))
}

/// The choice whether live sessions are ended.
#[component]
pub fn EndNow(
    /// Whether live sessions are ended.
    end_now: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let items = move || {
        let item = |value, text: &str, note: &str| CheckListItem { value, text: text.into(), note: note.into() };
        vec![
            item(false, t_string!(i18n, users.let_finish), t_string!(i18n, users.let_finish_hint)),
            item(true, t_string!(i18n, users.end_now), t_string!(i18n, users.end_now_hint)),
        ]
    };
    view! { <RadioList label=text!(users.running) name="end_now" items=Signal::derive(items) selected=end_now /> }
}

//! Dialog for the group limits of a license: seats reserved per group, and caps.

use super::{catalog::Catalog, form_values::parse_integer, state::LicensesPageState};
use crate::{
    api::{Api, Failure},
    format::Format,
    i18n::*,
    labels,
    ui::{
        dialog::TaskDialog,
        edit_conflict::{ConflictNotice, VersionedEdit},
        empty_state::{LoadError, Skeleton},
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    endpoints::Endpoint,
    license::GroupLimit,
    validate::{FieldError, MAX_SEATS},
    wire::{
        groups::{GroupLimits, GroupView},
        licenses::LicenseView,
    },
};

#[component]
pub fn GroupLimitsDialog(
    /// Products and licenses of the page.
    catalog: Catalog,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let license = Memo::new(move |_| page.limits_dialog.get().and_then(|id| catalog.license(id)));
    let title = move || {
        let name = license.with(|license| license.as_ref().map(|license| labels::license(i18n, license)));
        t_string!(i18n, licenses.limits_title, license = name.unwrap_or_default())
    };
    let open = Signal::derive(move || page.limits_dialog.with(Option::is_some));
    view! {
        <TaskDialog open close=move |()| page.limits_dialog.set(None) title=Signal::derive(title)>
            {move || license.get_untracked().map(|first| view! { <LimitsLoader first page /> })}
        </TaskDialog>
    }
}

/// Loads the groups, then shows the form.
#[component]
fn LimitsLoader(
    /// The license when the dialog was opened.
    first: LicenseView,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = Api::get();
    let groups = RwSignal::new(None::<Result<Vec<GroupView>, Failure>>);
    let load = move || {
        groups.set(None);
        spawn_local(async move { drop(groups.try_set(Some(api.read("/groups").await))) });
    };
    load();
    move || match groups.get() {
        None => view! { <Skeleton rows=3 /> }.into_any(),
        Some(Err(failure)) => view! { <LoadError failure=Signal::stored(failure) retry=move |()| load() /> }.into_any(),
        Some(Ok(groups)) if groups.is_empty() => view! {
            <p>{t!(i18n, licenses.no_groups)}</p>
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.limits_dialog.set(None)>
                    {t!(i18n, common.close)}
                </button>
            </div>
        }
        .into_any(),
        Some(Ok(groups)) => view! { <GroupLimitsForm first=first.clone() groups page /> }.into_any(),
    }
}

/// Form fields of one group.
#[derive(Clone)]
struct GroupLimitFields {
    group: GroupView,
    floor: RwSignal<String>,
    cap: RwSignal<String>,
}

impl GroupLimitFields {
    fn of(group: GroupView, limits: &[GroupLimit]) -> Self {
        let limit = limits.iter().find(|limit| limit.group_id == group.id);
        let floor = limit.map(|limit| limit.floor).filter(|floor| *floor > 0);
        let cap = limit.and_then(|limit| limit.cap);
        let text = |number: Option<i64>| RwSignal::new(number.map(|number| number.to_string()).unwrap_or_default());
        Self { floor: text(floor), cap: text(cap), group }
    }

    /// The entered limit; `None` if both fields are empty.
    fn limit(&self) -> Result<Option<GroupLimit>, FieldError> {
        let (floor, cap) = (self.floor.get(), self.cap.get());
        let floor = if floor.trim().is_empty() { 0 } else { parse_integer(&floor, (0, MAX_SEATS))? };
        let cap = if cap.trim().is_empty() { None } else { Some(parse_integer(&cap, (floor, MAX_SEATS))?) };
        let group_id = self.group.id;
        Ok((floor > 0 || cap.is_some()).then_some(GroupLimit { group_id, floor, cap }))
    }
}

/// Limits of groups that are not in the form, because they are newer. They are sent unchanged, because the request
/// replaces all limits.
fn invisible_limits(limits: &[GroupLimit], visible: &[GroupLimitFields]) -> Vec<GroupLimit> {
    let is_invisible = |limit: &&GroupLimit| visible.iter().all(|fields| fields.group.id != limit.group_id);
    limits.iter().filter(is_invisible).cloned().collect()
}

#[component]
fn GroupLimitsForm(
    /// The license when the dialog was opened.
    first: LicenseView,
    /// All visible groups.
    groups: Vec<GroupView>,
    /// Which dialog of the page is open.
    page: LicensesPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let (format, toasts, form) = (Format::get(), Toasts::get(), Form::default());
    let (id, seats) = (first.id, first.seats);
    let shown = first.group_limits.clone();
    let edit =
        VersionedEdit::of(Endpoint::get(format!("/licenses/{id}")), move |now: &LicenseView| now.group_limits == shown);
    let reload = move |()| {
        page.limits_dialog.set(None);
        set_timeout(move || page.limits_dialog.set(Some(id)), std::time::Duration::from_millis(300));
    };
    let group_fields: Vec<_> =
        groups.into_iter().map(|group| GroupLimitFields::of(group, &first.group_limits)).collect();
    let all = StoredValue::new(group_fields.clone());
    let invisible_limits = invisible_limits(&first.group_limits, &group_fields);
    let limits = Memo::new(move |_| {
        let entered = all.with_value(|all| {
            all.iter().filter_map(|fields| fields.limit().transpose()).collect::<Result<Vec<_>, _>>()
        });
        entered.map(|entered| [entered, invisible_limits.clone()].concat())
    });
    let reserved = move || limits.get().unwrap_or_default().iter().map(|limit| limit.floor).sum::<i64>();
    let sum = move || {
        let (n, all_seats) = (format.number(reserved()), format.number(seats));
        t_string!(i18n, licenses.reserved_of, count = seats, n = n, seats = all_seats)
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let limits = limits.get_untracked();
        let (true, Ok(limits)) = (form.begin([("limits", limits.clone().err())]), limits) else { return };
        spawn_local(async move {
            match edit
                .send(Endpoint::<LicenseView>::put(format!("/licenses/{id}/groups"), &GroupLimits { limits }))
                .await
            {
                Ok(changed) => {
                    let name = untrack(|| labels::license(i18n, &changed));
                    toasts.success(tu_string!(i18n, licenses.limits_changed, license = name));
                    form.done();
                    page.limits_dialog.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <ConflictNotice edit reload />
            <p class="hint">{t!(i18n, licenses.limits_hint)}</p>
            <div class="limits">
                {group_fields.into_iter().map(|fields| view! { <GroupRow fields /> }).collect_view()}
            </div>
            <p role="status">{sum}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.limits_dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {move || if form.busy() { t_string!(i18n, licenses.saving) } else { t_string!(i18n, common.save) }}
                </button>
            </div>
        </form>
    }
}

#[component]
fn GroupRow(
    /// Form fields of the group.
    fields: GroupLimitFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (floor, cap) = (fields.floor, fields.cap);
    let (members, name) = (fields.group.members, fields.group.name.clone());
    let count = move || t_string!(i18n, licenses.members, count = members, n = format.number(members));
    let error = Signal::derive(move || fields.limit().err());
    view! {
        <fieldset class="limit">
            <legend>
                <b>{name}</b>
                " "
                <small>{count}</small>
            </legend>
            <div class="pair">
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.floor).to_owned())
                    value=floor
                    kind="number"
                    name="floor"
                    optional=true
                />
                <TextField
                    label=Signal::derive(move || t_string!(i18n, licenses.cap).to_owned())
                    value=cap
                    kind="number"
                    name="cap"
                    error=error
                    optional=true
                />
            </div>
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatkeeper_shared::ids::GroupId;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn limits_of_invisible_groups_are_kept() {
        let id = |n: u8| format!("00000000-0000-4000-8000-00000000000{n}").parse::<GroupId>().unwrap();
        let limit = |n| GroupLimit { group_id: id(n), floor: 3, cap: None };
        let visible = GroupView { id: id(1), name: "Nord".to_owned(), members: 0, directory_id: None };
        let group_fields = [GroupLimitFields::of(visible, &[limit(1), limit(2)])];
        assert_eq!(invisible_limits(&[limit(1), limit(2)], &group_fields), [limit(2)]);
    }
}

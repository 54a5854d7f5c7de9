//! The form for the group limits of a license: seats reserved per group, and caps.

use super::{form_values::parse_integer, license_dialog::LicenseEdit};
use crate::{
    format::Format,
    i18n::*,
    text::text,
    ui::{
        field::TextField,
        form_dialog::{FormDialog, InfoDialog, LoadedDialog},
        query::Query,
    },
};
use leptos::prelude::*;
use leptos_router::components::A;
use seatkeeper_shared::{
    endpoints,
    ids::GroupId,
    license::GroupLimit,
    validate::{FieldError, MAX_SEATS},
    wire::groups::{GroupLimits, GroupView},
};

/// Loads the groups, then shows the form.
#[component]
pub fn GroupLimitsForm(
    /// The edit of the dialog.
    edit: LicenseEdit,
) -> impl IntoView {
    let groups = Query::once(endpoints::groups::list());
    let form = move |groups: Vec<GroupView>| match groups.is_empty() {
        true => view! { <NoGroups edit /> }.into_any(),
        false => view! { <LimitsForm edit groups /> }.into_any(),
    };
    view! {
        <LoadedDialog title=edit.title status=groups.status()>
            {groups.with_untracked(Vec::clone).map(form)}
        </LoadedDialog>
    }
}

/// Says that there are no groups, and leads to the page where they are added.
#[component]
fn NoGroups(
    /// The edit of the dialog.
    edit: LicenseEdit,
) -> impl IntoView {
    let i18n = use_i18n();
    let acts = move || {
        view! {
            <A href="/groups" attr:class="button">
                {t!(i18n, licenses.open_groups)}
            </A>
        }
    };
    view! {
        <InfoDialog title=edit.title acts>
            <p>{t!(i18n, licenses.no_groups)}</p>
        </InfoDialog>
    }
}

/// Form fields of one group.
#[derive(Clone, Copy)]
struct GroupLimitFields {
    group: GroupId,
    floor: RwSignal<String>,
    cap: RwSignal<String>,
}

impl GroupLimitFields {
    fn of(group: GroupId, limits: &[GroupLimit]) -> Self {
        let limit = limits.iter().find(|limit| limit.group_id == group);
        let floor = limit.map(|limit| limit.floor).filter(|floor| *floor > 0);
        let cap = limit.and_then(|limit| limit.cap);
        let text = |number: Option<i64>| RwSignal::new(number.map(|number| number.to_string()).unwrap_or_default());
        Self { floor: text(floor), cap: text(cap), group }
    }

    /// The entered number of reserved seats; tracked.
    fn floor(self) -> Result<i64, FieldError> {
        Ok(entered(self.floor, 0)?.unwrap_or_default())
    }

    /// The entered cap; tracked. An error of the floor is not one of the cap.
    fn cap(self) -> Result<Option<i64>, FieldError> {
        entered(self.cap, self.floor().unwrap_or_default())
    }

    /// The entered limit; `None` if both fields are empty.
    fn limit(self) -> Result<Option<GroupLimit>, FieldError> {
        let (floor, cap) = (self.floor()?, self.cap()?);
        Ok((floor > 0 || cap.is_some()).then_some(GroupLimit { group_id: self.group, floor, cap }))
    }
}

/// The entered number, at least `min`; `None` if the field is empty.
fn entered(text: RwSignal<String>, min: i64) -> Result<Option<i64>, FieldError> {
    text.with(|text| (!text.trim().is_empty()).then(|| parse_integer(text, (min, MAX_SEATS))).transpose())
}

/// Limits of groups that are not in the form, because they are newer. They are sent unchanged, because the request
/// replaces all limits.
fn invisible_limits(limits: &[GroupLimit], visible: &[GroupLimitFields]) -> Vec<GroupLimit> {
    let is_invisible = |limit: &&GroupLimit| visible.iter().all(|fields| fields.group != limit.group_id);
    limits.iter().filter(is_invisible).cloned().collect()
}

#[component]
fn LimitsForm(
    /// The edit of the dialog.
    edit: LicenseEdit,
    /// All visible groups.
    groups: Vec<GroupView>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (id, seats, before) =
        edit.license.with_value(|license| (license.id, license.seats, license.group_limits.clone()));
    let all: Vec<_> = groups.iter().map(|group| GroupLimitFields::of(group.id, &before)).collect();
    let rows = groups.into_iter().zip(all.clone()).map(|(group, fields)| view! { <GroupRow group fields /> });
    let rows = rows.collect_view();
    let invisible = invisible_limits(&before, &all);
    let limits = Memo::new(move |_| {
        let entered = all.iter().filter_map(|fields| fields.limit().transpose()).collect::<Result<Vec<_>, _>>();
        entered.map(|entered| [entered, invisible.clone()].concat())
    });
    let sum = move || {
        let reserved = limits.get().unwrap_or_default().iter().map(|limit| limit.floor).sum::<i64>();
        let (n, all_seats) = (format.number(reserved), format.number(seats));
        t_string!(i18n, licenses.reserved_of, count = seats, n = n, seats = all_seats)
    };
    let submit = move |()| match limits.get_untracked() {
        Ok(limits) => edit.send(endpoints::licenses::set_group_limits(id, &GroupLimits { limits })),
        Err(error) => edit.save(Err(vec![("limits", Some(error))])),
    };
    view! {
        <FormDialog scope="licenses-page" title=edit.title form=edit.form submit edit=edit.version>
            <p class="hint">{t!(i18n, licenses.limits_hint)}</p>
            <div class="form">{rows}</div>
            <p role="status">{sum}</p>
        </FormDialog>
    }
}

#[component]
fn GroupRow(
    /// The group whose limits are edited; its members are counted beside its name.
    group: GroupView,
    /// Its form fields.
    fields: GroupLimitFields,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let members = group.members;
    let count = move || t_string!(i18n, licenses.members, count = members, n = format.number(members));
    view! {
        <fieldset class="limit">
            <legend>
                <b>{group.name}</b>
                " "
                <small>{count}</small>
            </legend>
            <div class="pair">
                <TextField
                    label=text!(licenses.floor)
                    value=fields.floor
                    kind="number"
                    name="floor"
                    error=Signal::derive(move || fields.floor().err())
                    optional=true
                />
                <TextField
                    label=text!(licenses.cap)
                    value=fields.cap
                    kind="number"
                    name="cap"
                    error=Signal::derive(move || fields.cap().err())
                    optional=true
                />
            </div>
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn id(n: u8) -> GroupId {
        format!("00000000-0000-4000-8000-00000000000{n}").parse().unwrap()
    }

    fn limit(n: u8) -> GroupLimit {
        GroupLimit { group_id: id(n), floor: 3, cap: None }
    }

    #[wasm_bindgen_test]
    fn limits_of_invisible_groups_are_kept() {
        let fields = [GroupLimitFields::of(id(1), &[limit(1), limit(2)])];
        assert_eq!(invisible_limits(&[limit(1), limit(2)], &fields), [limit(2)]);
    }

    #[wasm_bindgen_test]
    fn an_error_belongs_to_the_field_that_has_it() {
        let fields = GroupLimitFields::of(id(1), &[limit(1)]);
        fields.cap.set("2".to_owned());
        assert_eq!((fields.floor(), fields.cap()), (Ok(3), Err(FieldError::OutOfRange { min: 3, max: MAX_SEATS })));
        fields.floor.set("-1".to_owned());
        assert_eq!((fields.floor().is_err(), fields.cap()), (true, Ok(Some(2))));
    }
}

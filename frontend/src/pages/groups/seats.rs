//! The seats of each license that are reserved for the open group, and the group's limit.

use super::state::GroupsPageState;
use crate::{
    format::Format,
    i18n::*,
    labels, lazy_dialog,
    text::text,
    ui::{
        edit_conflict::VersionedEdit,
        field::TextField,
        form::{FieldCheck, Form},
        form_dialog::{Dialogs, FormDialog},
        links::{Named, NamedLink},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::{GroupId, LicenseId},
    license::GroupLimit,
    permissions::Action,
    validate::{FieldError, MAX_SEATS},
    wire::{groups::GroupLimits, licenses::LicenseView},
};

#[component]
pub fn GroupSeats(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (dialogs, licenses) = (Dialogs::get(), page.live.licenses());
    let line = move |license: LicenseView| {
        let id = license.id;
        let limit = move || {
            let group = page.id.get();
            let license = page.live.license(id)?;
            license.group_limits.into_iter().find(|limit| Some(limit.group_id) == group)
        };
        let summary = move || {
            let floor = limit().map_or(0, |limit| limit.floor);
            let cap = limit().and_then(|limit| limit.cap);
            let cap = cap.map_or_else(|| t_string!(i18n, groups.no_limit).to_owned(), |cap| format.number(cap));
            let (keeps, caps) = (t_string!(i18n, groups.floor), t_string!(i18n, groups.cap));
            format!("{keeps}: {}{}{caps}: {cap}", format.number(floor), t_string!(i18n, common.dot))
        };
        view! {
            <li>
                <span>
                    <NamedLink to=Named::License(id)>{labels::license(i18n, &license)}</NamedLink>
                    <small class="num">{summary}</small>
                </span>
                <Show when=move || page.may(Action::ManageProducts)>
                    <button
                        type="button"
                        class="button small"
                        on:click=dialogs.opens(lazy_dialog!(change_group_seats(page: GroupsPageState, id: LicenseId) {
                            page.id.get_untracked().map(|group| view! { <ChangeSeats page group license=id /> })
                        }))
                    >
                        {t!(i18n, groups.edit_seats)}
                    </button>
                </Show>
            </li>
        }
    };
    view! {
        <section class="card wide">
            <div class="card-head">
                <h2>{t!(i18n, groups.seats)}</h2>
            </div>
            <p class="hint">{t!(i18n, groups.seats_hint)}</p>
            <Show
                when=move || !licenses.with(Vec::is_empty)
                fallback=move || view! { <p class="muted">{t!(i18n, groups.no_licenses)}</p> }
            >
                <ul class="lines">{move || licenses.get().into_iter().map(line).collect_view()}</ul>
            </Show>
        </section>
    }
}

/// The reservation of a license for a group, and the group's limit, as entered.
#[derive(Clone, Copy)]
struct SeatFields {
    floor: RwSignal<String>,
    cap: RwSignal<String>,
}

impl SeatFields {
    fn of(now: Option<&GroupLimit>) -> Self {
        let cap = now.and_then(|limit| limit.cap).map(|cap| cap.to_string()).unwrap_or_default();
        Self { floor: RwSignal::new(now.map_or(0, |limit| limit.floor).to_string()), cap: RwSignal::new(cap) }
    }

    /// The floor and the cap.
    ///
    /// # Errors
    /// Returns the names and errors of the invalid fields.
    fn read(self) -> Result<(i64, Option<i64>), Vec<FieldCheck>> {
        let range = |min| FieldError::OutOfRange { min, max: MAX_SEATS };
        let floor = number(&self.floor.get_untracked());
        let least = floor.unwrap_or_default();
        let cap = self.cap.with_untracked(|text| (!text.trim().is_empty()).then(|| number(text))).transpose();
        let cap = cap.and_then(|cap| if cap.is_some_and(|cap| cap < least) { Err(()) } else { Ok(cap) });
        match (floor, cap) {
            (Ok(floor), Ok(cap)) => Ok((floor, cap)),
            (floor, cap) => {
                Err(vec![("floor", floor.err().map(|()| range(0))), ("cap", cap.err().map(|()| range(least)))])
            }
        }
    }
}

/// Changes reservation and limit of a license.
#[component]
fn ChangeSeats(
    /// The state of the page.
    page: GroupsPageState,
    group: GroupId,
    license: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let known = untrack(|| page.live.license(license));
    let name = known.as_ref().map(|license| untrack(|| labels::license(i18n, license))).unwrap_or_default();
    let limits = known.map(|license| license.group_limits).unwrap_or_default();
    let fields = SeatFields::of(limits.iter().find(|limit| limit.group_id == group));
    let shown = limits.clone();
    let edit = VersionedEdit::of(endpoints::licenses::one(license), move |now: &LicenseView| now.group_limits == shown);
    let submit = move |()| {
        let (checks, floor, cap) = match fields.read() {
            Ok((floor, cap)) => (Vec::new(), floor, cap),
            Err(wrong) => (wrong, 0, None),
        };
        let mut all = limits.clone();
        all.retain(|limit| limit.group_id != group);
        if floor > 0 || cap.is_some() {
            all.push(GroupLimit { group_id: group, floor, cap });
        }
        let change = endpoints::licenses::set_group_limits(license, &GroupLimits { limits: all });
        form.run(checks, edit.send(change), move |_| {
            toasts.success(tu_string!(i18n, groups.saved));
            dialogs.close_if(form);
        });
    };
    let group_name = untrack(|| page.name());
    let title = text!(groups.seats_title, license = name.clone(), group = group_name.clone());
    view! {
        <FormDialog title form submit edit>
            <TextField
                label=text!(groups.floor)
                value=fields.floor
                kind="number"
                name="floor"
                form
                autofocus=true
            />
            <TextField
                label=text!(groups.cap)
                value=fields.cap
                kind="number"
                name="cap"
                hint=text!(groups.no_limit)
                form
                optional=true
            />
        </FormDialog>
    }
}

fn number(text: &str) -> Result<i64, ()> {
    text.trim().parse().ok().filter(|number| (0..=MAX_SEATS).contains(number)).ok_or(())
}

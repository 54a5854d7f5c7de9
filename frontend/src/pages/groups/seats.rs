//! The seats of each license that are reserved for the open group, and the group's limit.

use super::state::{GroupDialog, GroupsPageState};
use crate::{
    format::Format,
    i18n::*,
    labels,
    ui::{
        dialog::TaskDialog,
        edit_conflict::{ConflictNotice, VersionedEdit},
        error_message::{ErrorMessage, failure_text},
        field::TextField,
        form::Form,
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
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
    let licenses = page.live.licenses();
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
                    {labels::license(i18n, &license)}
                    <small class="num">{summary}</small>
                </span>
                <Show when=move || page.may(Action::ManageProducts)>
                    <button
                        type="button"
                        class="button small"
                        on:click=move |_| page.dialog.set(Some(GroupDialog::Seats(id)))
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

/// The dialog that changes reservation and limit of a license.
#[component]
pub fn SeatsDialog(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let license = Memo::new(move |_| match page.dialog.get() {
        Some(GroupDialog::Seats(id)) => Some(id),
        _ => None,
    });
    let title = move || {
        let known = license.get().and_then(|id| page.live.license(id));
        let license = known.map(|license| labels::license(i18n, &license)).unwrap_or_default();
        t_string!(i18n, groups.seats_title, license = license, group = page.name())
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || license.get().is_some())
            close=move |()| page.dialog.set(None)
            title=Signal::derive(title)
        >
            {move || {
                let (group, license) = (page.id.get()?, license.get()?);
                Some(view! { <Numbers page group license /> })
            }}
        </TaskDialog>
    }
}

#[component]
fn Numbers(
    /// The state of the page.
    page: GroupsPageState,
    group: GroupId,
    license: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let limits = untrack(|| page.live.license(license)).map(|license| license.group_limits).unwrap_or_default();
    let now = limits.iter().find(|limit| limit.group_id == group);
    let floor = RwSignal::new(now.map_or(0, |limit| limit.floor).to_string());
    let cap = RwSignal::new(now.and_then(|limit| limit.cap).map(|cap| cap.to_string()).unwrap_or_default());
    let shown = limits.clone();
    let edit = VersionedEdit::at(format!("/licenses/{license}"), move |now: &LicenseView| now.group_limits == shown);
    let reload = move |()| {
        page.dialog.set(None);
        set_timeout(move || page.dialog.set(Some(GroupDialog::Seats(license))), std::time::Duration::from_millis(300));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let floor_entered = number(&floor.get_untracked());
        let cap_entered = cap.with_untracked(|text| (!text.trim().is_empty()).then(|| number(text))).transpose();
        let range = |min| FieldError::OutOfRange { min, max: MAX_SEATS };
        let (bad_floor, floor) = (floor_entered.is_err().then(|| range(0)), floor_entered.unwrap_or_default());
        let bad_cap = cap_entered.is_err()
            || cap_entered.as_ref().is_ok_and(|cap_entered| cap_entered.is_some_and(|cap_entered| cap_entered < floor));
        if !form.begin([("floor", bad_floor), ("cap", bad_cap.then(|| range(floor)))]) {
            return;
        }
        let cap = cap_entered.ok().flatten();
        let mut all = limits.clone();
        all.retain(|limit| limit.group_id != group);
        if floor > 0 || cap.is_some() {
            all.push(GroupLimit { group_id: group, floor, cap });
        }
        spawn_local(async move {
            let body = GroupLimits { limits: all };
            match edit.put::<LicenseView>("/groups", &body).await {
                Ok(_) => {
                    toasts.success(tu_string!(i18n, groups.saved));
                    page.dialog.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <ConflictNotice edit reload />
            <TextField
                label=Signal::derive(move || t_string!(i18n, groups.floor).to_owned())
                value=floor
                kind="number"
                name="floor"
                error=form.error("floor")
                autofocus=true
            />
            <TextField
                label=Signal::derive(move || t_string!(i18n, groups.cap).to_owned())
                value=cap
                kind="number"
                name="cap"
                hint=Signal::derive(move || Some(t_string!(i18n, groups.no_limit).to_owned()))
                error=form.error("cap")
                optional=true
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, common.save)}
                </button>
            </div>
        </form>
    }
}

fn number(text: &str) -> Result<i64, ()> {
    text.trim().parse().ok().filter(|number| (0..=MAX_SEATS).contains(number)).ok_or(())
}

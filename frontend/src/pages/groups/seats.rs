//! What each license keeps for the open group, and how much the group may take.

use super::desk::{Asking, Desk};
use crate::{
    format::Format,
    i18n::*,
    ui::{
        dialog::TaskDialog,
        face::{Wrong, usual},
        field::TextField,
        form::Form,
        opened::{Late, Opened},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::{GroupId, LicenseId},
    license::GroupLimit,
    permissions::Action,
    validate::{FieldError, MAX_SEATS},
    wire::{groups::GroupLimits, licenses::LicenseView},
};

/// The licenses.
#[component]
pub fn Seats(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let licenses = desk.live.licenses();
    let line = move |license: LicenseView| {
        let id = license.id;
        let limit = move || {
            let group = desk.id.get();
            let license = desk.live.license(id)?;
            license.group_limits.into_iter().find(|limit| Some(limit.group_id) == group)
        };
        let said = move || {
            let floor = limit().map_or(0, |limit| limit.floor);
            let cap = limit().and_then(|limit| limit.cap);
            let cap = cap.map_or_else(|| t_string!(i18n, groups.no_limit).to_owned(), |cap| format.number(cap));
            let (keeps, most) = (t_string!(i18n, groups.floor), t_string!(i18n, groups.cap));
            format!("{keeps}: {}{}{most}: {cap}", format.number(floor), t_string!(i18n, common.dot))
        };
        view! {
            <li>
                <span>
                    {words::license(i18n, &license)}
                    <small class="num">{said}</small>
                </span>
                <Show when=move || desk.may(Action::ManageProducts)>
                    <button type="button" class="button small" on:click=move |_| desk.asking.set(Some(Asking::Seats(id)))>
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

/// Changes the two numbers of a license.
#[component]
pub fn SeatsDialog(
    /// The page.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let license = Memo::new(move |_| match desk.asking.get() {
        Some(Asking::Seats(id)) => Some(id),
        _ => None,
    });
    let title = move || {
        let known = license.get().and_then(|id| desk.live.license(id));
        let license = known.map(|license| words::license(i18n, &license)).unwrap_or_default();
        t_string!(i18n, groups.seats_title, license = license, group = desk.name())
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || license.get().is_some())
            close=move |()| desk.asking.set(None)
            title=Signal::derive(title)
        >
            {move || {
                let (group, license) = (desk.id.get()?, license.get()?);
                Some(view! { <Numbers desk group license /> })
            }}
        </TaskDialog>
    }
}

#[component]
fn Numbers(
    /// The page.
    desk: Desk,
    /// For which group.
    group: GroupId,
    /// Of which license.
    license: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let limits = untrack(|| desk.live.license(license)).map(|license| license.group_limits).unwrap_or_default();
    let now = limits.iter().find(|limit| limit.group_id == group);
    let floor = RwSignal::new(now.map_or(0, |limit| limit.floor).to_string());
    let cap = RwSignal::new(now.and_then(|limit| limit.cap).map(|cap| cap.to_string()).unwrap_or_default());
    let shown = limits.clone();
    let opened = Opened::at(format!("/licenses/{license}"), move |now: &LicenseView| now.group_limits == shown);
    let reload = move |()| {
        desk.asking.set(None);
        set_timeout(move || desk.asking.set(Some(Asking::Seats(license))), std::time::Duration::from_millis(300));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let least = number(&floor.get_untracked());
        let most = cap.with_untracked(|text| (!text.trim().is_empty()).then(|| number(text))).transpose();
        let range = |min| FieldError::OutOfRange { min, max: MAX_SEATS };
        let (bad_floor, floor) = (least.is_err().then(|| range(0)), least.unwrap_or_default());
        let bad_cap = most.is_err() || most.as_ref().is_ok_and(|most| most.is_some_and(|most| most < floor));
        if !form.begin([("floor", bad_floor), ("cap", bad_cap.then(|| range(floor)))]) {
            return;
        }
        let cap = most.ok().flatten();
        let mut all = limits.clone();
        all.retain(|limit| limit.group_id != group);
        if floor > 0 || cap.is_some() {
            all.push(GroupLimit { group_id: group, floor, cap });
        }
        spawn_local(async move {
            let body = GroupLimits { limits: all };
            match opened.put::<LicenseView>("/groups", &body).await {
                Ok(_) => {
                    toasts.good(tu_string!(i18n, groups.saved));
                    desk.asking.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <Late opened reload />
            <TextField
                label=Signal::derive(move || t_string!(i18n, groups.floor).to_owned())
                value=floor
                kind="number"
                name="floor"
                error=form.error("floor")
                first=true
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
            <Wrong text=Signal::derive(move || usual(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| desk.asking.set(None)>
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

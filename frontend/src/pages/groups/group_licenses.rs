//! The licenses that the open group gives to its members, and the members without a seat.

use super::state::GroupsPageState;
use crate::{
    format::Format,
    i18n::*,
    labels, lazy_dialog,
    text::text,
    ui::{
        form::Form,
        form_dialog::{ConfirmDialog, Dialogs, FormDialog},
        links::{Named, NamedLink},
        query::Loaded,
        select::{Select, SelectOption},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::{GroupId, LicenseId},
    permissions::Action,
    validate::FieldError,
    wire::groups::{GroupLicense, UnassignedMember},
};

#[component]
pub fn GroupLicenses(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let dialogs = Dialogs::get();
    let add = dialogs.opens(lazy_dialog!(add_group_license(page: GroupsPageState) {
        page.id.get_untracked().map(|group| view! { <AddLicense page group /> })
    }));
    let lines = move || {
        let all = page.licenses.get().unwrap_or_default();
        all.into_iter().map(|given| view! { <LicenseLine page given /> }).collect_view()
    };
    view! {
        <section class="card wide">
            <div class="card-head">
                <h2>{t!(i18n, groups.given)}</h2>
                <Show when=move || page.may(Action::Assign)>
                    <button
                        type="button"
                        class="button small"
                        on:click=add
                    >
                        {t!(i18n, groups.give)}
                    </button>
                </Show>
            </div>
            <p class="hint">{t!(i18n, groups.given_hint)}</p>
            <Loaded status=page.licenses.status() rows=1>
                <Show when=move || page.licenses.with(Vec::is_empty).unwrap_or_default()>
                    <p class="muted">{t!(i18n, groups.given_none)}</p>
                </Show>
                <ul class="lines">{lines}</ul>
            </Loaded>
        </section>
    }
}

#[component]
fn LicenseLine(
    /// The state of the page.
    page: GroupsPageState,
    /// The license that the group gives.
    given: GroupLicense,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let GroupLicense { license_id: id, holders, left_out, .. } = given;
    let dialogs = Dialogs::get();
    let name = move || page.license_name(id);
    let remove = dialogs.opens(lazy_dialog!(remove_group_license(page: GroupsPageState, id: LicenseId) {
        page.id.get_untracked().map(|group| view! { <RemoveLicense page group license=id /> })
    }));
    let missing = left_out.len();
    let count = move || t_string!(i18n, groups.holders, count = holders, n = format.number(holders));
    view! {
        <li class="group-license">
            <span>
                <NamedLink to=Named::License(id)>{name}</NamedLink>
                <small class="num">{count}</small>
                {(missing > 0)
                    .then(|| {
                        view! {
                            <details>
                                <summary>
                                    {move || {
                                        t_string!(i18n, groups.left_out, count = missing, n = format.number(missing))
                                    }}
                                </summary>
                                <ul class="left-out">
                                    {left_out.into_iter().map(|one| view! { <LeftOutMember one /> }).collect_view()}
                                </ul>
                            </details>
                        }
                    })}
            </span>
            <Show when=move || page.may(Action::Assign)>
                <button
                    type="button"
                    class="button small"
                    aria-label=move || t_string!(i18n, groups.revoke_of, license = name())
                    on:click=remove
                >
                    {t!(i18n, groups.revoke)}
                </button>
            </Show>
        </li>
    }
}

#[component]
fn LeftOutMember(
    /// The member without the license.
    one: UnassignedMember,
) -> impl IntoView {
    let i18n = use_i18n();
    let UnassignedMember { user_id, name, reason } = one;
    let reason_text = move || match reason {
        Some(code) => labels::problem(i18n, code),
        None => t_string!(i18n, groups.soon),
    };
    view! {
        <li>
            <NamedLink to=Named::User(user_id)>{name}</NamedLink>
            <small>{reason_text}</small>
        </li>
    }
}

/// Lets the open group assign a license.
#[component]
fn AddLicense(
    /// The state of the page.
    page: GroupsPageState,
    /// The open group.
    group: GroupId,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let (chosen, name) = (RwSignal::new(String::new()), untrack(|| page.name()));
    let options = Signal::derive(move || {
        let given = page.licenses.get().unwrap_or_default();
        let all = page.live.licenses().get();
        let free = all.into_iter().filter(|license| !given.iter().any(|one| one.license_id == license.id));
        let first = SelectOption::new("", t_string!(i18n, common.select));
        let named = free.map(|license| SelectOption::new(license.id.to_string(), labels::license(i18n, &license)));
        std::iter::once(first).chain(named).collect::<Vec<_>>()
    });
    let submit = move |()| {
        let Ok(license) = chosen.with_untracked(|id| id.parse::<LicenseId>()) else {
            return form.failed_at("license", FieldError::Required);
        };
        form.submit(
            [],
            || endpoints::groups::add_license(group, license),
            move |all| {
                match all.iter().find(|one| one.license_id == license).map_or(0, |given| given.left_out.len()) {
                    0 => toasts.success(tu_string!(i18n, groups.give_done).to_owned()),
                    left_out => {
                        let n = untrack(|| format.number(left_out));
                        toasts.error(tu_string!(i18n, groups.give_partly, count = left_out, n = n));
                    }
                }
                page.set_licenses_of(group, all);
                dialogs.close_if(form);
            },
        );
    };
    view! {
        <FormDialog
            title=text!(groups.give_title, group = name.clone())
            form
            submit
            confirm=text!(groups.give_confirm)
        >
            <p>{t!(i18n, groups.given_hint)}</p>
            <Select
                label=text!(users.license)
                name="license"
                options
                value=chosen
                choose=move |license| chosen.set(license)
                form
            />
        </FormDialog>
    }
}

/// Asks before the open group stops assigning a license.
#[component]
fn RemoveLicense(
    /// The state of the page.
    page: GroupsPageState,
    /// The open group.
    group: GroupId,
    /// The license to remove.
    license: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts, dialogs) = (Form::default(), Toasts::get(), Dialogs::get());
    let (license_name, group_name) = untrack(|| (page.license_name(license), page.name()));
    let action = move |()| {
        form.submit(
            [],
            || endpoints::groups::remove_license(group, license),
            move |all| {
                toasts.success(tu_string!(i18n, groups.revoked).to_owned());
                page.set_licenses_of(group, all);
                dialogs.close_if(form);
            },
        );
    };
    let title = text!(groups.revoke_title, license = license_name.clone(), group = group_name.clone());
    view! {
        <ConfirmDialog title form action confirm=text!(groups.revoke)>
            <p>{t!(i18n, groups.revoke_text)}</p>
        </ConfirmDialog>
    }
}

impl GroupsPageState {
    /// The name of a license; empty if the caller may not see it. Tracked.
    fn license_name(self, license: LicenseId) -> String {
        self.live.license(license).map(|license| labels::license(self.i18n, &license)).unwrap_or_default()
    }

    /// Puts the licenses of a group in place, if it is still open.
    fn set_licenses_of(self, group: GroupId, licenses: Vec<GroupLicense>) {
        if self.id.try_get_untracked().flatten() == Some(group) {
            self.licenses.set(licenses);
        }
    }
}

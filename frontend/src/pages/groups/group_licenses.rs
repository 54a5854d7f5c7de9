//! The licenses that the open group gives to its members, and the members without a seat.

use super::state::{GroupDialog, GroupsPageState};
use crate::{
    api::Failure,
    format::Format,
    i18n::*,
    labels,
    ui::{
        dialog::TaskDialog,
        empty_state::{LoadError, Skeleton},
        error_message::{ErrorMessage, failure_text},
        form::Form,
        select::{Select, SelectOption},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::LicenseId,
    permissions::Action,
    validate::FieldError,
    wire::groups::{GroupLicense, UnassignedMember},
};

/// The licenses that the open group gives, once loaded.
pub type LoadedLicenses = RwSignal<Option<Result<Vec<GroupLicense>, Failure>>>;

#[component]
pub fn GroupLicenses(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    Effect::new(move |_| {
        page.id.track();
        page.member_changes.track();
        page.load_licenses();
    });
    view! {
        <section class="card wide">
            <div class="card-head">
                <h2>{t!(i18n, groups.given)}</h2>
                <Show when=move || page.may(Action::Assign)>
                    <button
                        type="button"
                        class="button small"
                        on:click=move |_| page.dialog.set(Some(GroupDialog::AddLicense))
                    >
                        {t!(i18n, groups.give)}
                    </button>
                </Show>
            </div>
            <p class="hint">{t!(i18n, groups.given_hint)}</p>
            {move || match page.licenses.get() {
                None => view! { <Skeleton rows=1 /> }.into_any(),
                Some(Err(failure)) => {
                    let retry = move |()| page.load_licenses();
                    view! { <LoadError failure=Signal::stored(failure) retry /> }.into_any()
                }
                Some(Ok(all)) if all.is_empty() => {
                    view! { <p class="muted">{t!(i18n, groups.given_none)}</p> }.into_any()
                }
                Some(Ok(all)) => {
                    let lines = all.into_iter().map(|given| view! { <LicenseLine page given /> }).collect_view();
                    view! { <ul class="lines">{lines}</ul> }.into_any()
                }
            }}
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
    let name = move || page.live.license(id).map(|license| labels::license(i18n, &license)).unwrap_or_default();
    let missing = left_out.len();
    let count = move || t_string!(i18n, groups.holders, count = holders, n = format.number(holders));
    view! {
        <li class="given">
            <span>
                {name}
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
                    on:click=move |_| page.dialog.set(Some(GroupDialog::RemoveLicense(id)))
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
            <a href=format!("/users/{user_id}")>{name}</a>
            <small>{reason_text}</small>
        </li>
    }
}

/// The dialog that adds a license to the open group.
#[component]
pub fn AddLicenseDialog(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <TaskDialog
            open=Signal::derive(move || page.dialog.get() == Some(GroupDialog::AddLicense))
            close=move |()| page.dialog.set(None)
            title=Signal::derive(move || t_string!(i18n, groups.give_title, group = page.name()))
        >
            <AddLicense page />
        </TaskDialog>
    }
}

#[component]
fn AddLicense(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (form, toasts, chosen) = (Form::default(), Toasts::get(), RwSignal::new(String::new()));
    let options = Signal::derive(move || {
        let given = page.licenses.get().and_then(Result::ok).unwrap_or_default();
        let all = page.live.licenses().get();
        let free = all.into_iter().filter(|license| !given.iter().any(|one| one.license_id == license.id));
        let first = SelectOption::new("", t_string!(i18n, common.select));
        let named = free.map(|license| SelectOption::new(license.id.to_string(), labels::license(i18n, &license)));
        std::iter::once(first).chain(named).collect::<Vec<_>>()
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let license = chosen.get_untracked();
        if !form.begin([("license", license.is_empty().then_some(FieldError::Required))]) {
            return;
        }
        spawn_local(async move {
            match page.add_license(&license).await {
                Ok(all) => {
                    let left_out =
                        all.iter().find(|one| one.license_id.to_string() == license).map_or(0, |g| g.left_out.len());
                    if left_out == 0 {
                        toasts.success(tu_string!(i18n, groups.give_done).to_owned());
                    } else {
                        let n = untrack(|| format.number(left_out));
                        toasts.error(tu_string!(i18n, groups.give_partly, count = left_out, n = n));
                    }
                    page.licenses.set(Some(Ok(all)));
                    page.dialog.set(None);
                }
                Err(failure) => form.failed(failure),
            }
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, groups.given_hint)}</p>
            <Select
                label=Signal::derive(move || t_string!(i18n, users.license).to_owned())
                name="license"
                options
                value=chosen
                choose=move |license| chosen.set(license)
                error=form.error("license")
            />
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" on:click=move |_| page.dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button primary" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, groups.give_confirm)}
                </button>
            </div>
        </form>
    }
}

/// The confirmation dialog before a license is removed from the open group.
#[component]
pub fn RemoveLicenseDialog(
    /// The state of the page.
    page: GroupsPageState,
) -> impl IntoView {
    let i18n = use_i18n();
    let license = Memo::new(move |_| match page.dialog.get() {
        Some(GroupDialog::RemoveLicense(id)) => Some(id),
        _ => None,
    });
    let title = move || {
        let known = license.get().and_then(|id| page.live.license(id));
        let license = known.map(|license| labels::license(i18n, &license)).unwrap_or_default();
        t_string!(i18n, groups.revoke_title, license = license, group = page.name())
    };
    view! {
        <TaskDialog
            open=Signal::derive(move || license.get().is_some())
            close=move |()| page.dialog.set(None)
            title=Signal::derive(title)
        >
            {move || license.get().map(|license| view! { <RemoveLicense page license /> })}
        </TaskDialog>
    }
}

#[component]
fn RemoveLicense(
    /// The state of the page.
    page: GroupsPageState,
    /// The license to remove.
    license: LicenseId,
) -> impl IntoView {
    let i18n = use_i18n();
    let (form, toasts) = (Form::default(), Toasts::get());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.begin([]) {
            spawn_local(async move {
                match page.remove_license(license).await {
                    Ok(all) => {
                        toasts.success(tu_string!(i18n, groups.revoked).to_owned());
                        page.licenses.set(Some(Ok(all)));
                        page.dialog.set(None);
                    }
                    Err(failure) => form.failed(failure),
                }
            });
        }
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <p>{t!(i18n, groups.revoke_text)}</p>
            <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            <div class="acts">
                <button type="button" class="button" autofocus on:click=move |_| page.dialog.set(None)>
                    {t!(i18n, common.cancel)}
                </button>
                <button type="submit" class="button danger" aria-disabled=move || form.busy().to_string()>
                    {t!(i18n, groups.revoke)}
                </button>
            </div>
        </form>
    }
}

impl GroupsPageState {
    /// Loads the licenses that the open group gives.
    pub fn load_licenses(self) {
        // The page may have been closed.
        let Some(id) = self.id.try_get_untracked().flatten() else { return };
        spawn_local(async move {
            let answer = self.api.read(&format!("/groups/{id}/licenses")).await;
            // The page has been closed or shows another group.
            if self.id.try_get_untracked() == Some(Some(id)) {
                self.licenses.set(Some(answer));
            }
        });
    }

    async fn add_license(self, license: &str) -> Result<Vec<GroupLicense>, Failure> {
        let id = self.id.get_untracked().map(|id| id.to_string()).unwrap_or_default();
        self.api.put(&format!("/groups/{id}/licenses/{license}"), &()).await
    }

    async fn remove_license(self, license: LicenseId) -> Result<Vec<GroupLicense>, Failure> {
        let id = self.id.get_untracked().map(|id| id.to_string()).unwrap_or_default();
        self.api.delete_returning(&format!("/groups/{id}/licenses/{license}")).await
    }
}

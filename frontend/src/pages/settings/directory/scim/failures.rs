//! Banner about rules of a directory that failed, with details and a retry button.

use super::state::ScimState;
use crate::{
    format::Format,
    i18n::*,
    labels,
    ui::{
        icon::{Glyph, Icon},
        toast::Toasts,
    },
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::DirectoryId,
    wire::directory::{RuleFailure, RuleFailures},
};

#[component]
pub fn Failures(
    /// The directory shown.
    id: DirectoryId,
    /// Shared state of the SCIM section.
    scim: ScimState,
    /// Number of failures.
    count: Memo<i64>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (toasts, busy) = (Toasts::get(), RwSignal::new(false));
    let details = RwSignal::new(None::<Vec<RuleFailure>>);
    let toggle_details = move |_| {
        if details.get_untracked().is_some() {
            details.set(None);
            return;
        }
        spawn_local(async move {
            match scim.api.read::<RuleFailures>(&format!("/directories/{id}/failures")).await {
                Ok(found) => drop(details.try_set(Some(found.failures))),
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
        });
    };
    let retry = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match scim.api.post::<RuleFailures>(&format!("/directories/{id}/retry"), &()).await {
                Ok(left) if left.total == 0 => toasts.success(tu_string!(i18n, scim.all_done)),
                Ok(left) => {
                    let n = untrack(|| format.number(left.total));
                    toasts.error(tu_string!(i18n, scim.still, count = left.total, n = n));
                    details.try_update(|shown| shown.is_some().then(|| *shown = Some(left.failures)));
                }
                Err(failure) => toasts.error(untrack(|| labels::failure(i18n, &failure))),
            }
            busy.try_set(false);
            scim.load();
        });
    };
    view! {
        <div class="note failures" role="status">
            <Icon glyph=Glyph::Warning />
            <div>
                <p>{move || t_string!(i18n, scim.failures, count = count.get(), n = format.number(count.get()))}</p>
                {move || details.get().map(|all| view! { <FailureList all scim /> })}
            </div>
            <div class="acts">
                <button
                    type="button"
                    class="button small"
                    aria-expanded=move || details.with(Option::is_some).to_string()
                    on:click=toggle_details
                >
                    {t!(i18n, scim.details)}
                </button>
                <button type="button" class="button small" aria-disabled=move || busy.get().to_string() on:click=retry>
                    {t!(i18n, scim.retry)}
                </button>
            </div>
        </div>
    }
}

#[component]
fn FailureList(
    /// The failures.
    all: Vec<RuleFailure>,
    /// Shared state of the SCIM section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let line = move |failure: RuleFailure| {
        let text = move || {
            let what = failure.license_id.map(|id| scim.license_name(i18n, id));
            let what = what.unwrap_or_else(|| t_string!(i18n, scim.the_role).to_owned());
            let (why, since) = (labels::problem(i18n, failure.code), format.date_time(failure.since));
            t_string!(i18n, scim.failure, user = failure.user_name.clone(), what = what, why = why, since = since)
        };
        view! { <li>{text}</li> }
    };
    view! { <ul class="name-list">{all.into_iter().map(line).collect_view()}</ul> }
}

//! What the rules of a directory could not do: told in one line, with the details and a way to try again.

use super::desk::Desk;
use crate::{
    format::Format,
    i18n::*,
    ui::{
        icon::{Glyph, Icon},
        toast::Toasts,
    },
    words,
};
use leptos::{prelude::*, task::spawn_local};
use seatkeeper_shared::{
    ids::DirectoryId,
    wire::directory::{RuleFailure, RuleFailures},
};

/// The banner.
#[component]
pub fn Failures(
    /// The directory.
    id: DirectoryId,
    /// The directories.
    desk: Desk,
    /// How many there are.
    count: Memo<i64>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (toasts, busy) = (Toasts::get(), RwSignal::new(false));
    let details = RwSignal::new(None::<Vec<RuleFailure>>);
    let look = move |_| {
        if details.get_untracked().is_some() {
            details.set(None);
            return;
        }
        spawn_local(async move {
            match desk.api.read::<RuleFailures>(&format!("/directories/{id}/failures")).await {
                Ok(found) => drop(details.try_set(Some(found.failures))),
                Err(failure) => toasts.bad(untrack(|| words::failure(i18n, &failure))),
            }
        });
    };
    let retry = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match desk.api.post::<RuleFailures>(&format!("/directories/{id}/retry"), &()).await {
                Ok(left) if left.total == 0 => toasts.good(tu_string!(i18n, scim.all_done)),
                Ok(left) => {
                    toasts.bad(untrack(|| t_string!(i18n, scim.still, count = left.total)));
                    details.try_update(|shown| shown.is_some().then(|| *shown = Some(left.failures)));
                }
                Err(failure) => toasts.bad(untrack(|| words::failure(i18n, &failure))),
            }
            busy.try_set(false);
            desk.load();
        });
    };
    view! {
        <div class="note failures" role="status">
            <Icon glyph=Glyph::Warning />
            <div>
                <p>{move || t_string!(i18n, scim.failures, count = count.get())}</p>
                {move || details.get().map(|all| view! { <Details all desk /> })}
            </div>
            <div class="acts">
                <button
                    type="button"
                    class="button small"
                    aria-expanded=move || details.with(Option::is_some).to_string()
                    on:click=look
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
fn Details(
    /// What could not be done.
    all: Vec<RuleFailure>,
    /// The directories.
    desk: Desk,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let line = move |failure: RuleFailure| {
        let text = move || {
            let what = failure.license_id.map(|id| desk.license(i18n, id));
            let what = what.unwrap_or_else(|| t_string!(i18n, scim.the_role).to_owned());
            let (why, since) = (words::problem(i18n, failure.code), format.date_time(failure.since));
            t_string!(i18n, scim.failure, user = failure.user_name.clone(), what = what, why = why, since = since)
        };
        view! { <li>{text}</li> }
    };
    view! { <ul class="told">{all.into_iter().map(line).collect_view()}</ul> }
}

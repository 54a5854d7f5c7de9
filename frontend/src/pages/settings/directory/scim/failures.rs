//! Banner about rules of a directory that failed, with details and a retry button.

use super::state::ScimState;
use crate::{
    format::Format,
    i18n::*,
    labels,
    ui::{
        error_message::{ErrorMessage, failure_text},
        focus::restore_focus,
        form::Form,
        icon::{Glyph, Icon},
        query::{Loaded, Query},
        show::Show,
        toast::Toasts,
    },
};
use leptos::prelude::*;
use seatkeeper_shared::{
    endpoints,
    ids::DirectoryId,
    wire::directory::{RuleFailure, RuleFailures},
};

#[component]
pub fn Failures(
    /// The directory shown.
    id: DirectoryId,
    /// The state of the section.
    scim: ScimState,
    /// Number of failures.
    count: Memo<i64>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let (form, toasts, is_shown) = (Form::default(), Toasts::get(), RwSignal::new(false));
    let details = Query::new(move || is_shown.get().then(|| endpoints::directories::failures(id)));
    let done = move |left: RuleFailures| {
        if left.total == 0 {
            toasts.success(tu_string!(i18n, scim.all_done));
            // The button goes with the banner.
            restore_focus("#directories-title");
        } else {
            let n = untrack(|| format.number(left.total));
            toasts.error(tu_string!(i18n, scim.still, count = left.total, n = n));
        }
        scim.set_failures(id, left.total);
        details.set(left);
    };
    let retry = move |_| form.submit([], || endpoints::directories::retry(id), done);
    let lines = move || {
        let all = details.with(|details| details.failures.clone()).unwrap_or_default();
        all.into_iter().map(|failure| view! { <FailureLine failure scim /> }).collect_view()
    };
    view! {
        <div class="note failures" role="status">
            <Icon glyph=Glyph::Warning />
            <div>
                <p>{move || t_string!(i18n, scim.failures, count = count.get(), n = format.number(count.get()))}</p>
                <Show when=move || is_shown.get()>
                    <Loaded status=details.status()>
                        <ul class="name-list">{lines}</ul>
                    </Loaded>
                </Show>
                <ErrorMessage text=Signal::derive(move || failure_text(i18n, form.failure())) />
            </div>
            <div class="acts">
                <button
                    type="button"
                    class="button small"
                    aria-expanded=move || is_shown.get().to_string()
                    on:click=move |_| is_shown.update(|is_shown| *is_shown = !*is_shown)
                >
                    {t!(i18n, scim.details)}
                </button>
                <button type="button" class="button small" aria-disabled=move || form.busy().to_string() on:click=retry>
                    {t!(i18n, scim.retry)}
                </button>
            </div>
        </div>
    }
}

#[component]
fn FailureLine(
    /// The failure shown.
    failure: RuleFailure,
    /// The state of the section.
    scim: ScimState,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let text = move || {
        let what = failure.license_id.map(|id| scim.license_name(i18n, id));
        let what = what.unwrap_or_else(|| t_string!(i18n, scim.the_role).to_owned());
        let (why, since) = (labels::problem(i18n, failure.code), format.date_time(failure.since));
        t_string!(i18n, scim.failure, user = failure.user_name.clone(), what = what, why = why, since = since)
    };
    view! { <li>{text}</li> }
}

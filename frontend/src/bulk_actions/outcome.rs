//! The users that a bulk action did not change, and why.

use crate::{format::Format, i18n::*, labels};
use leptos::prelude::*;
use seatkeeper_shared::{problem::Code, wire::users::BulkResults};

/// The name of a user, and the reason.
pub type Refusal = (String, Code);

/// The refusals among the results. Users that no longer exist have an empty name.
pub fn refusals(results: &BulkResults) -> Vec<Refusal> {
    let named = |name: &Option<String>| name.clone().unwrap_or_default();
    results.results.iter().filter_map(|result| Some((named(&result.name), result.refused?))).collect()
}

/// A list of names and reasons.
#[component]
pub fn Refusals(
    refusals: StoredValue<Vec<Refusal>>,
    /// The most refusals that are listed.
    max: usize,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let line = move |(name, code): Refusal| {
        let nobody = move || t_string!(i18n, bulk.unknown_user).to_owned();
        view! {
            <li>
                <b>{move || if name.is_empty() { nobody() } else { name.clone() }}</b>
                " "
                <span class="muted">{move || labels::problem(i18n, code)}</span>
            </li>
        }
    };
    let shown = refusals.with_value(|all| all.iter().take(max).cloned().collect::<Vec<_>>());
    let more = refusals.with_value(Vec::len).saturating_sub(max);
    view! {
        <ul class="results">
            {shown.into_iter().map(line).collect_view()}
            {(more > 0)
                .then(|| {
                    view! { <li class="muted num">{move || t_string!(i18n, bulk.more, n = format.number(more))}</li> }
                })}
        </ul>
    }
}

/// Shown after an action that did not change all users.
#[component]
pub fn Outcome(
    refusals_shown: RwSignal<Vec<Refusal>>,
    /// Called to close the dialog.
    close: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let format = Format::get();
    let refusals = StoredValue::new(refusals_shown.get_untracked());
    let not_done = move || {
        let count = refusals_shown.with(Vec::len);
        t_string!(i18n, bulk.not_done, count = count, n = format.number(count))
    };
    view! {
        <div class="form">
            <p>{not_done}</p>
            <Refusals refusals max=100 />
            <div class="acts">
                <button type="button" class="button primary" autofocus on:click=move |_| close.run(())>
                    {t!(i18n, common.done)}
                </button>
            </div>
        </div>
    }
}
